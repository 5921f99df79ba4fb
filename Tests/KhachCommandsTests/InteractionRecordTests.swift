internal import KhachProto
internal import SwiftProtobuf
internal import Synchronization
internal import TTRPC
internal import Testing

@testable internal import KhachCommands

@Suite("Recording interactions")
struct InteractionRecordTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var line: String
        /// A part of the reason; `nil` when the line is good.
        var reason: String?
    }

    static let cases: [Case] = [
        Case(testDescription: "camelCase", line: #"{"eventKey":"m1","channel":"FACEBOOK"}"#),
        Case(
            testDescription: "snake_case",
            line: #"{"event_key":"m1","occurred_at":"2026-01-01T00:00:00Z"}"#
        ),
        Case(testDescription: "an empty line", line: " ", reason: "an empty line found"),
        Case(testDescription: "half an object", line: #"{"eventKey":"#, reason: "JSON expected"),
        Case(testDescription: "a list", line: "[]", reason: "an object expected, [] found"),
        Case(
            testDescription: "other text",
            line: "{} x",
            reason: "JSON expected, x found at column 4"
        ),
        Case(
            testDescription: "a comma behind the last member",
            line: #"{"text":"a,}", "eventKey":"m1" , }"#,
            reason: "a member's name expected, } found at column 34"
        ),
        Case(
            testDescription: "a comma behind the last element",
            line: #"{"eventKey":["m1",]}"#,
            reason: "JSON expected, ] found at column 19"
        ),
        Case(
            testDescription: "an unknown field",
            line: #"{"color":1}"#,
            reason: "field color: a field of the schema expected, 1 found"
        ),
        Case(
            testDescription: "an unknown channel",
            line: #"{"channel":"FAX"}"#,
            reason: #"field channel: a name of the schema's enumeration expected, "FAX" found"#
        ),
        Case(
            testDescription: "a time without a zone",
            line: #"{"occurredAt":"2026-01-01"}"#,
            reason: "field occurredAt: a time like 2026-06-30T12:00:00Z expected"
        ),
    ]

    @Test("each line is an interaction, or is refused with a reason", arguments: cases)
    func decode(_ example: Case) {
        let line = LineReader.Line(number: 3, bytes: Array(example.line.utf8))
        switch InteractionLine.interaction(line) {
        case .success: #expect(example.reason == nil)
        case .failure(let refusal):
            #expect(refusal.origin.line == 3)
            #expect(refusal.reason.contains(example.reason ?? "nothing"))
        }
    }

    @Test("a bad byte is repaired in a text and refused in an identifier")
    func badBytes() throws {
        func decoded(_ before: String, _ after: String) throws -> Khach_V1_Interaction {
            let bytes = Array(before.utf8) + [0xFF] + Array(after.utf8)
            return try InteractionLine.interaction(.init(number: 1, bytes: bytes)).get()
        }
        #expect(try decoded(#"{"text":"a"#, #"b"}"#).text == "a\u{FFFD}b")
        #expect(throws: LineRefusal.self) { try decoded(#"{"eventKey":"a"#, #"b"}"#) }
    }

    @Test("a connection lost on the way tells what is recorded")
    func lost() async {
        let answered = Mutex(false)
        let server = FakeServer { (_, payload) throws(Status) in
            let isFirst = answered.withLock { seen in
                defer { seen = true }
                return !seen
            }
            guard isFirst else { throw Status(.unavailable, "the connection is lost") }

            return FakeServer.encoded(
                Khach_V1_RecordInteractionsResponse.with {
                    $0.outcomes = [.with { $0.result = .applied }]
                }
            )
        }
        let arguments = [
            "interactions", "record", "-", "--batch", "1", "--in-flight", "1", "--retries", "0",
            "--output", "jsonl",
        ]
        #expect(await server.run(arguments, input: "{}\n{}\n{}\n") == 5)
        #expect(server.out == #"{"lines":1,"APPLIED":1}"# + "\n")
        #expect(
            server.error.contains(
                "the connection is lost; 1 line acknowledged; recording the same file again is safe"
            )
        )
    }

    /// Refuses every interaction whose key is "bad", and takes the others.
    static func server(failures: Int = 0) -> FakeServer {
        let left = Mutex(failures)
        return FakeServer { (_, payload) throws(Status) in
            let mustFail = left.withLock { count in
                count -= 1
                return count >= 0
            }
            guard !mustFail else { throw Status(.unavailable, "a server expected, none found") }
            guard let request = try? Khach_V1_RecordInteractionsRequest(serializedBytes: payload)
            else { throw Status(.invalidArgument, "a request expected") }

            return FakeServer.encoded(
                Khach_V1_RecordInteractionsResponse.with {
                    $0.outcomes = request.interactions.map { interaction in
                        .with {
                            $0.result = interaction.eventKey == "bad" ? .rejected : .applied
                            $0.error.reason = interaction.eventKey == "bad" ? "UNKNOWN_PAGE" : ""
                        }
                    }
                }
            )
        }
    }

    @Test("bad lines are named and the rest goes on, with 3 at the end")
    func partial() async {
        let server = Self.server()
        let input = """
            {"eventKey":"a"}

            nonsense
            {"eventKey":"bad"}
            {"eventKey":"b"}

            """
        let status = await server.run(
            ["interactions", "record", "-", "--output", "jsonl"],
            input: input
        )
        #expect(status == 3)
        #expect(server.out == #"{"lines":4,"APPLIED":2,"REJECTED":1,"UNREADABLE":1}"# + "\n")
        #expect(server.error.contains("line 3: an interaction in JSON expected"))
        #expect(server.error.contains("line 4: UNKNOWN_PAGE"))
    }

    @Test("lines go in batches, the last one smaller", arguments: [1, 4])
    func batches(_ inFlight: Int) async throws {
        let server = Self.server()
        let input = (0..<25).map { "{\"eventKey\":\"k\($0)\"}\n" }.joined()
        let arguments = [
            "interactions", "record", "-", "--batch", "10", "--in-flight", "\(inFlight)",
        ]
        #expect(await server.run(arguments, input: input) == 0)
        let sizes = try server.calls.map {
            try Khach_V1_RecordInteractionsRequest(serializedBytes: $0.request).interactions.count
        }
        #expect(sizes.sorted() == [5, 10, 10])
        #expect(server.out.contains("25 lines"))
    }

    @Test("a call is repeated while the server is away, and not for ever")
    func retry() async {
        let patient = Self.server(failures: 1)
        #expect(await patient.run(["interactions", "record", "-"], input: "{}") == 0)
        #expect(patient.calls.count == 2)
        let hasty = Self.server(failures: 1)
        let arguments = ["interactions", "record", "-", "--retries", "0"]
        #expect(await hasty.run(arguments, input: "{}") == 5)
    }

    @Test("a file that is not there is a failure, not an empty file")
    func noFile() async {
        let server = Self.server()
        #expect(await server.run(["interactions", "record", "/"]) == 1)
        #expect(server.error == "khach: a file expected, a directory found at /\n")
        #expect(await server.run(["interactions", "record", "/nowhere/x.jsonl"]) == 1)
        #expect(
            server.error.contains("a file that exists expected, none found at /nowhere/x.jsonl")
        )
    }
}
