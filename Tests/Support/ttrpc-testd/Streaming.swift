internal import NIOCore
internal import StreamingProto
internal import SwiftProtobuf
internal import TTRPC

private typealias EchoPayload = Ttrpc_Integration_Streaming_EchoPayload
private typealias Part = Ttrpc_Integration_Streaming_Part
private typealias Sum = Ttrpc_Integration_Streaming_Sum

/// The methods of `ttrpc.integration.streaming.Streaming`.
enum Streaming {
    private static let service = "ttrpc.integration.streaming.Streaming"

    static var methods: MethodTable {
        var table = MethodTable()
        table.add(
            self.service,
            "Echo",
            .inPlaceOrTask(
                { _, payload in EchoAgain.answer(to: payload.buffer).map { Payload($0) } },
                { context, payload async throws(Status) in
                    try await Self.echo(context, payload)
                }
            )
        )
        table.add(
            self.service,
            "DivideStream",
            .serverStreaming { _, payload, responses async throws(Status) in
                let sum: Sum = try Self.message(payload)
                guard sum.num > 0 else {
                    throw Status(.invalidArgument, "a positive number expected, found \(sum.num)")
                }

                for _ in 0..<sum.num {
                    let part = Part.with { $0.add = sum.sum / sum.num }
                    try await responses.send(try Self.payload(part))
                }
            }
        )
        table.add(
            self.service,
            "EmptyPayloadStream",
            .serverStreaming { _, _, responses async throws(Status) in
                for seq: UInt32 in 1...2 {
                    try await responses.send(try Self.payload(EchoPayload.with { $0.seq = seq }))
                }
            }
        )
        table.add(
            self.service,
            "SumStream",
            .clientStreaming { _, requests async throws(Status) in
                var sum = Sum()
                while let payload = try await requests.next() {
                    let part: Part = try Self.message(payload)
                    sum.sum &+= part.add
                    sum.num += 1
                }
                return try Self.payload(sum)
            }
        )
        table.add(
            self.service,
            "EchoStream",
            .bidirectional { _, requests, responses async throws(Status) in
                while let payload = try await requests.next() {
                    var message: EchoPayload = try Self.message(payload)
                    if message.msg == "fail" {
                        throw Status(.aborted, "stream aborted by server")
                    }
                    message.seq &+= 1
                    try await responses.send(try Self.payload(message))
                }
            }
        )
        return table
    }

    /// The messages that ask for more than an echo, and those `EchoAgain` did not know.
    private static func echo(
        _ context: CallContext,
        _ payload: Payload
    ) async throws(Status) -> Payload {
        var message: EchoPayload = try self.message(payload)
        if message.msg == "meta" {
            message.msg = self.describe(context)
            return try self.payload(message)
        }
        if message.msg == "fail:" { throw self.notFound }
        if message.msg.hasPrefix("sleep:") {
            guard let duration = Duration(goText: message.msg.dropFirst(6)) else {
                throw Status(.invalidArgument, "a duration expected, found \"\(message.msg)\"")
            }

            do {
                try await Task.sleep(for: duration)
            } catch {
                throw Status(.cancelled, "context canceled")
            }
        }
        message.seq &+= 1
        return try self.payload(message)
    }

    /// As Go prints a map of lists.
    private static func describe(_ context: CallContext) -> String {
        let keys = Set(context.metadata.entries.map(\.key)).sorted()
        let lists = keys.map { key in
            let values = context.metadata.entries.filter { $0.key == key }.map(\.value)
            return "\(key):[\(values.joined(separator: " "))]"
        }
        let map = "map[\(lists.joined(separator: " "))]"
        guard let deadline = context.deadline else { return map }

        let now = NIODeadline.now().uptimeNanoseconds
        let left = deadline.nanoseconds - min(now, deadline.nanoseconds)
        return "\(map) deadline~\((left + 500_000_000) / 1_000_000_000)s"
    }

    /// The error of golden vector U3.
    private static var notFound: Status {
        var info = PayloadWriter()
        info.write("CUSTOMER_NOT_FOUND", field: 1)
        info.write("crm.example.com", field: 2)
        var entry = PayloadWriter()
        entry.write("id", field: 1)
        entry.write("42", field: 2)
        info.write(entry.payload.bytes, field: 3)
        return Status(
            .notFound,
            "customer 42 not found",
            details: [
                Status.Detail(
                    typeURL: "type.googleapis.com/google.rpc.ErrorInfo",
                    value: info.payload.bytes
                )
            ]
        )
    }

    private static func message<M: Message>(_ payload: Payload) throws(Status) -> M {
        do {
            return try M(serializedBytes: payload)
        } catch {
            throw Status(.invalidArgument, "the payload is not a \(M.protoMessageName)")
        }
    }

    private static func payload(_ message: some Message) throws(Status) -> Payload {
        do {
            return try message.serializedBytes()
        } catch {
            throw Status(.internal, "the answer cannot be encoded")
        }
    }
}

extension Duration {
    /// Reads "2s" or "200ms".
    init?(goText text: some StringProtocol) {
        if text.hasSuffix("ms"), let number = Int(text.dropLast(2)) {
            self = .milliseconds(number)
        } else if text.hasSuffix("s"), let number = Int(text.dropLast(1)) {
            self = .seconds(number)
        } else {
            return nil
        }
    }
}
