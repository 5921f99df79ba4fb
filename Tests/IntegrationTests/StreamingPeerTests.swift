internal import Foundation
internal import TTRPC
internal import TTRPCNIO
internal import Testing

/// The Swift client against `ttrpc-testd`, another process: the conversations of the golden
/// vectors, message by message.
@Suite("Calls whose caller streams, between processes", .timeLimit(.minutes(15)))
struct StreamingPeerTests {
    private static let service = "ttrpc.integration.streaming.Streaming"

    private static func withClient(_ body: (Client) async throws -> Void) async throws {
        let daemon = try Daemon("ttrpc-testd", ["tcp:127.0.0.1:0"])
        let client = try await Client.connect(address: try Address(daemon.address))
        try await body(client)
        await client.close()
        #expect(daemon.kill(SIGTERM) == 0)
    }

    @Test("S3: a sum of 3, nothing and 4")
    func clientStream() async throws {
        try await Self.withClient { client in
            let call = try await client.clientStream(Self.service, "SumStream")
            for bytes: [UInt8] in [[8, 3], [], [8, 4]] {
                try await call.requests.send(Payload(bytes: bytes))
            }
            #expect(try await call.response().bytes == [8, 7, 0x10, 3])
        }
    }

    @Test("S1: two messages each way, and a clean end")
    func bidirectional() async throws {
        try await Self.withClient { client in
            let call = try await client.bidirectionalStream(Self.service, "EchoStream")
            for seq: UInt8 in 1...2 {
                try await call.requests.send(Payload(bytes: [8, seq, 0x12, 2, 0x68, 0x69]))
                let answer = try await call.responses.next()
                #expect(answer?.bytes == [8, seq + 1, 0x12, 2, 0x68, 0x69])
            }
            call.requests.finish()
            #expect(try await call.responses.next() == nil)
        }
    }

    @Test("S2: ended by the server with a status")
    func aborted() async throws {
        try await Self.withClient { client in
            let call = try await client.bidirectionalStream(Self.service, "EchoStream")
            let fail = Array("fail".utf8)
            try await call.requests.send(Payload(bytes: [8, 1, 0x12, 4] + fail))
            let error = await #expect(throws: Status.self) { try await call.responses.next() }
            #expect(error == Status(.aborted, "stream aborted by server"))
        }
    }
}
