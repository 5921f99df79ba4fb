internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@testable internal import KhachCommands

@Suite("What changes show")
struct ChangeOutputTests {
    typealias Outcome = Khach_V1_BlockOutcome

    private static func outcome(_ reason: String = "") -> Outcome {
        .with {
            $0.customerID = "c1"
            $0.state = .none
            $0.result = reason.isEmpty ? .done : .failed
            if !reason.isEmpty {
                $0.error.reason = reason
                $0.error.message = "another customer expected"
            }
        }
    }

    static let outcomes: [(outcomes: [Outcome], status: Int32, end: String)] = [
        ([outcome()], 0, "1 customer: 1 DONE\n"),
        ([outcome(), outcome("ROLE_ON_PAGE")], 3, "2 customers: 1 DONE, 1 FAILED\n"),
        ([outcome(), outcome("NOT_FOUND")], 3, "2 customers: 1 DONE, 1 FAILED\n"),
        ([outcome("NOT_FOUND"), outcome("NOT_FOUND")], 4, "2 customers: 2 FAILED\n"),
        ([outcome("NOT_FOUND"), outcome("ROLE_ON_PAGE")], 1, "2 customers: 2 FAILED\n"),
        ([outcome("ROLE_ON_PAGE")], 1, "1 customer: 1 FAILED\n"),
    ]

    @Test(
        "every customer has a line, and the status says whether all were done",
        arguments: outcomes
    )
    func block(_ outcomes: [Outcome], _ status: Int32, _ end: String) async {
        let server = FakeServer { (_, _) throws(Status) in
            FakeServer.encoded(Khach_V1_BlockCustomersResponse.with { $0.outcomes = outcomes })
        }
        let ids = outcomes.indices.map { "c\($0)" }
        #expect(await server.run(["customers", "block"] + ids) == status)
        #expect(server.out.split(separator: "\n").count == outcomes.count + 2)
        #expect(server.out.hasSuffix(end))
        #expect(server.error.isEmpty == (status == 0))
        let failed = outcomes.first { $0.result == .failed }
        #expect(server.error.contains(failed?.error.reason ?? ""))
    }

    @Test("a batch that fails leaves the outcomes before it shown")
    func cut() async {
        let server = FakeServer { (_, payload) throws(Status) in
            guard try FakeServer.ids(payload).contains("c1") else {
                throw Status(.unavailable, "the connection is lost")
            }

            return FakeServer.outcomes(payload)
        }
        let ids = (1...1_001).map { "c\($0)\n" }.joined()
        #expect(await server.run(["customers", "block", "--from", "-"], input: ids) == 5)
        #expect(server.out.hasSuffix("1000 customers: 1000 DONE\n"))
        #expect(server.error.contains("1000 customers of 1001 answered"))
    }

    private static let conflict = Khach_V1_EditConflict.with {
        $0.customerID = "c1"
        $0.field = "address"
        $0.stored = .with {
            $0.text = "12 Lý Thường Kiệt\u{1B}[2J"
            $0.updatedBy = "hoa"
            $0.updatedAt.seconds = 1_748_710_799
            $0.editRevision = 4
        }
        $0.given = "5 Hàng Bài"
        $0.givenRevision = 3
    }

    private static func refusing() -> FakeServer {
        let info = Google_Rpc_ErrorInfo.with { $0.reason = "EDIT_CONFLICT" }
        let details = [
            ("google.rpc.ErrorInfo", FakeServer.encoded(info)),
            ("khach.v1.EditConflict", FakeServer.encoded(conflict)),
        ].map {
            Status.Detail(typeURL: "type.googleapis.com/\($0.0)", value: $0.1.bytes)
        }
        return FakeServer { (path, _) throws(Status) in
            guard path.hasSuffix("UpdateCustomer") else { return Payload() }

            throw Status(.aborted, "address: edit revision 3 expected, 4 found", details: details)
        }
    }

    @Test("S8: a conflict shows both values, who and when, and ends with 6")
    func conflict() async throws {
        let server = Self.refusing()
        let line = ["customers", "address", "c1", "5 Hàng Bài", "--revision", "3"]
        #expect(await server.run(line) == 6)
        #expect(
            server.out == """
                customer       c1
                stored         12 Lý Thường Kiệt [2J
                revision       4
                saved by       hoa
                saved at       2025-05-31 16:59 (UTC)
                given          5 Hàng Bài
                given against  revision 3

                """
        )
        #expect(
            server.error == "khach: address: revision 3 expected, 4 found, nothing saved; "
                + "--revision 4 saves over it\n"
        )
        let program = Self.refusing()
        #expect(await program.run(line + ["--output", "jsonl"]) == 6)
        #expect(try Khach_V1_EditConflict(jsonString: program.out) == Self.conflict)
    }

    @Test("S8: call tells both values of a conflict too, in its one line")
    func calledConflict() async {
        let server = Self.refusing()
        let json = #"{"id":"c1","updateMask":"address,manualName","address":"x"}"#
        #expect(await server.run(["call", "CustomerService/UpdateCustomer", json]) == 6)
        #expect(server.error.contains(#"stored "12 Lý Thường Kiệt [2J" by hoa"#))
        #expect(server.error.contains(#"revision 4; given "5 Hàng Bài""#))
        #expect(server.error.filter { $0 == "\n" }.count == 1)
        let request = try? Khach_V1_UpdateCustomerRequest(
            serializedBytes: server.calls.first?.request ?? []
        )
        #expect(request?.updateMask.paths == ["address", "manual_name"])
    }

    @Test("an explanation points at the characters, and hostile texts do nothing")
    func explain() async {
        let server = FakeServer { (path, _) throws(Status) in
            guard path.hasSuffix("ExplainContactPoint") else { return Payload() }

            return FakeServer.encoded(Self.explanation)
        }
        #expect(await server.run(["contacts", "explain", "c1", "0912345678"]) == 0)
        #expect(
            server.out == """
                value       +84912345678
                first seen  2025-05-31 16:59
                last seen   2025-05-31 17:00
                marks       rejected
                marked by   lan, 2025-05-31 17:00

                m 1  2025-05-31 16:59 to 2025-05-31 17:00  rule P4.national  detector 1
                  sđt  [2J 0912345678 nha
                           ^^^^^^^^^^

                m2  2025-05-31 17:00  rule supplied  detector 1
                  (supplied by the channel, apart from a text)

                m3  2025-05-31 17:00  rule P4.national  detector 1
                  (the text is no longer kept)

                the latest 3 interactions; times in UTC

                """
        )
    }

    private static var explanation: Khach_V1_ExplainContactPointResponse {
        .with {
            let first = Google_Protobuf_Timestamp(seconds: 1_748_710_799)
            let last = Google_Protobuf_Timestamp(seconds: 1_748_710_800)
            $0.point = .with {
                $0.value = "+84912345678"
                $0.rejected = true
                $0.firstSeenAt = first
                $0.lastSeenAt = last
            }
            $0.markedBy = "lan"
            $0.markedAt = last
            $0.hasMore_p = true
            $0.observations = [
                Self.observation("m\n1", first, last, 10..<20, "sđt \u{1B}[2J 0912345678 nha"),
                Self.observation("m2", last, last, 0..<0, "sđt 0912345678 nha", "supplied"),
                Self.observation("m3", last, last, 4..<14, ""),
            ]
        }
    }

    private static func observation(
        _ key: String,
        _ first: Google_Protobuf_Timestamp,
        _ last: Google_Protobuf_Timestamp,
        _ bytes: Range<UInt32>,
        _ text: String,
        _ rule: String = "P4.national"
    ) -> Khach_V1_ContactObservation {
        .with {
            $0.eventKey = key
            $0.firstSeenAt = first
            $0.lastSeenAt = last
            $0.byteStart = bytes.lowerBound
            $0.byteEnd = bytes.upperBound
            $0.text = text
            $0.rule = rule
            $0.detectorVersion = "1"
        }
    }

    static let redetections: [(more: [String], out: [String], error: String)] = [
        (
            [],
            [
                "   CUSTOMER  VALUE         RULE         TEXT",
                "-  c1        +84912345678  P4.national  sđt [0912345678] nha",
                "+  c1        +84912345678  P4.national  sđt [0912345678] nha",
                "7 texts looked at by detector 2: 1 found, 1 lost; "
                    + "nothing changed, --accept takes them",
            ],
            ""
        ),
        (
            ["--accept", "--output", "jsonl"], [],
            "7 texts looked at by detector 2: 1 found, 1 lost; accepted\n"
        ),
    ]

    @Test("a detection walks all texts and tells every difference", arguments: redetections)
    func redetect(_ more: [String], _ out: [String], _ error: String) async throws {
        let server = FakeServer { (_, payload) throws(Status) in
            let request = try? Khach_V1_RedetectContactsRequest(serializedBytes: payload)
            let isFirst = request?.pageToken.isEmpty ?? true
            return FakeServer.encoded(
                Khach_V1_RedetectContactsResponse.with {
                    $0.textsCount = isFirst ? 4 : 3
                    $0.nextPageToken = isFirst ? "next" : ""
                    $0.detectorVersion = "2"
                    $0.differences = [
                        .with {
                            $0.change = isFirst ? .lost : .found
                            $0.customerID = "c1"
                            $0.value = "+84912345678"
                            $0.rule = "P4.national"
                            $0.byteStart = 5
                            $0.byteEnd = 15
                            $0.text = "sđt 0912345678 nha"
                        }
                    ]
                }
            )
        }
        #expect(await server.run(["contacts", "redetect", "--business", "b1"] + more) == 0)
        #expect(server.calls.count == 2)
        #expect(server.error == error)
        let lines = server.out.split(separator: "\n").map(String.init)
        if out.isEmpty {
            let changes = try lines.map { try Khach_V1_ContactDifference(jsonString: $0).change }
            #expect(changes == [.lost, .found])
        } else {
            #expect(lines == out)
        }
    }

    @Test("get shows the address, the block, the marks of contacts and the days")
    func customer() async {
        let server = FakeServer { (path, _) throws(Status) in
            guard path.hasSuffix("GetCustomer") else { return Payload() }

            return FakeServer.encoded(
                Khach_V1_GetCustomerResponse.with { $0.customer = Self.everything }
            )
        }
        #expect(await server.run(["customers", "get", "c1"]) == 0)
        for line in [
            "address         Huế (by hoa, 2025-05-31 16:59, revision 2)",
            "phones          +84912345678 (pinned, by hand), +84987654321 (rejected)",
            "further ids     ASID:7, :8",
            "blocked         yes, pending unblock, since 2025-05-31 16:59 by lan",
            "block reason    spam", "platform said   not now",
            "days            2, from 2025-05-31 to 2025-06-02",
        ] {
            #expect(server.out.contains(line + "\n"), "\(line) expected in \(server.out)")
        }
    }

    private static var everything: Khach_V1_Customer {
        .with {
            let at = Google_Protobuf_Timestamp(seconds: 1_748_710_799)
            $0.id = "c1"
            $0.address = .with {
                $0.text = "Huế"
                $0.updatedBy = "hoa"
                $0.updatedAt = at
                $0.editRevision = 2
            }
            $0.phones = [
                .with {
                    $0.value = "+84912345678"
                    $0.pinned = true
                    $0.addedByHand = true
                },
                .with {
                    $0.value = "+84987654321"
                    $0.rejected = true
                },
            ]
            $0.otherIdentities = [
                .with {
                    $0.kind = "ASID"
                    $0.externalUserID = "7"
                }, .with { $0.externalUserID = "8" },
            ]
            $0.block = .with {
                $0.state = .pendingUnblock
                $0.since = at
                $0.by = "lan"
                $0.reason = "spam"
                $0.error = "not now"
            }
            $0.days = [.with { $0.day = 20_239 }, .with { $0.day = 20_241 }]
        }
    }

    @Test("the audit is a table whose entries cannot break out of their line")
    func audit() async {
        let server = FakeServer { (path, _) throws(Status) in
            guard path.hasSuffix("ListAuditEntries") else { return Payload() }

            return FakeServer.encoded(
                Khach_V1_ListAuditEntriesResponse.with {
                    $0.nextPageToken = "more"
                    $0.entries = [
                        .with {
                            $0.number = 9
                            $0.at.seconds = 1_748_710_799
                            $0.actor = "lan"
                            $0.action = "customer.address.save"
                            $0.entityID = "c1"
                            $0.field = "address"
                            $0.after = "a\nb"
                        }
                    ]
                }
            )
        }
        #expect(await server.run(["audit", "--business", "b1", "--limit", "1"]) == 0)
        let lines = server.out.split(separator: "\n")
        #expect(lines.count == 3)
        let words = lines[1].split(separator: " ").joined(separator: " ")
        #expect(words == "9 2025-05-31 16:59 lan customer.address.save c1 address a b")
        #expect(lines[2] == "1 entry; times in UTC; there are more (--all)")
    }

    static let bounds = ["TOO_MANY_MARKS", "TOO_MANY_IDENTITIES", "STORE_FULL"]

    @Test("a bound that no waiting moves is a failure, not unavailable", arguments: bounds)
    func bound(_ reason: String) async {
        let info = Google_Rpc_ErrorInfo.with { $0.reason = reason }
        let server = FakeServer { (_, _) throws(Status) in
            let detail = Status.Detail(
                typeURL: "type.googleapis.com/google.rpc.ErrorInfo",
                value: FakeServer.encoded(info).bytes
            )
            throw Status(.resourceExhausted, "fewer expected", details: [detail])
        }
        let status = await server.run(["contacts", "add", "c1", "0912345678"])
        #expect(status == (reason == "STORE_FULL" ? 5 : 1))
    }
}

extension FakeServer {
    fileprivate static func ids(_ request: Payload) throws(Status) -> [String] {
        guard let block = try? Khach_V1_BlockCustomersRequest(serializedBytes: request) else {
            throw Status(.invalidArgument, "a request expected")
        }

        return block.ids
    }
}
