internal import GRPCCore
internal import TTRPC

/// Messages as the bytes they are: the methods decode and encode them.
struct RawBytes: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: Payload) -> Bytes {
        message.withUnsafeBytes { Bytes($0) }
    }

    /// Judges the length here: what the transport finds too long it resets without a word.
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> Payload {
        try bytes.withUnsafeBytes { bytes in
            guard bytes.count <= Limits.frameBodyBytesMax else {
                throw TTRPC.Status(
                    .resourceExhausted,
                    "a message of at most \(Limits.frameBodyBytesMax) bytes expected, "
                        + "found \(bytes.count)"
                ).overGRPC
            }

            return Payload(bytes: bytes)
        }
    }
}
