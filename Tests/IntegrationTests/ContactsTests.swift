internal import Foundation
internal import Glibc
internal import Testing

/// A number that a customer writes is there to be called, with and without the server (S6).
@Suite("Contacts")
struct ContactsTests {
    @Test("from a comment to the PHONE column, the cache and the removal")
    func phone() throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let server = ["--server", daemon.address]
        let json = server + ["--output", "json"]
        let business = try #require(
            try khach(["business", "create", "Nhà Mây"] + json).object()["id"] as? String
        )
        _ = try khach(
            [
                "page", "create", "--business", business, "--channel", "facebook",
                "--external-id", "fb1", "Nhà Mây",
            ] + json
        )
        try Self.record(Self.comment, server)
        let list = ["customers", "list", "--business", business]
        let table = try khach(list + server)
        #expect(table.lines.first?.contains("PHONE") == true)
        #expect(table.lines.dropFirst().first?.contains(" 0912345678 ") == true, "\(table.output)")
        #expect(table.output.contains("an@example.vn"))

        let online = try khach(list + server + ["--output", "jsonl"]).objects()
        let id = try #require(online.first?["id"] as? String)
        let cache = folder.path("cache.db")
        let sync = ["sync", "--business", business, "--cache", cache, "--once"] + server
        #expect(try khach(sync).status == 0)
        let kept = try khach(["offline", "get", id, "--cache", cache])
        #expect(kept.output.contains("+84912345678"), "\(kept.output)\(kept.errors)")
        let document = try khach(["offline", "get", id, "--cache", cache, "--output", "json"])
        let customer = try #require(try document.object()["customer"] as? [String: Any])
        #expect(Self.values(customer, "phones") == ["+84912345678"])
        #expect(Self.values(customer, "emails") == ["an@example.vn"])

        try Self.record(Self.removal, server)
        #expect(try khach(sync).status == 0)
        let after = try khach(["offline", "get", id, "--cache", cache, "--output", "json"])
        let bare = try #require(try after.object()["customer"] as? [String: Any])
        #expect(Self.values(bare, "phones").isEmpty && Self.values(bare, "emails").isEmpty)
        #expect(daemon.kill(SIGTERM) == 0)
    }

    private static let comment = """
        {"channel":"FACEBOOK","externalPageId":"fb1","eventKey":"comment:1","externalUserId":"u1",\
        "direction":"INBOUND","kind":"COMMENT","postId":"fb1_1",\
        "occurredAt":"2026-05-01T03:00:00Z","text":"sđt 0912.345.678 nha, mail An@example.vn"}
        """
    private static let removal = """
        {"channel":"FACEBOOK","externalPageId":"fb1","eventKey":"comment:1","externalUserId":"u1",\
        "direction":"INBOUND","kind":"COMMENT","postId":"fb1_1","operation":"REMOVE",\
        "revision":"1","occurredAt":"2026-05-01T04:00:00Z"}
        """

    private static func record(_ line: String, _ server: [String]) throws {
        let result = try khach(["interactions", "record", "-"] + server, input: Data(line.utf8))
        #expect(result.status == 0, "\(result.errors)")
    }

    private static func values(_ customer: [String: Any], _ field: String) -> [String] {
        (customer[field] as? [[String: Any]] ?? []).compactMap { $0["value"] as? String }
    }
}
