internal import Glibc
package import KhachCore

/// The file of a data folder that says until when all of its store is in a backup.
///
/// Caches need to keep what they sent until then (sync.md N3).
package enum BackupMark {
    private static let fileName = "last-backup"
    /// A write may be dated so long before its commit.
    private static let commitMillisecondsMax: Int64 = 60_000
    private static let bytesMax = 32

    /// Says that a backup, begun at an instant, is whole.
    package static func write(
        _ begun: Instant,
        in dataFolder: String
    ) throws(StoreError) {
        let (path, new) = ("\(dataFolder)/\(self.fileName)", "\(dataFolder)/\(self.fileName).new")
        let text = Array("\(begun.milliseconds - self.commitMillisecondsMax)\n".utf8)
        let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        var folder = stat()
        // Whoever makes backups may be another than the server, which reads this.
        let isWritten =
            descriptor >= 0 && stat(dataFolder, &folder) == 0
            && fchown(descriptor, folder.st_uid, folder.st_gid) == 0
            && Glibc.write(descriptor, text, text.count) == text.count
            && fsync(descriptor) == 0
        if descriptor >= 0 { close(descriptor) }
        guard isWritten, rename(new, path) == 0 else {
            throw StoreError(
                .unavailable,
                "a file that can be written expected at \(path), found: "
                    + String(cString: strerror(errno))
            )
        }
    }

    /// `nil` when no backup was ever made, or nobody can say.
    static func read(in dataFolder: String) -> Instant? {
        let descriptor = open("\(dataFolder)/\(self.fileName)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }

        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: self.bytesMax)
        let count = Glibc.read(descriptor, &bytes, self.bytesMax)
        guard count > 1, bytes[count - 1] == UInt8(ascii: "\n") else { return nil }

        return Int64(String(decoding: bytes[..<(count - 1)], as: UTF8.self))
            .map(Instant.init(milliseconds:))
    }
}
