internal import Foundation
internal import Glibc

/// A file that has its name once it is whole, and not before; or standard output.
///
/// Until then it has no name at all, so that nothing of it is left however the command ends: by
/// Control-C, by a kill, by a loss of power. On a file system that has no files without a name, it
/// is `.NAME.….part` beside it.
final class ExportFile {
    private enum Target {
        case output
        /// `temporary` is `nil` while it has no name.
        case file(path: String, temporary: String?, replaces: Bool)
        case done
    }

    /// Linux's `O_TMPFILE`, a macro that Swift does not import.
    private static let withoutName = 0o20_000_000 | O_DIRECTORY

    /// Open for writing.
    let descriptor: Int32
    /// Where temporary files of the same size have room.
    let folder: String
    private var target: Target

    /// - Parameters:
    ///   - path: where the file will be; `-` is standard output.
    ///   - replaces: whether a file that is there is given up.
    ///   - isNamed: whether it has a name from the beginning, as where it must have one.
    init(_ path: String, replaces: Bool, isNamed: Bool = false) throws(CommandFailure) {
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
        // Personal data: for its owner only.
        var descriptor =
            isNamed ? -1 : open(self.folder, Self.withoutName | O_RDWR | O_CLOEXEC, 0o600)
        if descriptor >= 0, access(Self.ownPath(descriptor), F_OK) != 0 {
            // Without /proc it could not be given a name.
            close(descriptor)
            (descriptor, errno) = (-1, EOPNOTSUPP)
        }
        var temporary: String?
        if isNamed || descriptor < 0 && [EOPNOTSUPP, EISDIR, EINVAL].contains(errno) {
            let name = Self.temporaryPath(of: path)
            temporary = name
            descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        }
        self.descriptor = descriptor
        guard descriptor >= 0 else {
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

        if let temporary { unlink(temporary) }
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
        let isPublished =
            replaces
            ? self.replace(path, by: temporary)
            : temporary.map { link($0, path) == 0 } ?? self.isLinked(as: path)
        guard isPublished else {
            if errno == EEXIST { throw Self.taken(path) }
            throw CommandFailure(
                .failure,
                ShownText.oneLine(
                    "a name for the file expected, found at \(path): \(PlainText.reason(errno))"
                )
            )
        }
        if !replaces, let temporary { unlink(temporary) }
        self.target = .done
        close(self.descriptor)
    }

    /// Puts the file in the place of another; one without a name gets one for that moment, since
    /// only a name can replace a name.
    private func replace(_ path: String, by temporary: String?) -> Bool {
        if let temporary { return rename(temporary, path) == 0 }

        let name = Self.temporaryPath(of: path)
        guard self.isLinked(as: name) else { return false }
        guard rename(name, path) == 0 else {
            let reason = errno
            unlink(name)
            errno = reason
            return false
        }
        return true
    }

    /// Gives the file that has no name one.
    private func isLinked(as path: String) -> Bool {
        linkat(AT_FDCWD, Self.ownPath(self.descriptor), AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0
    }

    private static func ownPath(_ descriptor: Int32) -> String {
        "/proc/self/fd/\(descriptor)"
    }

    private static func temporaryPath(of path: String) -> String {
        let url = URL(filePath: path)
        return "\(url.deletingLastPathComponent().path)/.\(url.lastPathComponent)."
            + "\(UInt64.random(in: 0 ... .max)).part"
    }

    private static func taken(_ path: String) -> CommandFailure {
        CommandFailure(
            .failure,
            ShownText.oneLine("a free name expected, a file found at \(path) (--force replaces it)")
        )
    }
}
