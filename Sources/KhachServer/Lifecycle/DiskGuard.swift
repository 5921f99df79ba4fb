internal import Glibc
internal import KhachCore
internal import KhachSQLite
internal import Logging
internal import ServiceLifecycle

/// Keeps a reserve of the disk: below it writes are refused and reads go on; above it, by itself,
/// writes go on.
struct DiskGuard: Service {
    private static let pause = Duration.milliseconds(500)

    let folder: String
    let reserveBytes: Int
    let store: SQLiteStore
    let condition: Condition
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                self.look()
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    /// Measures once, and lets the store know what changed.
    func look() {
        guard let free = Self.freeBytes(self.folder) else {
            self.logger.warning("the room on the disk is not known")
            return
        }

        // An eighth more than the reserve ends it, or each write at the edge would change it.
        let isReadOnly =
            self.condition.isReadOnly
            ? free < self.reserveBytes + self.reserveBytes / 8 : free < self.reserveBytes
        guard self.condition.measured(diskFreeBytes: free, isReadOnly: isReadOnly) else { return }

        if isReadOnly {
            self.store.refuseWrites(
                StoreError(
                    .full,
                    "room of \(self.reserveBytes) bytes on the disk expected, found less"
                )
            )
            self.logger.error(
                "read-only: the disk is nearly full",
                metadata: ["free": "\(free)", "reserve": "\(self.reserveBytes)"]
            )
        } else {
            self.store.refuseWrites(nil)
            self.logger.notice("writes go on: there is room again", metadata: ["free": "\(free)"])
        }
    }

    /// Room for whoever is not root.
    private static func freeBytes(_ folder: String) -> Int? {
        var facts = statvfs()
        guard statvfs(folder, &facts) == 0 else { return nil }

        return Int(clamping: UInt64(facts.f_bavail) * UInt64(facts.f_frsize))
    }
}
