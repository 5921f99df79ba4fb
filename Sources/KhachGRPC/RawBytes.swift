internal import GRPCCore
internal import TTRPC

/// Messages as the bytes they are: the methods decode and encode them.
struct RawBytes: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: Payload) -> Bytes {
        message.withUnsafeBytes { Bytes($0) }
    }

    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) -> Payload {
        bytes.withUnsafeBytes { Payload(bytes: $0) }
    }
}
