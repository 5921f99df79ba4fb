internal import Foundation
internal import Glibc
internal import Testing

/// A disk in a file, with a file system of its own, whose power can be cut.
///
/// That takes root, loop devices, and the file systems of the kernel; without them a test fails.
final class LoopDisk {
    enum FileSystem: String, CaseIterable {
        case ext4
        case xfs
    }

    /// What was not written through when it is cut is gone, and nothing can be written after it.
    ///
    /// An fsync that is under way then may say that all is well, and have written nothing: so it
    /// is of these file systems when they are shut down, not of a machine without power. What is
    /// acknowledged after the cut says nothing.
    struct Power: Sendable {
        /// `EXT4_IOC_SHUTDOWN`, which is also `XFS_IOC_GOINGDOWN`; without writing the log.
        private static let shutdown: UInt = 0x8004_587D
        private static let withoutLog: UInt32 = 2

        fileprivate let root: String

        func cut() throws {
            let descriptor = open(self.root, O_RDONLY | O_DIRECTORY)
            try #require(descriptor >= 0, "errno \(errno)")
            defer { close(descriptor) }
            var flags = Self.withoutLog
            let result = ioctl(descriptor, Self.shutdown, &flags)
            try #require(
                result == 0,
                "a file system that can be shut down expected, errno \(errno)"
            )
        }
    }

    /// The smallest that mkfs.xfs makes.
    private static let mebibytes = 320

    private let image: String
    private let root: String
    private var isMounted = false

    init(_ fileSystem: FileSystem, in folder: TemporaryFolder) throws {
        self.image = folder.path("\(fileSystem).img")
        self.root = folder.path("\(fileSystem)")
        try FileManager.default.createDirectory(
            atPath: self.root,
            withIntermediateDirectories: false
        )
        try #require(FileManager.default.createFile(atPath: self.image, contents: nil))
        try #require(truncate(self.image, Self.mebibytes << 20) == 0, "errno \(errno)")
        try Self.demand("mkfs.\(fileSystem)", "-q", self.image)
        try self.mount()
    }

    deinit {
        guard self.isMounted, umount2(self.root, Int32(MNT_DETACH)) != 0 else { return }

        Issue.record("\(self.root) could not be unmounted: errno \(errno)")
    }

    func path(_ name: String) -> String { "\(self.root)/\(name)" }

    /// The switch of its power.
    var power: Power { Power(root: self.root) }

    /// Brings the power back, once no process has a file open here.
    func restore() throws {
        try Self.demand("umount", self.root)
        self.isMounted = false
        try self.mount()
    }

    private func mount() throws {
        try Self.demand("mount", "-o", "loop", self.image, self.root)
        self.isMounted = true
    }

    /// Runs a program of the system that must succeed.
    private static func demand(_ name: String, _ arguments: String...) throws {
        let folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        let paths: [String] = folders.map { "\($0)/\(name)" }
        let found = paths.first { access($0, X_OK) == 0 }
        let path = try #require(found, "\(name) expected, none found: see scripts/install.sh")
        let result = try run(URL(filePath: path), arguments)
        try #require(
            result.status == 0,
            "root, loop devices and file systems in the kernel expected, \(name) found: \(result)"
        )
    }
}
