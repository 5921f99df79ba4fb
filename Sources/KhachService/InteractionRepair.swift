internal import TTRPC

/// Replaces invalid UTF-8 in the free texts of an interaction (domain.md N9: never rejected).
///
/// protobuf demands valid UTF-8 of a string, and a decoder refuses the whole message for one bad
/// byte; a platform's text is not worth an interaction. Identifiers are not repaired: two different
/// ones could become the same.
enum InteractionRepair {
    /// `text`, `name_hint`, `username_hint`.
    private static let fields: Set<UInt64> = [10, 11, 13]

    /// The item with its texts made valid, or `nil` when it is not a protobuf message.
    static func repaired(_ item: UnsafeRawBufferPointer) -> Payload? {
        var writer = PayloadWriter(capacity: item.count + 64)
        var reader = FieldReader(item)
        var copied = 0
        while let field = reader.next() {
            guard case .bytes(let range) = field.value, Self.fields.contains(field.number) else {
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
