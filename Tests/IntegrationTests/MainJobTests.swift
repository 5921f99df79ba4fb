internal import Foundation
internal import Glibc
internal import Testing

/// One interaction enters over the wire, becomes part of a customer, and is answered from an
/// agent's machine with the network gone.
@Suite("The main job")
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
            ["sync", "--business", business, "--cache", cache, "--once"] + online
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
        """
        {"channel":"FACEBOOK","externalPageId":"fb1","eventKey":"m:1","externalUserId":"28181025008155419",\
        "direction":"INBOUND","kind":"MESSAGE","occurredAt":"2026-05-01T02:00:00Z","text":"còn hàng k sốp"}
        {"channel":"FACEBOOK","externalPageId":"fb1","eventKey":"m:2","externalUserId":"28181025008155419",\
        "direction":"INBOUND","kind":"MESSAGE","occurredAt":"2026-05-01T03:00:00Z","nameHint":"Đặng Thị Đào"}
        {"channel":"FACEBOOK","externalPageId":"fb1","eventKey":"c:1","externalUserId":"u2",\
        "direction":"INBOUND","kind":"COMMENT","occurredAt":"2026-05-02T03:00:00Z","nameHint":"Facebook User"}
        {"channel":"FACEBOOK","externalPageId":"fb1","eventKey":"m:3","externalUserId":"u3",\
        "direction":"OUTBOUND","kind":"MESSAGE","occurredAt":"2026-05-03T03:00:00Z","nameHint":"Trần Ngọc Hạ"}
        """.utf8
    )
}
