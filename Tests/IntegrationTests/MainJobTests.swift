internal import Foundation
internal import Glibc
internal import Testing

/// One interaction enters over the wire, becomes part of a customer, and is answered from an
/// agent's machine with the network gone.
@Suite("The main job", .timeLimit(.minutes(15)))
struct MainJobTests {
    @Test("from the wire to an answer without a server")
    func endToEnd() throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let online = ["--server", daemon.address, "--output", "json"]

        let business = try #require(
            try khach(["business", "create", "Tiệm Nhà Mây"] + online).object()["id"] as? String
        )
        _ = try khach(
            [
                "page", "create", "--business", business, "--channel", "facebook", "--external-id",
                "fb1", "Nhà Mây",
            ] + online
        )
        let recorded = try khach(
            ["interactions", "record", "-"] + online,
            input: Self.interactions
        )
        #expect(recorded.status == 0, "\(recorded.errors)")

        let cache = folder.path("cache.db")
        let synced = try khach(
            [
                "sync", "--business", business, "--cache", cache, "--once", "--server",
                daemon.address,
            ]
        )
        #expect(synced.status == 0, "\(synced.errors)")
        let onlineList = try khach(
            [
                "customers", "list", "--business", business, "--all", "--server", daemon.address,
                "--output", "jsonl",
            ])
        #expect(onlineList.status == 0, "\(onlineList.errors)")
        #expect(daemon.kill(SIGTERM) == 0)

        let offlineList = try khach(
            ["offline", "list", "--business", business, "--cache", cache, "--output", "jsonl"])
        #expect(offlineList.status == 0, "\(offlineList.errors)")
        let onlineIDs = try onlineList.objects().compactMap { $0["id"] as? String }
        let offlineIDs = try offlineList.objects().compactMap { $0["id"] as? String }
        #expect(onlineIDs.count == 3)
        #expect(offlineIDs == onlineIDs)

        let found = try khach(
            [
                "offline", "search", "dao thi", "--business", business, "--cache", cache,
                "--output", "jsonl",
            ])
        #expect(try found.objects().compactMap { $0["name"] as? String } == ["Đặng Thị Đào"])

        let table = try khach(["offline", "list", "--business", business, "--cache", cache])
        #expect((table.output + table.errors).contains("as of"), "\(table.output)\(table.errors)")

        let gone = try khach([
            "customers", "list", "--business", business, "--server", daemon.address,
        ])
        #expect(gone.status != 0)
        #expect(!gone.errors.isEmpty)
    }

    /// Three customers; one of them is named late, one wrote twice, one is a placeholder.
    static let interactions = Data(
        [
            Self.line("m:1", "28181025008155419", "INBOUND", "2026-05-01T02:00:00Z", ""),
            Self.line(
                "m:2",
                "28181025008155419",
                "INBOUND",
                "2026-05-01T03:00:00Z",
                "Đặng Thị Đào"
            ),
            Self.line("c:1", "u2", "INBOUND", "2026-05-02T03:00:00Z", "Facebook User"),
            Self.line("m:3", "u3", "OUTBOUND", "2026-05-03T03:00:00Z", "Trần Ngọc Hạ"),
        ].joined(separator: "\n").utf8
    )

    private static func line(
        _ key: String,
        _ user: String,
        _ direction: String,
        _ time: String,
        _ name: String
    ) -> String {
        """
        {"channel":"FACEBOOK","externalPageId":"fb1","eventKey":"\(key)",\
        "externalUserId":"\(user)","direction":"\(direction)","kind":"MESSAGE",\
        "occurredAt":"\(time)","nameHint":"\(name)"}
        """
    }
}
