internal import Foundation
internal import Glibc
internal import Testing

/// What differs between channels, through the real server.
@Suite("Channels", .timeLimit(.minutes(15)))
struct ChannelTests {
    private static let shown = [
        "facebook": "Facebook User", "instagram": "Instagram User", "zalo_oa": "Zalo User",
        "shopee": "Shopee User", "lazada": "Lazada User", "tiktok_shop": "TikTok User",
        "web_chat": "Web User", "other": "User",
    ]

    @Test("M3 a nameless person has one text on every channel: in lists, files and caches")
    func placeholders() throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let server = ["--server", daemon.address]
        let business = try Self.business(server)
        var lines: [String] = []
        for channel in Self.shown.keys.sorted() {
            try Self.page(channel, "p-\(channel)", business, server)
            lines.append(
                """
                {"channel":"\(channel.uppercased())","externalPageId":"p-\(channel)",\
                "eventKey":"m1","externalUserId":"u-\(channel)","direction":"INBOUND",\
                "kind":"MESSAGE","occurredAt":"2026-05-01T02:00:00Z"}
                """
            )
        }
        let input = Data(lines.joined(separator: "\n").utf8)
        #expect(try khach(["interactions", "record", "-"] + server, input: input).status == 0)
        let cache = folder.path("cache.db")
        let sync = ["sync", "--business", business, "--cache", cache, "--once"] + server
        #expect(try khach(sync).status == 0)

        let choice = ["--format", "csv", "--columns", "external_user_id,name", "--no-bom"]
        let whole = ["customers", "export", "--business", business, "--actor", "an"] + server
        let files = try [whole, ["offline", "export", "--cache", cache]].map { command in
            let path = folder.path("out.csv")
            #expect(try khach(command + choice + ["--force", "--to", path]).status == 0)
            return try String(contentsOfFile: path, encoding: .utf8)
        }
        let lists = try [
            ["customers", "list", "--business", business] + server,
            ["offline", "list", "--cache", cache],
        ].map { try khach($0).output }
        for (channel, name) in Self.shown {
            for file in files {
                #expect(file.contains("u-\(channel),\(name)\r\n"), "\(file)")
            }
            for list in lists {
                let row = list.split(separator: "\n").first { $0.contains(" \(channel) ") }
                #expect(row?.contains("(\(name))") == true, "\(list)")
            }
        }
        #expect(daemon.kill(SIGTERM) == 0)
    }

    @Test("a form of Zalo gives its person a name and a phone that no message holds")
    func zaloForm() throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let server = ["--server", daemon.address, "--output", "jsonl"]
        let business = try Self.business(["--server", daemon.address])
        try Self.page("zalo_oa", "4318657068771012646", business, ["--server", daemon.address])
        func imported(_ body: String) throws -> [String: Any] {
            let result = try khach(
                ["interactions", "import", "-", "--format", "zalo"] + server,
                input: Data(body.utf8)
            )
            #expect(result.status == 0, "\(result.errors)")
            return try result.object()
        }
        func customers() throws -> [[String: Any]] {
            try khach(["customers", "list", "--business", business] + server).objects()
        }
        let ids = """
            "app_id":"3608465249409039671","sender":{"id":"2468458835296979221"},\
            "recipient":{"id":"4318657068771012646"}
            """
        let form = """
            {\(ids),"event_name":"user_submit_info","timestamp":"1767232800123",\
            "info":{"name":"Nguyễn Thị Hoa","phone":"841282987721","address":"12 Lê Lợi"}}
            """
        // A form makes no customer (N4).
        _ = try imported(form)
        #expect(try customers().isEmpty)

        let message = """
            {\(ids),"event_name":"user_send_text","timestamp":"1767232700000",\
            "message":{"msg_id":"z1","text":"shop ơi"}}
            """
        _ = try imported(message)
        #expect(try customers().first?["phones"] == nil)
        _ = try imported(form)
        let customer = try #require(try customers().first)
        #expect(customer["name"] as? String == "Nguyễn Thị Hoa")
        #expect(customer["nameSource"] as? String == "NAME_SOURCE_SHARED_FORM")
        let phones = customer["phones"] as? [[String: Any]] ?? []
        // Of before 2018: 0128 is 078 now.
        #expect(phones.map { $0["value"] as? String } == ["+84782987721"])
        #expect(daemon.kill(SIGTERM) == 0)
    }

    private static func business(_ server: [String]) throws -> String {
        let create = ["business", "create", "Nhà Mây", "--output", "json"]
        return try #require(try khach(create + server).object()["id"] as? String)
    }

    private static func page(
        _ channel: String,
        _ externalID: String,
        _ business: String,
        _ server: [String]
    ) throws {
        let result = try khach(
            [
                "page", "create", "--business", business, "--channel", channel, "--external-id",
                externalID, "Nhà Mây",
            ] + server
        )
        #expect(result.status == 0, "\(result.errors)")
    }
}
