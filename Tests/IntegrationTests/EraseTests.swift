internal import Foundation
internal import Glibc
internal import Testing

/// Who is erased is gone from every file: the store's, and a cache's at its next sync (I6, §3).
@Suite("Erasure", .timeLimit(.minutes(3)))
struct EraseTests {
    /// Nothing else holds these, in any form that is stored.
    private static let traces = [
        "Zzyzx Quách", "zzyzx quach", "+84987654301", "0987 654 301", "zzyzx@example.vn",
        "u-zzyzx", "12 Hàng Zzyzx", "t-zzyzx",
    ]
    private static let message = """
        {"channel":"FACEBOOK","externalPageId":"fb1","eventKey":"m:1","externalUserId":"u-zzyzx",\
        "direction":"INBOUND","kind":"MESSAGE","conversationKey":"t-zzyzx",\
        "occurredAt":"2026-05-01T03:00:00Z","nameHint":"Zzyzx Quách",\
        "text":"sđt 0987 654 301, zzyzx@example.vn"}
        """

    @Test("nothing personal is left in any file of the server or of a cache")
    func erase() throws {
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
        let record = ["interactions", "record", "-"] + server
        #expect(try khach(record, input: Data(Self.message.utf8)).status == 0)
        let id = try #require(
            try khach(["customers", "list", "--business", business, "--output", "jsonl"] + server)
                .objects().first?["id"] as? String
        )
        try Self.call(
            "CustomerService/UpdateCustomer",
            server,
            [
                "id": id, "updateMask": "address", "address": "12 Hàng Zzyzx",
                "mutation": ["actor": "lan", "requestId": "r1"],
            ]
        )
        let page = try #require(
            try khach(["page", "list", "--business", business, "--output", "jsonl"] + server)
                .objects().first?["id"] as? String
        )
        // Of the audit alone, since nobody has a role at the end.
        for accounts in [[["externalUserId": "u-zzyzx", "roles": ["ADMIN"]]], []] {
            try Self.call(
                "DirectoryService/SetRoleAccounts",
                server,
                ["pageId": page, "accounts": accounts, "actor": "lan"]
            )
        }
        let export = ["--name", "Zzyzx Quách", "--to", "-", "--format", "jsonl", "--actor", "lan"]
        let exported = try khach(
            ["customers", "export", "--business", business] + export + server
        )
        #expect(exported.output.contains("Zzyzx Quách"), "\(exported.errors)")
        let cache = folder.path("cache.db")
        let sync = ["sync", "--business", business, "--cache", cache, "--once"] + server
        #expect(try khach(sync).status == 0)
        for trace in Self.traces where trace != "t-zzyzx" {
            // Else nothing would be shown by its absence.
            #expect(Self.files(folder, with: trace).contains { $0.hasPrefix("data/") }, "\(trace)")
        }
        #expect(Self.files(folder, with: "zzyzx quach").contains { $0.hasPrefix("cache.db") })

        try Self.call(
            "CustomerService/EraseCustomer",
            server,
            ["id": id, "mutation": ["actor": "lan"]]
        )
        #expect(try khach(sync).status == 0)
        #expect(try khach(["offline", "get", id, "--cache", cache]).status == 4)
        #expect(daemon.kill(SIGTERM) == 0)
        for trace in Self.traces {
            #expect(Self.files(folder, with: trace) == [], "\(trace)")
        }
    }

    private static func call(
        _ method: String,
        _ server: [String],
        _ request: [String: Any]
    ) throws {
        let body = try JSONSerialization.data(withJSONObject: request)
        let result = try khach(
            ["call", "khach.v1.\(method)", String(decoding: body, as: UTF8.self)]
                + server
        )
        #expect(result.status == 0, "\(result.errors)")
    }

    /// The names of the files of a test that hold a text's bytes.
    private static func files(_ folder: TemporaryFolder, with trace: String) -> [String] {
        let names = FileManager.default.enumerator(atPath: folder.url.path)?.allObjects ?? []
        return names.compactMap { $0 as? String }.filter { name in
            guard let bytes = FileManager.default.contents(atPath: folder.path(name)) else {
                return false
            }
            return bytes.range(of: Data(trace.utf8)) != nil
        }.sorted()
    }
}
