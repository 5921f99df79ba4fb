internal import Foundation
internal import KhachCore
internal import KhachSQLite
internal import KhachService
internal import KhachTestKit
internal import TestFolders
internal import Testing

/// The log is copied back while the store lives, and stays short.
@Suite("Checkpoints")
struct CheckpointTests {
    private static let checkpointPages: Int32 = 50
    private static let groups = 400
    /// What one group adds to the log, generously.
    private static let groupPagesMax = 60
    private static let pageBytes = 4_096

    @Test("a long load leaves a short log, and its rows in the file", arguments: [false, true])
    func logStaysShort(isRead: Bool) async throws {
        let whole = try TestFolder()
        defer { withExtendedLifetime(whole) {} }
        let folder = whole.path("data")
        var configuration = SQLiteStore.Configuration()
        configuration.checkpointPages = Self.checkpointPages
        let store = try SQLiteStore.open(
            path: folder,
            codec: .proto,
            zones: .tzdata,
            configuration: configuration
        )
        let world = try await StoreConformance.World(in: store)
        let query = CustomerQuery(
            filter: CustomerFilter(businessID: world.businesses[0].id),
            rowsMax: 1_000
        )

        var logBytesMost = 0
        for group in 0..<Self.groups {
            let messages = (0..<10).map {
                world.message("\(group):\($0)", from: "\(group * 7 + $0)")
            }
            async let read = isRead ? store.customers(query, deadline: nil).ranges.count : 0
            _ = try await store.record(messages, now: StoreConformance.now)
            _ = try await read
            logBytesMost = max(logBytesMost, Self.bytes(of: "\(folder)/khach.db-wal"))
        }

        let fileBytes = Self.bytes(of: "\(folder)/khach.db")
        store.close()
        let pagesMost = 2 * Int(Self.checkpointPages) + Self.groupPagesMax
        #expect(logBytesMost <= (isRead ? 4 : 1) * pagesMost * Self.pageBytes)
        #expect(fileBytes > 20 * Self.pageBytes, "what was recorded was never copied back")
    }

    private static func bytes(of path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.size] as? Int ?? 0
    }
}
