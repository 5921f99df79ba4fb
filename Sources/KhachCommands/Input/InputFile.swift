internal import Foundation
internal import Glibc

/// A file that is read from its beginning to its end.
struct InputFile {
    /// `nil` when nobody can know, as of a pipe.
    let bytesCount: UInt64?
    private let handle: FileHandle

    /// Opens the file, or says what was found in its place.
    init(_ path: String) throws(CommandFailure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let finding =
                errno == ENOENT
                ? "a file that exists expected, none found at \(path)"
                : "a file that can be read expected, found at \(path): \(PlainText.reason(errno))"
            throw CommandFailure(.failure, ShownText.oneLine(finding))
        }

        self.handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        _ = fstat(descriptor, &status)
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            throw CommandFailure(
                .failure,
                ShownText.oneLine("a file expected, a directory found at \(path)")
            )
        case S_IFREG: self.bytesCount = UInt64(clamping: status.st_size)
        default: self.bytesCount = nil
        }
    }

    /// The next piece, empty at the end.
    func read() throws -> [UInt8] {
        Array(try self.handle.read(upToCount: LineReader.pieceBytes) ?? Data())
    }
}
