internal import Foundation
internal import Glibc
internal import Testing

/// A disk of a few MiB, mounted for one test; that takes root, and without it the test fails.
final class SmallDisk {
    private let root: String
    private var filler: String { self.path("filler") }

    init(in folder: TemporaryFolder, mebibytes: Int = 8) throws {
        self.root = folder.path("disk")
        try FileManager.default.createDirectory(
            atPath: self.root,
            withIntermediateDirectories: false
        )
        let mounted = mount("tmpfs", self.root, "tmpfs", 0, "size=\(mebibytes)m")
        try #require(mounted == 0, "the right to mount (root) expected, errno \(errno) found")
    }

    deinit {
        if umount2(self.root, Int32(MNT_DETACH)) != 0 {
            Issue.record("\(self.root) could not be unmounted: errno \(errno)")
        }
    }

    func path(_ name: String) -> String { "\(self.root)/\(name)" }

    /// Writes until there is no room for one byte more.
    func fill() throws {
        let descriptor = open(self.filler, O_WRONLY | O_CREAT, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let bytes = [UInt8](repeating: 0, count: 4_096)
        while write(descriptor, bytes, bytes.count) > 0 {}
        try #require(errno == ENOSPC)
    }

    /// Writes until there is so little room.
    func fill(leaving bytes: Int) throws {
        var facts = statvfs()
        try #require(statvfs(self.root, &facts) == 0)
        let free = Int(facts.f_bavail) * Int(facts.f_frsize)
        try Data(count: max(0, free - bytes)).write(to: URL(filePath: self.filler))
    }

    func makeRoom() throws {
        try FileManager.default.removeItem(atPath: self.filler)
    }
}
