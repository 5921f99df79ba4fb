internal import Foundation
internal import Glibc
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import Testing

/// A call, its error, the lines of the log and its caller's trace belong together.
@Suite("Calls that are followed", .timeLimit(.minutes(15)))
struct TraceTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"

    private static func parent(_ flags: String) -> String { "00-\(trace)-\(span)-\(flags)" }

    /// Lines of a log in JSON that say this.
    private static func lines(_ daemon: Daemon, _ message: String) throws -> [[String: String]] {
        try daemon.logText.split(separator: "\n").compactMap { line in
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
        }.filter { $0["message"] == message }
    }

    @Test("spans of a command are below the span that it was given, and those of its steps below")
    func spans() async throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder, ["--traces", "log", "--log-format", "json"])
        let server = ["--server", daemon.address]
        let made = try run(
            Binaries.url("khach"),
            ["business", "create", "Shop"] + server,
            environment: ["TRACEPARENT": Self.parent("01")]
        )
        #expect(made.status == 0, "\(made.errors)")
        // Not sampled, and none at all.
        _ = try khach(["business", "list", "--traceparent", Self.parent("00")] + server)
        _ = try khach(["business", "list"] + server)
        #expect(daemon.kill(SIGTERM) == 0)

        let spans = try Self.lines(daemon, "a span")
        #expect(spans.allSatisfy { $0["trace"] == Self.trace }, "\(spans)")
        let call = try #require(spans.first)
        #expect(call["method"] == "khach.v1.DirectoryService/CreateBusiness")
        #expect(call["parent"] == Self.span)
        #expect(call["code"] == "OK")
        #expect(call["listener"] == "ttrpc")
        let steps = spans.dropFirst()
        #expect(steps.allSatisfy { $0["parent"] == call["span"] }, "\(spans)")
        #expect(steps.compactMap { $0["step"] }.contains("commit"), "\(spans)")
        #expect(Set(spans.map { $0["span"] }).count == spans.count)
    }

    @Test("a refused call is called what its caller calls it: in its error, in the log, by khach")
    func names() async throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder, ["--log-format", "json"])
        var client = try await OnlineClient.connect(to: daemon.address)
        let absent = Khach_V1_GetCustomerRequest.with { $0.id = "c0000000000009" }
        client.requestID = "order-17"
        client.traceParent = TraceParent(Self.parent("01"))
        let named = await #expect(throws: RPCError.self) { try await client.getCustomer(absent) }
        #expect(named?.requestID == "order-17")
        client.requestID = "order 17"
        let made = await #expect(throws: RPCError.self) { try await client.getCustomer(absent) }
        let name = try #require(made?.requestID)
        #expect(name.wholeMatch(of: /[0-9a-f]{8}-[0-9]+-[0-9]+/) != nil, "\(name)")
        await client.close()
        let told = try khach(["customers", "get", absent.id, "--server", daemon.address])
        #expect(told.status == 4)
        let shown = try #require(told.errors.firstMatch(of: /request ([0-9a-f-]+)\)/)).1
        #expect(daemon.kill(SIGTERM) == 0)

        let lines = try Self.lines(daemon, "a call was refused")
        #expect(lines.map { $0["request"] } == ["order-17", name, String(shown)])
        #expect(lines.map { $0["trace"] } == [Self.trace, Self.trace, nil])
        #expect(lines.allSatisfy { $0["code"] == "NOT_FOUND" })
        #expect(try Self.lines(daemon, "a span").isEmpty)
    }

    @Test("what no method refused has a name too: one that is not there")
    func noMethod() async throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder, ["--log-format", "json", "--log-level", "debug"])
        let wire = try RawConnection(to: daemon)
        let request = Ttrpc_Request.with {
            $0.service = "khach.v1.CustomerService"
            $0.method = "None"
            $0.metadata = [
                .with {
                    $0.key = "x-request-id"
                    $0.value = "order-17"
                }
            ]
        }
        try wire.send(stream: 1, body: try request.serializedBytes())
        let status = try wire.receive().response.status
        #expect(status.details.map(\.value) == [Data([0x0A, 8] + Array("order-17".utf8))])
        #expect(daemon.kill(SIGTERM) == 0)
        let lines = try Self.lines(daemon, "a refusal was told")
        #expect(lines.map { $0["request"] } == ["order-17"])
        #expect(lines.map { $0["code"] } == ["UNIMPLEMENTED"])
    }

    @Test("a call is slow from what is set on, and the line has the token of who calls")
    func slow() async throws {
        let folder = try TemporaryFolder()
        let made = try run(Binaries.url("khachd"), ["init", "--data", folder.path("data")])
        let secret = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let daemon = try Daemon.khachd(
            folder,
            ["--log-format", "json", "--log-slow", "1", "--token-rate", "1"]
        )
        let client = try await OnlineClient.connect(to: daemon.address, token: secret)
        let tokens = try await client.call(Methods.listTokens, .init()).tokens
        // Of so many at once one is early by less than a second, and waits.
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<10 {
                group.addTask { _ = try? await client.listBusinesses(.init()) }
            }
        }
        await client.close()
        #expect(daemon.kill(SIGTERM) == 0)
        let lines = try Self.lines(daemon, "a call was slow")
        let line = try #require(
            lines.first { $0["method"] == "khach.v1.DirectoryService/ListBusinesses" }
        )
        #expect(line["level"] == "warning")
        #expect(line["token"] == tokens.first?.id)
        #expect(!daemon.logText.contains(secret))
    }
}
