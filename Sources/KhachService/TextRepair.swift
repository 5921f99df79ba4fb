internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// Replaces invalid UTF-8 in the free texts of what a channel says (domain.md N9: never rejected).
///
/// protobuf demands valid UTF-8 of a string, and a decoder refuses the whole message for one bad
/// byte; a platform's text is not worth an interaction. Identifiers are not repaired: two different
/// ones could become the same.
struct TextRepair<Item: Message> {
    private let fields: Set<UInt64>

    /// The item of these bytes, its texts made valid.
    ///
    /// Throws `InputError` when an identifier is not UTF-8, and a decoder's error when the bytes
    /// are no such item.
    func decoded(_ item: UnsafeRawBufferPointer) throws -> Item {
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        do {
            return try Item(serializedBytes: Payload(bytes: item), options: options)
        } catch BinaryDecodingError.invalidUTF8 {
            guard let repaired = self.repaired(item) else { throw BinaryDecodingError.invalidUTF8 }

            do {
                return try Item(serializedBytes: repaired, options: options)
            } catch BinaryDecodingError.invalidUTF8 {
                let fault = repaired.withUnsafeBytes { InputError.notUTF8(Item.self, in: $0) }
                throw fault ?? BinaryDecodingError.invalidUTF8
            }
        }
    }

    /// The item with its texts made valid, or `nil` when it is not a protobuf message.
    private func repaired(_ item: UnsafeRawBufferPointer) -> Payload? {
        var writer = PayloadWriter(capacity: item.count + 64)
        var reader = FieldReader(item)
        var copied = 0
        while let field = reader.next() {
            guard case .bytes(let range) = field.value, self.fields.contains(field.number) else {
                continue
            }

            writer.append(UnsafeRawBufferPointer(rebasing: item[copied..<field.start]))
            let text = String(decoding: item[range], as: UTF8.self)
            writer.write(text.utf8, field: Int(field.number))
            copied = range.upperBound
        }
        guard !reader.isMalformed else { return nil }

        writer.append(UnsafeRawBufferPointer(rebasing: item[copied...]))
        return writer.payload
    }
}

extension TextRepair<Khach_V1_Interaction> {
    /// `text`, `name_hint`, `username_hint`, `phone_hint`.
    static let interaction = Self(fields: [10, 11, 13, 16])
}

extension TextRepair<Khach_V1_ProfileObservation> {
    /// `name`, `username`, `phone`.
    static let profile = Self(fields: [5, 7, 8])
}
