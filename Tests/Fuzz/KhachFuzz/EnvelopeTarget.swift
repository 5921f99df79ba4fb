internal import Foundation
internal import KhachProto
internal import NIOCore
internal import SwiftProtobuf
internal import TTRPC

/// An envelope that is read is what the generated decoder reads, and the same when it is written
/// and read again; one that cannot be read is told so with a code.
///
/// The first byte says which: 0 a request, 1 a response, 2 an extension of the next byte's kind.
enum EnvelopeTarget {
    static func check(_ bytes: [UInt8]) throws {
        guard let first = bytes.first else { return }

        let body = ByteBuffer(bytes: bytes.dropFirst())
        switch first % 3 {
        case 0: try self.checkRequest(body)
        case 1: try self.checkResponse(body)
        default: try self.checkExtension(body)
        }
    }

    private static func checkRequest(_ body: ByteBuffer) throws {
        let request: Request
        do throws(Status) {
            request = try Request(decoding: body)
        } catch {
            let codes: [Status.Code] = [.invalidArgument, .resourceExhausted]
            try holds(codes.contains(error.code), "a request is refused as such: \(error)")
            return
        }

        let limits = Limits()
        try holds(
            request.metadata.entries.count <= limits.metadataEntriesMax,
            "metadata is bounded"
        )
        try holds(try Request(decoding: request.encoded()) == request, "it comes back")
        let generated = try self.generated(Ttrpc_Request.self, body)
        try holds(Array(generated.service.utf8) == self.bytes(request.service), "service")
        try holds(Array(generated.method.utf8) == self.bytes(request.method), "method")
        try holds(Array(generated.payload) == request.payload.bytes, "payload")
        try holds(generated.timeoutNano == request.timeoutNanoseconds, "timeout")
        try holds(
            generated.metadata.map { Metadata.Entry(key: $0.key, value: $0.value) }
                == request.metadata.entries,
            "metadata"
        )
    }

    private static func checkResponse(_ body: ByteBuffer) throws {
        let response: Response
        do throws(Status) {
            response = try Response(decoding: body)
        } catch {
            try holds(error.code == .internal, "a response is refused as such: \(error)")
            return
        }

        try holds(try Response(decoding: response.encoded()) == response, "it comes back")
        let generated = try self.generated(Ttrpc_Response.self, body)
        let code = Status.Code(rawValue: generated.status.code) ?? .unknown
        try holds((response.status?.code ?? .ok) == code, "code")
        try holds(Array(generated.payload) == response.payload.bytes, "payload")
        if let status = response.status {
            try holds(generated.status.message == status.message, "message")
            try holds(generated.status.details.count == status.details.count, "details")
            try holds(try Status(decoding: status.encoded()) == status, "a status comes back")
        }
    }

    private static func checkExtension(_ body: ByteBuffer) throws {
        var body = body
        guard let kind: UInt8 = body.readInteger() else { return }

        let frame = Frame(stream: .connection, kind: Frame.Kind(kind), body: body)
        if let hello = Hello(frame) {
            try holds(hello.version > 0, "a greeting has a version")
            let again = hello.frame
            if again.body.readableBytes <= Limits.helloBytesMax {
                try holds(Hello(again) == hello, "a greeting comes back")
            }
        }
        if let ping = Ping(frame) {
            try holds(Ping(ping.answer.frame)?.mark == ping.mark, "a ping comes back")
        }
        if let goAway = GoAway(frame) {
            let again = GoAway(goAway.frame)
            try holds(again?.lastStream == goAway.lastStream, "the last call comes back")
            // A byte that is no UTF-8 becomes a character of three.
            try holds(goAway.text.utf8.count <= 3 * Limits.echoBytesMax, "the text is bounded")
        }
    }

    private static func generated<Envelope: Message>(
        _ kind: Envelope.Type,
        _ body: ByteBuffer
    ) throws(Finding) -> Envelope {
        do {
            return try Envelope(serializedBytes: self.bytes(body))
        } catch {
            throw Finding(description: "the generated decoder reads what is read here: \(error)")
        }
    }

    private static func bytes(_ buffer: ByteBuffer) -> [UInt8] { Array(buffer.readableBytesView) }
}
