// The name of a call, by which its caller, an error and the log belong together.

internal import NIOCore

extension Metadata {
    /// The key by which a caller names its call.
    package static let requestIDKey = "x-request-id"
    /// Of the name that a caller gives its call.
    package static let requestIDBytesMax = 64

    /// The name that the caller gave the call, if it gave one that is taken: letters, digits and
    /// `-._:/+=`, so that it stays one word wherever it is repeated.
    package var requestID: String? {
        guard let id = self.only(Self.requestIDKey),
            (1...Self.requestIDBytesMax).contains(id.utf8.count),
            id.utf8.allSatisfy(Self.isOfRequestID)
        else { return nil }

        return id
    }

    private static func isOfRequestID(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "+"),
            UInt8(ascii: "="):
            true
        default: false
        }
    }
}

extension Status {
    private static let requestInfo = "google.rpc.RequestInfo"

    /// The name of the call, as `google.rpc.RequestInfo` among the details tells it.
    package var requestID: String? {
        self.details.lazy.filter { $0.typeURL.split(separator: "/").last == Self.requestInfo[...] }
            .compactMap { Self.firstText($0.value) }.first
    }

    /// The same with the name of its call, unless it has one.
    package func naming(_ requestID: @autoclosure () -> String) -> Status {
        guard self.requestID == nil else { return self }

        var writer = PayloadWriter(capacity: 2 + Metadata.requestIDBytesMax)
        writer.write(requestID(), field: 1)
        var named = self
        named.details.append(
            Detail(
                typeURL: "type.googleapis.com/\(Self.requestInfo)",
                value: Array(writer.payload.buffer.readableBytesView)
            )
        )
        return named
    }

    /// Field 1 of a message, if it is a text.
    private static func firstText(_ message: [UInt8]) -> String? {
        message.withUnsafeBytes { bytes in
            var reader = WireReader(bytes, in: 0..<bytes.count)
            var text: String?
            while let (number, field) = try? reader.next() {
                if case (1, .bytes(let range)) = (number, field) {
                    text = try? bytes.text(at: range)
                }
            }
            return text
        }
    }
}
