internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@testable internal import KhachCommands

@Suite("Commands that change something")
struct ChangeRequestTests {
    struct Case: Sendable, CustomTestStringConvertible {
        /// The words of the command line.
        var line: String
        var method: String
        var request: any Message
        var input = ""

        var testDescription: String { "khach \(self.line)" }
        var arguments: [String] { self.line.split(separator: " ").map(String.init) }
    }

    static let lan = Khach_V1_Mutation.with { $0.actor = "lan" }

    @Test("make this request", arguments: customers + contacts + directory)
    func request(_ example: Case) async throws {
        let server = FakeServer { (_, payload) throws(Status) in FakeServer.outcomes(payload) }
        let status = await server.run(
            example.arguments + ["--output", "json"],
            input: example.input,
            environment: ["KHACH_ACTOR": "lan"]
        )
        #expect(status == 0, "\(server.error)")
        #expect(server.calls.count == 1)
        let call = try #require(server.calls.first)
        #expect(call.path.hasSuffix("/\(example.method)"))
        #expect(call.request == FakeServer.encoded(example.request).bytes)
    }

    static let refusals: [(String, String)] = [
        ("customers block", "ids of customers or --from expected"),
        ("customers block c1 --request-id \(String(repeating: "r", count: 65))", "65 found"),
        ("customers settle c1", "--confirm or --refuse expected with ids"),
        ("customers settle c1 --confirm --error x", "--refuse expected with --error"),
        ("customers settle c1 --confirm --refuse", "refuse"),
        ("customers address c1 x --clear", "a text or --clear expected, both found"),
        ("customers address c1 --revision 1", "with --revision, neither found"),
        ("customers name c1 x --request-id r", "--revision expected with --request-id"),
        ("customers name c1 x --revision one", "one"),
        ("customers link c1", "another customer or --identity expected, neither found"),
        ("customers link c1 c2 --identity :1", "expected, both found"),
        ("customers link c1 --identity 1", "an identity like ASID:1234 or :1234 expected"),
        ("customers link c1 --identity ASID:", "an identity like ASID:1234 or :1234 expected"),
        ("customers erase c1", "--yes expected where nobody can be asked"),
        ("contacts add c1", "value"),
        ("contacts redetect", "--business or KHACH_BUSINESS expected"),
        ("audit --business b1 --limit 2 --all", "--limit or --all expected, both found"),
        ("business update b1", "--name or --time-zone expected"),
        ("page update p1", "at least one change expected"),
        ("page update p1 --own-phone 1 --no-own-phones", "--own-phone or --no-own-phones"),
        ("page update p1 --block-mode remote", "remote"),
        ("page roles set p1", "accounts or --none expected, neither found"),
        ("page roles set p1 u1=A --none", "accounts or --none expected, both found"),
        ("page roles set p1 u1=A u2", "u2 found"),
        ("page roles set p1 u1=A,", "u1=A, found"),
    ]

    @Test("are refused with 64 before any call", arguments: refusals)
    func refuse(_ line: String, _ finding: String) async {
        let server = FakeServer { (_, _) throws(Status) in Payload() }
        #expect(await server.run(line.split(separator: " ").map(String.init)) == 64)
        #expect(server.error.contains(finding), "\(server.error)")
        #expect(server.calls.isEmpty)
    }

    static let actors: [(arguments: [String], environment: [String: String], name: String)] = [
        (["--actor", "hoa"], ["KHACH_ACTOR": "lan"], "hoa"), ([], ["KHACH_ACTOR": "lan"], "lan"),
        ([], [:], "login"), ([], ["KHACH_ACTOR": ""], "login"),
    ]

    @Test("are done by --actor, else KHACH_ACTOR, else the login name", arguments: actors)
    func actor(_ arguments: [String], _ environment: [String: String], _ name: String) async throws
    {
        let server = FakeServer { (_, _) throws(Status) in Payload() }
        let line = ["customers", "erase", "c1", "--yes"] + arguments
        #expect(await server.run(line, environment: environment) == 0)
        let call = try #require(server.calls.first)
        let request = try Khach_V1_EraseCustomerRequest(serializedBytes: call.request)
        #expect(request.mutation.actor == name)
    }

    @Test("of more customers than one call takes make several, with a name each")
    func batches() async throws {
        let server = FakeServer { (_, payload) throws(Status) in FakeServer.outcomes(payload) }
        let ids = (1...2_001).map { "c\($0)\n" }.joined()
        let line = ["customers", "block", "--from", "-", "--request-id", "r", "--output", "jsonl"]
        #expect(await server.run(line, input: ids) == 0)
        let requests = try server.calls.map {
            try Khach_V1_BlockCustomersRequest(serializedBytes: $0.request)
        }
        #expect(requests.map(\.ids.count) == [1_000, 1_000, 1])
        #expect(requests.map(\.mutation.requestID) == ["r", "r/2", "r/3"])
        #expect(server.out.split(separator: "\n").count == 2_001)
    }

    @Test("without --revision a save is made against the revision that was read")
    func revision() async throws {
        let server = FakeServer { (path, _) throws(Status) in
            guard path.hasSuffix("GetCustomer") else { return Payload() }

            return FakeServer.encoded(
                Khach_V1_GetCustomerResponse.with { $0.customer.address.editRevision = 7 }
            )
        }
        let line = ["customers", "address", "c1", "Hue", "--output", "json"]
        #expect(await server.run(line) == 0)
        #expect(server.calls.count == 2)
        let call = try #require(server.calls.last)
        let request = try Khach_V1_UpdateCustomerRequest(serializedBytes: call.request)
        #expect(request.addressRevision == 7)
    }

    static let answers: [(answer: String, status: Int32, erases: Bool)] = [
        ("yes", 0, true), ("y", 1, false), ("", 1, false),
    ]

    @Test("an erasure asks on a terminal, and only yes is yes", arguments: answers)
    func ask(_ answer: String, _ status: Int32, _ erases: Bool) async {
        let server = FakeServer { (path, _) throws(Status) in
            guard path.hasSuffix("GetCustomer") else { return Payload() }

            return FakeServer.encoded(
                Khach_V1_GetCustomerResponse.with {
                    $0.customer.id = "c1"
                    $0.customer.name = "Lan\u{1B}[2J"
                }
            )
        }
        #expect(await server.run(["customers", "erase", "c1"], answer: answer) == status)
        #expect(server.error.hasPrefix("Erase c1, Lan [2J, for good? Type yes to go on: "))
        #expect(server.calls.contains { $0.path.hasSuffix("EraseCustomer") } == erases)
    }
}

extension FakeServer {
    /// A response of `BlockCustomers` and its like: each item of the first field was done.
    ///
    /// Verdicts stand where ids do, and are counted as such; the bytes of other requests mean
    /// nothing here, and their answer is empty.
    static func outcomes(_ request: Payload) -> Payload {
        guard let block = try? Khach_V1_BlockCustomersRequest(serializedBytes: request) else {
            return Payload()
        }

        return self.encoded(
            Khach_V1_BlockCustomersResponse.with {
                $0.outcomes = block.ids.map { _ in .with { $0.result = .done } }
            }
        )
    }
}
