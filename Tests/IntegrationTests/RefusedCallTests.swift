internal import Foundation
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import Testing

/// Calls that cannot be, as bytes on a socket: khachd itself answers each with its code and
/// reason, and the connection lives.
@Suite("Refused calls", .timeLimit(.minutes(15)))
struct RefusedCallTests {
    private static let customers = "khach.v1.CustomerService"
    private static let interactions = "khach.v1.InteractionService"

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var service = RefusedCallTests.customers
        var method = "GetCustomer"
        var payload: [UInt8] = []
        /// The whole envelope, when it is not one.
        var envelope: [UInt8]?
        var code: Int32
        var reason = ""
    }

    static let cases: [Case] = [
        Case(testDescription: "a method that is not there", method: "Nope", code: 12),
        Case(testDescription: "a service that is not there", service: "no.Service", code: 12),
        Case(testDescription: "no name at all", service: "", method: "", code: 12),
        Case(testDescription: "an envelope that is none", envelope: [0xFF, 0xFF], code: 3),
        Case(testDescription: "an envelope cut short", envelope: [0x0A, 0x20, 0x6B], code: 3),
        Case(
            testDescription: "a payload that is none",
            payload: [0xFF, 0xFF],
            code: 3,
            reason: "MALFORMED"
        ),
        Case(
            testDescription: "an id that is not UTF-8",
            payload: [0x0A, 0x02, 0xFF, 0xFE],
            code: 3,
            reason: "INVALID_FIELD"
        ),
        Case(
            testDescription: "an id that is none",
            payload: [0x0A, 0x01, 0x78],
            code: 3,
            reason: "INVALID_FIELD"
        ),
        Case(
            testDescription: "an envelope of 4 MiB and 1",
            envelope: [UInt8](repeating: 0, count: 4_194_305),
            code: 8
        ),
        Case(
            testDescription: "an empty batch",
            service: interactions,
            method: "RecordInteractions",
            code: 3,
            reason: "INVALID_FIELD"
        ),
        Case(
            testDescription: "a batch that is none",
            service: interactions,
            method: "RecordInteractions",
            payload: [0x0A, 0x7F],
            code: 3,
            reason: "MALFORMED"
        ),
    ]

    @Test("has its code and reason, and the connection lives", arguments: cases)
    func refused(_ example: Case) throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let wire = try RawConnection(to: daemon)
        let response: Ttrpc_Response
        if let envelope = example.envelope {
            try wire.send(stream: 1, body: envelope)
            let reply = try wire.receive()
            #expect(reply.stream == 1)
            response = reply.response
        } else {
            response = try wire.call(1, example.service, example.method, example.payload)
        }
        #expect(response.status.code == example.code, "\(response.status.message)")
        #expect(response.reason == example.reason, "\(response.status.message)")
        #expect(!response.status.message.isEmpty)
        #expect(response.payload.isEmpty)

        let health = try wire.call(3, "grpc.health.v1.Health", "Check", [])
        #expect(health.status.code == 0)
        #expect(Array(health.payload) == [0x08, 0x01])
        #expect(daemon.kill(SIGTERM) == 0, "\(daemon.logText)")
    }

    @Test("a cursor or a token that this server did not make for this list is refused by reason")
    func cursors() async throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let client = try await OnlineClient.connect(to: daemon.address)
        var ids: [String] = []
        for name in ["An", "Bình"] {
            ids.append(try await client.createBusiness(.with { $0.name = name }).business.id)
        }
        let (mine, theirs) = (ids[0], ids[1])
        let cursor = try await client.pullChanges(.with { $0.businessID = mine }).cursor
        #expect(!cursor.isEmpty)

        var forgeries = [Data([1]), Data(repeating: 0, count: cursor.count), cursor.dropLast()]
        for index in cursor.indices {
            var forged = cursor
            forged[index] ^= 1
            forgeries.append(forged)
        }
        for forged in forgeries {
            await Self.expect(.invalidArgument, "CURSOR_INVALID") {
                _ = try await client.pullChanges(
                    .with {
                        $0.businessID = mine
                        $0.cursor = Data(forged)
                    }
                )
            }
        }
        await Self.expect(.invalidArgument, "CURSOR_SCOPE_MISMATCH") {
            _ = try await client.pullChanges(
                .with {
                    $0.businessID = theirs
                    $0.cursor = cursor
                }
            )
        }
        let token = try await client.listBusinesses(.with { $0.pageSize = 1 }).nextPageToken
        #expect(!token.isEmpty)
        for text in ["x", "00ff", String(token.reversed()), token] {
            await Self.expect(.invalidArgument, "INVALID_FIELD") {
                _ = try await client.listCustomers(
                    .with {
                        $0.filter.businessID = mine
                        $0.pageToken = text
                    }
                )
            }
        }
        await client.close()
        #expect(daemon.kill(SIGTERM) == 0)
    }

    @Test("absurd dates are refused item by item; their neighbours are recorded")
    func dates() async throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let client = try await OnlineClient.connect(to: daemon.address)
        let business = try await client.createBusiness(.with { $0.name = "An" }).business.id
        _ = try await client.createPage(
            .with {
                $0.businessID = business
                $0.channel = .facebook
                $0.externalPageID = "fb1"
                $0.name = "Page"
            }
        )
        let absurd: [Google_Protobuf_Timestamp?] = [
            nil, .init(seconds: .max), .init(seconds: .min), .init(seconds: 253_402_300_800),
            .init(seconds: -62_135_596_801), .init(seconds: 1_780_000_000, nanos: -1),
            .init(seconds: 1_780_000_000, nanos: 1_000_000_000),
        ]
        let times = absurd + [.init(seconds: 1_780_000_000)]
        let reply = try await client.recordInteractions(
            .with { request in
                request.interactions = times.enumerated().map { index, time in
                    .with {
                        $0.channel = .facebook
                        $0.externalPageID = "fb1"
                        $0.eventKey = "m:\(index)"
                        $0.externalUserID = "u"
                        $0.direction = .inbound
                        $0.kind = .message
                        if let time { $0.occurredAt = time }
                    }
                }
            }
        )
        #expect(reply.outcomes.count == times.count)
        for outcome in reply.outcomes.dropLast() {
            #expect(outcome.result == .rejected)
            #expect(outcome.error.reason == "INVALID_FIELD")
            #expect(outcome.error.field == "occurred_at")
        }
        #expect(reply.outcomes.last?.result == .createdCustomer)
        await client.close()
        #expect(daemon.kill(SIGTERM) == 0)
    }

    private static func expect(
        _ code: RPCError.Code,
        _ reason: String,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () async throws -> Void
    ) async {
        do {
            try await body()
            Issue.record("\(reason) expected, no error found", sourceLocation: sourceLocation)
        } catch let error as RPCError {
            #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
            #expect(error.reason == reason, "\(error)", sourceLocation: sourceLocation)
        } catch {
            Issue.record(error, sourceLocation: sourceLocation)
        }
    }
}
