internal import Foundation
internal import Glibc
internal import Testing

/// Webhook bodies as the platforms post them, into a real server.
@Suite("Importing webhook bodies into a server")
struct ImportTests {
    private static let page = "104857600000001"
    private static let otherPage = "204857600000001"

    /// Bodies of messages and comments, each of several people, with edits and removals.
    private static func bodies() throws -> [String] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Vectors/webhooks/facebook")
        return try ["comments", "messages"].flatMap { name in
            let file = folder.appending(path: "\(name).jsonl")
            return try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
                .map(String.init).filter { !$0.contains("104857600000002") }
        }
    }

    @Test("twice the same, and in the opposite order, gives the same customers")
    func again() throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let server = ["--server", daemon.address, "--output", "jsonl"]
        let business = try #require(
            try khach(["business", "create", "Nhà Mây"] + server).object()["id"] as? String
        )
        for page in [Self.page, Self.otherPage] {
            let create = ["page", "create", "--business", business, "--channel", "facebook"]
            #expect(try khach(create + ["--external-id", page, "Nhà Mây"] + server).status == 0)
        }
        func imported(_ lines: [String]) throws -> CommandResult {
            let text = Data(lines.joined(separator: "\n").utf8)
            let arguments = ["interactions", "import", "-", "--format", "facebook"]
            return try khach(arguments + server, input: text)
        }
        func customers() throws -> [String] {
            try khach(["customers", "list", "--business", business] + server).lines
                .map(String.init)
        }

        let bodies = try Self.bodies()
        let first = try imported(bodies)
        #expect(first.status == 0, "\(first.errors)")
        #expect(try first.object()["CREATED_CUSTOMER"] as? Int == 2)
        let once = try customers()
        #expect(once.count == 2)

        let second = try imported(bodies)
        #expect(try second.object()["CREATED_CUSTOMER"] == nil)
        #expect(try customers() == once)

        let others = bodies.reversed().map { $0.replacing(Self.page, with: Self.otherPage) }
        #expect(try imported(others).status == 0)
        let all = try khach(["customers", "list", "--business", business] + server).objects()
        let facts = Dictionary(grouping: all) { $0["pageId"] as? String }.values.map { customers in
            Set(customers.map { Self.facts(of: $0) })
        }
        #expect(facts.count == 2 && facts.first == facts.last)
        #expect(facts.first?.contains { $0.contains("+84987654321") } == true, "\(facts)")
        #expect(daemon.kill(SIGTERM) == 0)
    }

    /// What is true of a customer whenever and in whatever order it was heard.
    private static func facts(of customer: [String: Any]) -> String {
        let phones = (customer["phones"] as? [[String: Any]] ?? []).compactMap {
            $0["value"] as? String
        }
        let names = ["externalUserId", "name", "nameSource", "createdAt", "lastInboundAt"]
        return names.map { "\(customer[$0] ?? "")" }.joined(separator: " ") + " \(phones)"
    }
}
