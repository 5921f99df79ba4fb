internal import Foundation
internal import Glibc

/// A file that has its name once it is whole, and not before; or standard output.
final class ExportFile {
    private enum Target {
        case output
        case file(path: String, temporary: String, replaces: Bool)
        case done
    }

    /// Open for writing.
    let descriptor: Int32
    /// Where temporary files of the same size have room.
    let folder: String
    private var target: Target

    /// - Parameters:
    ///   - path: where the file will be; `-` is standard output.
    ///   - replaces: whether a file that is there is given up.
    init(_ path: String, replaces: Bool) throws(CommandFailure) {
        guard path != "-" else {
            self.descriptor = STDOUT_FILENO
            self.folder = FileManager.default.temporaryDirectory.path
            self.target = .output
            return
        }

        var status = stat()
        if lstat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw CommandFailure(
                    .failure,
                    ShownText.oneLine("a file expected, found at \(path): none that is a file")
                )
            }
            guard replaces else { throw Self.taken(path) }
        }
        let url = URL(filePath: path)
        self.folder = url.deletingLastPathComponent().path
        let temporary =
            "\(self.folder)/.\(url.lastPathComponent).\(UInt64.random(in: 0 ... .max)).part"
        // Personal data: for its owner only.
        self.descriptor = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard self.descriptor >= 0 else {
            throw CommandFailure(
                .failure,
                ShownText.oneLine(
                    "a folder that can be written expected, found for \(path): "
                        + PlainText.reason(errno)
                )
            )
        }
        self.target = .file(path: path, temporary: temporary, replaces: replaces)
    }

    deinit {
        guard case .file(_, let temporary, _) = self.target else { return }

        unlink(temporary)
        close(self.descriptor)
    }

    /// Whether it is a file, which can be read back and begun anew.
    var isRegular: Bool {
        if case .file = self.target { true } else { false }
    }

    func write(_ bytes: some ContiguousBytes) throws(CommandFailure) {
        guard self.isRegular else {
            return StandardStream.output.write(bytes.withUnsafeBytes { Array($0) })
        }

        let failure: Int32? = bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let piece = UnsafeRawBufferPointer(rebasing: rest)
                let count = Glibc.write(self.descriptor, piece.baseAddress, piece.count)
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EINTR {
                    return errno
                }
            }
            return nil
        }
        if let failure {
            throw CommandFailure(
                .failure,
                "a file that can be written expected, found: \(PlainText.reason(failure))"
            )
        }
    }

    /// Gives the file its name; nothing is written afterwards.
    func publish() throws(CommandFailure) {
        guard case .file(let path, let temporary, let replaces) = self.target else { return }
        guard fsync(self.descriptor) == 0 else {
            throw CommandFailure(
                .failure,
                "a file that reaches the disk expected, found: \(PlainText.reason(errno))"
            )
        }

        // Another may have taken the name meanwhile: a link does not replace it.
        let isNamed =
            replaces ? rename(temporary, path) == 0 : link(temporary, path) == 0
        guard isNamed else {
            if errno == EEXIST { throw Self.taken(path) }
            throw CommandFailure(
                .failure,
                ShownText.oneLine(
                    "a name for the file expected, found at \(path): \(PlainText.reason(errno))"
                )
            )
        }
        if !replaces { unlink(temporary) }
        self.target = .done
        close(self.descriptor)
    }

    private static func taken(_ path: String) -> CommandFailure {
        CommandFailure(
            .failure,
            ShownText.oneLine("a free name expected, a file found at \(path) (--force replaces it)")
        )
    }
}
