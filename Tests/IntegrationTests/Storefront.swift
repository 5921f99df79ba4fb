internal import Foundation
internal import Glibc
internal import Testing

/// A business with one page on a server of its own, and people who write to it.
final class Storefront {
    let business: String
    let page: String
    private let folder: TemporaryFolder
    private(set) var daemon: Daemon
    private var count = 0

    init() throws {
        self.folder = try TemporaryFolder()
        self.daemon = try Daemon.khachd(self.folder)
        let json = ["--server", self.daemon.address, "--output", "json", "--actor", "lan"]
        self.business = try #require(
            try IntegrationTests.khach(["business", "create", "Nhà Mây"] + json).object()["id"]
                as? String
        )
        let create = ["page", "create", "Nhà Mây", "--business", self.business]
        let channel = ["--channel", "facebook", "--external-id", "fb1"]
        self.page = try #require(
            try IntegrationTests.khach(create + channel + json).object()["id"] as? String
        )
    }

    var address: String { self.daemon.address }

    /// A path in the folder of the server.
    func path(_ name: String) -> String { self.folder.path(name) }

    /// Goes on with the store of another folder.
    func restart(data: String) throws {
        self.stop()
        self.daemon = try Daemon.khachd(self.folder, data: data)
    }

    func stop() {
        #expect(self.daemon.kill(SIGTERM) == 0)
    }

    /// Runs `khach` against the server, as lan.
    func khach(_ arguments: [String], input: String = "") throws -> CommandResult {
        let server = ["--server", self.daemon.address]
        return try IntegrationTests.run(
            Binaries.url("khach"),
            arguments + server,
            input: Data(input.utf8),
            environment: ["KHACH_ACTOR": "lan", "KHACH_BUSINESS": self.business]
        )
    }

    /// The same, which is expected to end with `status`; every line of JSON.
    @discardableResult
    func lines(
        _ arguments: [String],
        input: String = "",
        status: Int32 = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> [[String: Any]] {
        let result = try self.khach(arguments + ["--output", "jsonl"], input: input)
        #expect(
            result.status == status,
            "\(arguments): \(result.errors)",
            sourceLocation: sourceLocation
        )
        return try result.objects()
    }

    /// Records a message of now, in one direction; the outcome that it had.
    func message(
        _ person: String,
        _ text: String,
        key: String? = nil,
        direction: String = "INBOUND"
    ) throws -> String {
        self.count += 1
        let time = Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        let fields = [
            "channel": "FACEBOOK", "externalPageId": "fb1", "externalUserId": person,
            "eventKey": key ?? "m\(self.count)", "direction": direction, "kind": "MESSAGE",
            "occurredAt": time, "text": text, "nameHint": "Lan Phạm",
        ]
        let line = try JSONSerialization.data(withJSONObject: fields)
        let input = String(decoding: line, as: UTF8.self)
        let total = try self.lines(["interactions", "record", "-"], input: input)
        let outcomes = (total.first ?? [:]).keys.filter { $0 != "lines" }
        return outcomes.sorted().joined(separator: " ")
    }

    /// The one customer of a person on the page.
    func customer(_ person: String) throws -> [String: Any] {
        let all = try self.lines(["customers", "list", "--all"])
        return try #require(all.first { $0["externalUserId"] as? String == person })
    }

    func id(_ person: String) throws -> String {
        try #require(try self.customer(person)["id"] as? String)
    }

    /// Values of the phones that nobody rejected.
    func phones(_ person: String) throws -> [String] {
        let points = try self.customer(person)["phones"] as? [[String: Any]] ?? []
        return points.filter { $0["rejected"] == nil }.compactMap { $0["value"] as? String }
    }

    /// Of the audit, the latest first: action, and a field of the entry.
    func audit(_ fields: [String]) throws -> [[String]] {
        try self.lines(["audit", "--all"]).map { entry in
            fields.map { entry[$0] as? String ?? "" }
        }
    }
}
