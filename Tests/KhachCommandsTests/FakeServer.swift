internal import Foundation
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import Synchronization
internal import TTRPC

@testable internal import KhachCommands

/// Answers calls in place of a server, and remembers them and what was written.
final class FakeServer: Sendable {
    struct Call: Hashable, Sendable {
        var path: String
        var request: [UInt8]
        var metadata = Metadata()
    }

    private let recorded = Mutex<[Call]>([])
    private let written = Mutex<(out: String, error: String)>(("", ""))
    private let answer: @Sendable (String, Payload) throws(Status) -> Payload
    private let stream: Streams

    /// Begins a stream: gives what yields its messages.
    typealias Streams =
        @Sendable (String, Payload) throws(Status) -> @Sendable () throws(Status) -> Payload?

    init(
        _ answer: @escaping @Sendable (String, Payload) throws(Status) -> Payload,
        stream: @escaping Streams = { _, _ throws(Status) in
            throw Status(.unimplemented, "a stream expected, none found")
        }
    ) {
        self.answer = answer
        self.stream = stream
    }

    var calls: [Call] { self.recorded.withLock { $0 } }
    var out: String { self.written.withLock { $0.out } }
    var error: String { self.written.withLock { $0.error } }

    var client: OnlineClient {
        OnlineClient(
            transport: Transport(
                call: { (service, method, payload, metadata, _) async throws(Status) -> Payload in
                    try self.answer(self.record(service, method, payload, metadata), payload)
                },
                stream: {
                    (
                        service,
                        method,
                        payload,
                        metadata,
                        _
                    ) async throws(Status)
                        -> Transport.Next in
                    let path = self.record(service, method, payload, metadata)
                    let next = try self.stream(path, payload)
                    return { () async throws(Status) -> Payload? in try next() }
                }
            )
        )
    }

    private func record(
        _ service: String,
        _ method: String,
        _ payload: Payload,
        _ metadata: Metadata
    ) -> String {
        let path = "\(service)/\(method)"
        let call = Call(path: path, request: payload.bytes, metadata: metadata)
        self.recorded.withLock { $0.append(call) }
        return path
    }

    /// Runs a command line against this server.
    ///
    /// - Parameter answer: what the person at the terminal types; `nil` when nobody is there.
    func run(
        _ arguments: [String],
        input: String = "",
        environment: [String: String] = [:],
        answer: String? = nil
    ) async -> Int32 {
        let rest = Mutex(Array(input.utf8))
        let surroundings = Surroundings(
            environment: environment,
            console: Console(
                write: { text in self.written.withLock { $0.out += text } },
                writeError: { text in self.written.withLock { $0.error += text } },
                showsProgress: false,
                width: { 100 }
            ),
            connect: { (_, _, _, _) async throws(RPCError) -> OnlineClient in self.client },
            readInput: {
                rest.withLock { bytes in
                    defer { bytes = [] }
                    return bytes
                }
            },
            userName: { "login" },
            canAsk: answer != nil,
            answer: { answer ?? "" },
            now: { 0 }
        )
        return await Surroundings.$current.withValue(surroundings) {
            await CommandLineTool.run(arguments)
        }
    }

    static func encoded(_ message: some Message) -> Payload {
        Payload(bytes: (try? message.serializedBytes() as [UInt8]) ?? [])
    }
}
