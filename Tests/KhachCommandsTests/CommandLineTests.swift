internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@testable internal import KhachCommands

@Suite("Command lines")
struct CommandLineTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var arguments: [String]
        var finding: String
    }

    static let refusals: [Refusal] = [
        Refusal(
            testDescription: "an unknown command",
            arguments: ["fly"],
            finding: "fly"
        ),
        Refusal(
            testDescription: "a server of no known kind",
            arguments: ["business", "list", "--server", "http://x"],
            finding: "http://x found"
        ),
        Refusal(
            testDescription: "a timeout of zero",
            arguments: ["health", "--timeout", "0"],
            finding: "more than 0 and at most 86400 seconds expected, 0 found"
        ),
        Refusal(
            testDescription: "an unknown channel",
            arguments: [
                "page", "create", "x", "--business", "b", "--channel", "fax", "--external-id", "1",
            ],
            finding: "fax"
        ),
        Refusal(
            testDescription: "a day that no calendar has",
            arguments: ["customers", "count", "--business", "b", "--created-from", "2026-13-01"],
            finding: "2026-13-01 found"
        ),
        Refusal(
            testDescription: "days in the wrong order",
            arguments: [
                "customers", "count", "--business", "b", "--created-from", "2026-02-01",
                "--created-to", "2026-01-01",
            ],
            finding: "2026-02-01 found"
        ),
        Refusal(
            testDescription: "a limit of zero",
            arguments: ["customers", "list", "--business", "b", "--limit", "0"],
            finding: "0 found"
        ),
        Refusal(
            testDescription: "a limit and all",
            arguments: ["customers", "list", "--business", "b", "--limit", "5", "--all"],
            finding: "--limit or --all expected, both found"
        ),
        Refusal(
            testDescription: "customers of nobody",
            arguments: ["customers", "count"],
            finding: "--business or KHACH_BUSINESS expected, neither found"
        ),
        Refusal(
            testDescription: "a batch of one more than the server takes",
            arguments: ["interactions", "record", "-", "--batch", "1001"],
            finding: "1001 found"
        ),
        Refusal(
            testDescription: "a method that no table has",
            arguments: ["call", "CustomerService/Fly"],
            finding: "CustomerService/Fly found"
        ),
        Refusal(
            testDescription: "a new cache of nobody",
            arguments: ["sync", "--cache", "/no/such/cache.db", "--once"],
            finding: "--business or KHACH_BUSINESS expected"
        ),
        Refusal(
            testDescription: "a sample of no known size",
            arguments: ["sample", "--size", "XL"],
            finding: "XL"
        ),
    ]

    @Test("what cannot be understood is refused with 64, before any call", arguments: refusals)
    func refuse(_ refusal: Refusal) async {
        let server = FakeServer { (_, _) throws(Status) in Payload() }
        #expect(await server.run(refusal.arguments) == 64)
        #expect(server.error.contains(refusal.finding))
        #expect(server.calls.isEmpty)
        #expect(server.out.isEmpty)
    }

    struct Hoisting: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var given: [String]
        var expected: [String]
    }

    static let hoistings: [Hoisting] = [
        Hoisting(
            testDescription: "an option before the command moves to the end",
            given: ["--server", "tcp:h:1", "business", "list"],
            expected: ["business", "list", "--server", "tcp:h:1"]
        ),
        Hoisting(
            testDescription: "with an equals sign too",
            given: ["--output=json", "--timeout", "3", "health"],
            expected: ["health", "--output=json", "--timeout", "3"]
        ),
        Hoisting(
            testDescription: "never behind the end of options",
            given: ["--output", "json", "call", "x", "--", "-"],
            expected: ["call", "x", "--output", "json", "--", "-"]
        ),
        Hoisting(
            testDescription: "other arguments stay",
            given: ["--version"],
            expected: ["--version"]
        ),
    ]

    @Test("global options may stand first", arguments: hoistings)
    func hoist(_ example: Hoisting) {
        #expect(GlobalOptions.hoisted(example.given) == example.expected)
    }

    static let statuses: [(Status.Code, Int32)] = [
        (.notFound, 4), (.unavailable, 5), (.deadlineExceeded, 5), (.resourceExhausted, 5),
        (.invalidArgument, 1), (.internal, 1), (.unimplemented, 1),
    ]

    @Test("a failed call has its exit status and one line", arguments: statuses)
    func fail(_ code: Status.Code, _ expected: Int32) async {
        let server = FakeServer { (_, _) throws(Status) in
            throw Status(code, "7 expected,\n9 found")
        }
        #expect(await server.run(["customers", "get", "c1"]) == expected)
        #expect(server.error.filter { $0 == "\n" }.count == 1)
        let isLate = code == .deadlineExceeded
        #expect(
            server.error.contains(isLate ? "within 30 seconds expected" : "7 expected, 9 found")
        )
    }

    @Test("the business may be named by the environment")
    func environment() async throws {
        let server = FakeServer { (_, payload) throws(Status) in
            let request = try? Khach_V1_CountCustomersRequest(serializedBytes: payload)
            guard request?.filter.businessID == "b1" else { throw Status(.notFound, "b1 expected") }

            return FakeServer.encoded(Khach_V1_CountCustomersResponse.with { $0.count = 1 })
        }
        let named = ["KHACH_BUSINESS": "b1"]
        #expect(await server.run(["customers", "count"], environment: named) == 0)
        #expect(server.out == "1 customer as of seq 0\n")
    }

    @Test("details of a status reach the line")
    func details() async throws {
        let info = Google_Rpc_ErrorInfo.with { $0.reason = "CURSOR_INVALID" }
        let request = Google_Rpc_BadRequest.with {
            $0.fieldViolations = [
                .with {
                    $0.field = "page_token"
                    $0.description_p = "a token of this filter expected"
                }
            ]
        }
        let details = [
            Status.Detail(
                typeURL: "type.googleapis.com/google.rpc.ErrorInfo",
                value: FakeServer.encoded(info).bytes
            ),
            Status.Detail(
                typeURL: "type.googleapis.com/google.rpc.BadRequest",
                value: FakeServer.encoded(request).bytes
            ),
            Status.Detail(typeURL: "type.googleapis.com/x.Unknown", value: [0xFF]),
        ]
        let server = FakeServer { (_, _) throws(Status) in
            throw Status(.invalidArgument, "bad token", details: details)
        }
        #expect(await server.run(["business", "list"]) == 1)
        #expect(server.error.contains("reason CURSOR_INVALID"))
        #expect(server.error.contains("page_token: a token of this filter expected"))
    }

    @Test("call translates JSON both ways, whatever the spelling of a field")
    func call() async throws {
        let server = FakeServer { (path, payload) throws(Status) in
            let request = try? Khach_V1_ListPagesRequest(serializedBytes: payload)
            guard path == "khach.v1.DirectoryService/ListPages", request?.businessID == "b1" else {
                throw Status(.notFound, "another request expected")
            }
            return FakeServer.encoded(
                Khach_V1_ListPagesResponse.with { $0.pages = [.with { $0.id = "p1" }] }
            )
        }
        let method = "DirectoryService/ListPages"
        #expect(await server.run(["call", method, #"{"business_id":"b1"}"#]) == 0)
        #expect(
            await server.run(
                ["call", method, "-", "--output", "jsonl"],
                input: #"{"businessId":"b1"}"#
            )
                == 0
        )
        #expect(server.out.hasSuffix("{\"pages\":[{\"id\":\"p1\"}]}\n"))
        #expect(await server.run(["call", method, "{"]) == 1)
        #expect(server.error.contains("JSON of a khach.v1.ListPagesRequest expected"))
        #expect(server.calls.count == 2)
    }

    @Test("a list says of when it is and in which zone its times are")
    func list() async {
        let server = FakeServer { (path, _) throws(Status) in
            guard path.hasSuffix("ListCustomers") else {
                return FakeServer.encoded(
                    Khach_V1_ListBusinessesResponse.with {
                        $0.businesses = [
                            .with {
                                $0.id = "b1"
                                $0.timeZone = "Asia/Ho_Chi_Minh"
                            }
                        ]
                    }
                )
            }
            return FakeServer.encoded(
                Khach_V1_ListCustomersResponse.with {
                    $0.asOfSeq = 42
                    $0.customers = [
                        .with {
                            $0.id = "c1"
                            $0.channel = .shopee
                            $0.createdAt.seconds = 1_748_710_799
                            $0.phones = [.with { $0.value = "+84912345678" }]
                        }
                    ]
                }
            )
        }
        #expect(await server.run(["customers", "list", "--business", "b1"]) == 0)
        #expect(server.out.contains("(Shopee User)"))
        #expect(server.out.contains("0912345678"))
        #expect(server.out.contains("2025-05-31 23:59"))
        #expect(server.out.hasSuffix("1 customer as of seq 42; times in Asia/Ho_Chi_Minh\n"))
    }
}
