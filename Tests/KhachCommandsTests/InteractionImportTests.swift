internal import KhachProto
internal import SwiftProtobuf
internal import Synchronization
internal import TTRPC
internal import Testing

@testable internal import KhachCommands

@Suite("Importing webhook bodies")
struct InteractionImportTests {
    static let recordPath = "khach.v1.InteractionService/RecordInteractions"
    static let profilePath = "khach.v1.InteractionService/RecordProfiles"

    /// Applies all but the interactions whose key is `m:bad`, and knows nobody called `stranger`.
    static func server() -> FakeServer {
        FakeServer { (path, payload) throws(Status) in
            if path == Self.profilePath {
                guard let request = try? Khach_V1_RecordProfilesRequest(serializedBytes: payload)
                else { throw Status(.invalidArgument, "a request expected") }

                return FakeServer.encoded(
                    Khach_V1_RecordProfilesResponse.with {
                        $0.outcomes = request.profiles.map { profile in
                            .with {
                                $0.result =
                                    profile.externalUserID == "stranger"
                                    ? .unknownCustomer : .applied
                            }
                        }
                    }
                )
            }
            guard let request = try? Khach_V1_RecordInteractionsRequest(serializedBytes: payload)
            else { throw Status(.invalidArgument, "a request expected") }

            return FakeServer.encoded(
                Khach_V1_RecordInteractionsResponse.with {
                    $0.outcomes = request.interactions.map { interaction in
                        .with {
                            $0.result = interaction.eventKey == "m:bad" ? .rejected : .applied
                            $0.error.reason = interaction.eventKey == "m:bad" ? "UNKNOWN_PAGE" : ""
                        }
                    }
                }
            )
        }
    }

    static func event(_ mid: String) -> String {
        #"{"sender":{"id":"1"},"recipient":{"id":"9"},"timestamp":1767232800123,"#
            + #""message":{"mid":\#(mid)}}"#
    }

    static func facebook(_ events: [String]) -> String {
        #"{"object":"page","entry":[{"id":"9","messaging":[\#(events.joined(separator: ","))]}]}"#
    }

    static func zalo(_ name: String, from user: String, _ rest: String) -> String {
        #"{"event_name":"\#(name)","sender":{"id":"\#(user)"},"recipient":{"id":"9"},"#
            + #""timestamp":"1767232800123",\#(rest)}"#
    }

    static func message(_ id: Int, from user: String = "1") -> String {
        Self.zalo("user_send_text", from: user, #""message":{"msg_id":"\#(id)","text":"x"}"#)
    }

    static func form(from user: String = "1") -> String {
        Self.zalo("user_submit_info", from: user, #""info":{"name":"Lan","phone":84912345678}"#)
    }

    @Test("what cannot be read is named with its line and place, and the rest goes on")
    func partial() async {
        let server = Self.server()
        let input = [
            Self.facebook([Self.event("7"), Self.event("[]"), Self.event(#""bad""#)]), "",
            "nonsense", Self.facebook([#"{"read":{}}"#]), Self.facebook([Self.event(#""z""#)]),
        ].joined(separator: "\n")
        let status = await server.run(
            ["interactions", "import", "-", "--format", "facebook", "--output", "jsonl"],
            input: input
        )
        #expect(status == 3)
        let totals = #"{"lines":4,"interactions":3,"profiles":0,"APPLIED":2,"REJECTED":1,"#
        #expect(server.out == totals + #""IGNORED_READ":1,"UNREADABLE":2}"# + "\n")
        #expect(
            server.error == """
                line 1, entry[0].messaging[1].message.mid: an identifier expected, a list found
                line 1, entry[0].messaging[2]: UNKNOWN_PAGE\(" ")
                line 3: JSON expected, other text at byte 1 found
                khach: every event read and recorded expected, 3 refused

                """
        )
    }

    @Test("edits of one second come in the order of the file, and again as they were")
    func edits() async throws {
        let server = Self.server()
        let lines = ["a", "b", "a", "c"].map { text in
            #"{"object":"page","entry":[{"id":"9","time":1767232860,"changes":[{"field":"feed","#
                + #""value":{"item":"comment","verb":"edited","comment_id":"1","from":{"id":"7"},"#
                + #""created_time":1767232800,"message":"\#(text)"}}]}]}"#
        }
        let status = await server.run(
            ["interactions", "import", "-", "--format", "facebook", "--batch", "1"],
            input: lines.joined(separator: "\n")
        )
        #expect(status == 0, "\(server.error)")
        let revisions = try server.calls.filter { $0.path == Self.recordPath }
            .flatMap {
                try Khach_V1_RecordInteractionsRequest(serializedBytes: $0.request).interactions
            }
            .sorted { $0.text < $1.text }.map(\.revision)
        let first: UInt64 = 691_380_060_000
        #expect(revisions == [first, first, first + 1, first + 2])
    }

    @Test("people see a table and how much was read")
    func table() async {
        let server = Self.server()
        let arguments = ["interactions", "import", "-", "--format", "zalo"]
        #expect(await server.run(arguments, input: Self.message(1) + "\n" + Self.form()) == 0)
        #expect(server.out.contains("OUTCOME"))
        #expect(server.out.contains("PROFILE_APPLIED"))
        #expect(server.out.contains("2 lines: 1 interaction, 1 profile; in 0.0 s"))
    }

    @Test("a profile is sent once every interaction before it is recorded", arguments: [1, 8])
    func profiles(_ inFlight: Int) async throws {
        let server = Self.server()
        let lines = [Self.form(), Self.form(from: "stranger")] + (0..<40).map { Self.message($0) }
        let arguments = [
            "interactions", "import", "-", "--format", "zalo", "--batch", "3", "--in-flight",
            "\(inFlight)", "--output", "jsonl",
        ]
        #expect(await server.run(arguments, input: lines.joined(separator: "\n")) == 0)
        #expect(server.calls.filter { $0.path == Self.recordPath }.count == 14)
        #expect(server.calls.last?.path == Self.profilePath)
        let sent = try Khach_V1_RecordProfilesRequest(
            serializedBytes: server.calls.last?.request ?? []
        )
        #expect(sent.profiles.map(\.externalUserID) == ["1", "stranger"])
        #expect(sent.profiles.map(\.phone) == ["84912345678", "84912345678"])
        #expect(sent.profiles.first?.nameSource == .sharedForm)
        #expect(
            server.out == #"{"lines":42,"interactions":40,"profiles":2,"APPLIED":40,"#
                + #""PROFILE_APPLIED":1,"PROFILE_UNKNOWN_CUSTOMER":1}"# + "\n"
        )
    }

    @Test("profiles are held in bounded numbers, and sent when what precedes them is recorded")
    func manyProfiles() async throws {
        let server = Self.server()
        let lines = (0..<2_500).flatMap {
            [Self.message($0, from: "u\($0)"), Self.form(from: "u\($0)")]
        }
        let arguments = [
            "interactions", "import", "-", "--format", "zalo", "--batch", "100", "--in-flight", "4",
        ]
        #expect(await server.run(arguments, input: lines.joined(separator: "\n")) == 0)
        var known: Set<String> = []
        var held: [Int] = []
        for call in server.calls {
            if call.path == Self.recordPath {
                let request = try Khach_V1_RecordInteractionsRequest(serializedBytes: call.request)
                known.formUnion(request.interactions.map(\.externalUserID))
            } else {
                let request = try Khach_V1_RecordProfilesRequest(serializedBytes: call.request)
                #expect(request.profiles.allSatisfy { known.contains($0.externalUserID) })
                held.append(request.profiles.count)
            }
        }
        #expect(held.reduce(0, +) == 2_500)
        #expect(server.calls.last?.path == Self.profilePath)
        let afterForms = server.calls.drop { $0.path == Self.recordPath }
        #expect(afterForms.contains { $0.path == Self.recordPath })
        #expect(held.count > 2 && held.allSatisfy { $0 <= 1_000 })
    }

    @Test("a dry run prints what record reads, and calls nobody")
    func dryRun() async throws {
        let server = Self.server()
        let input = [Self.message(1), "{}", Self.form()].joined(separator: "\n")
        let arguments = [
            "interactions", "import", "-", "--format", "zalo", "--dry-run", "--output", "jsonl",
        ]
        #expect(await server.run(arguments, input: input) == 3)
        #expect(server.calls.isEmpty)
        let lines = server.out.split(separator: "\n").map(String.init)
        try #require(lines.count == 2)
        let profile = try Khach_V1_ProfileObservation(jsonString: lines[1])
        #expect(profile.name == "Lan")
        #expect(
            server.error == """
                line 2, event_name: a text expected, nothing found
                {"lines":3,"interactions":1,"profiles":1,"UNREADABLE":1}
                khach: every event read and recorded expected, 1 refused

                """
        )

        let again = Self.server()
        #expect(await again.run(["interactions", "record", "-"], input: lines[0]) == 0)
        let direct = Self.server()
        _ = await direct.run(["interactions", "import", "-", "--format", "zalo"], input: input)
        #expect(again.calls == Array(direct.calls.prefix(1)))
    }

    @Test("a document over lines is one body, and a list of them several")
    func documents() async {
        let server = Self.server()
        let input = """
            [
              {
                "object": "page", "entry": [
                  { "id": "9", "messaging": [ 5,
                    \(Self.event(#""a""#)) ] } ]
              },
              { "object": "page" }
            ]

            """
        let arguments = [
            "interactions", "import", "-", "--format", "facebook", "--output", "jsonl",
        ]
        #expect(await server.run(arguments, input: input) == 3)
        let totals = #"{"lines":2,"interactions":1,"profiles":0,"APPLIED":1,"UNREADABLE":2}"#
        #expect(server.out == totals + "\n")
        #expect(
            server.error.hasPrefix(
                """
                line 2, entry[0].messaging[0]: an object expected, a number found
                line 7, entry: a list expected, nothing found

                """
            )
        )
    }

    @Test("a body with more than a call may hold is recorded in several")
    func wideBatch() async throws {
        let server = Self.server()
        let events = (0..<700).map { Self.event("\"k\($0)\"") }
        let body = Self.facebook(events)
        let arguments = ["interactions", "import", "-", "--format", "facebook"]
        #expect(
            await server.run(arguments, input: [body, body, body].joined(separator: "\n")) == 0
        )
        let sizes = try server.calls.map {
            try Khach_V1_RecordInteractionsRequest(serializedBytes: $0.request).interactions.count
        }
        #expect(sizes == [1_000, 1_000, 100])
    }

    @Test("a format that nobody knows is a usage error")
    func format() async {
        let server = Self.server()
        #expect(await server.run(["interactions", "import", "-", "--format", "fax"]) == 64)
        #expect(await server.run(["interactions", "import", "-"]) == 64)
        #expect(server.error.contains("'facebook', 'instagram', 'zalo' or 'shopee'"))
    }
}
