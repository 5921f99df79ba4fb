internal import SwiftProtobuf
internal import TTRPC

extension Message {
    /// Decodes a request, or throws the status that a malformed one is answered with.
    static func request(_ payload: Payload) throws(Status) -> Self {
        do {
            var options = BinaryDecodingOptions()
            options.discardUnknownFields = true
            return try Self(serializedBytes: payload, options: options)
        } catch {
            if case BinaryDecodingError.invalidUTF8 = error,
                let fault = payload.withUnsafeBytes({ InputError.notUTF8(Self.self, in: $0) })
            {
                throw Status(fault)
            }
            throw Status(
                .invalidArgument,
                reason: "MALFORMED",
                "a \(Self.protoMessageName) expected, found bytes that are not one: \(error)"
            )
        }
    }

    /// Encodes a reply.
    func reply() throws(Status) -> Payload {
        do {
            return try self.serializedBytes()
        } catch {
            throw Status(.internal, "a \(Self.protoMessageName) could not be encoded")
        }
    }
}
