/// Makes opaque tokens that only this server can have made, bound to what they are for.
///
/// A token is its body followed by a tag over context and body. Knows no key: the tag function has
/// it. Opening takes the same time whatever is wrong, and says only that it is wrong.
package struct Seal: Sendable {
    package static let tagBytes = 16

    private let tag: @Sendable ([UInt8]) -> [UInt8]

    /// Creates a seal over a keyed hash; its first 16 bytes are used.
    package init(tag: @escaping @Sendable ([UInt8]) -> [UInt8]) {
        self.tag = tag
    }

    package func seal(_ body: [UInt8], context: [UInt8]) -> [UInt8] {
        body + self.tagOf(body, context: context)
    }

    /// The body, or `nil` when the token was not made here for this context.
    package func open(_ token: [UInt8], context: [UInt8]) -> [UInt8]? {
        guard token.count >= Self.tagBytes else { return nil }

        let body = Array(token.dropLast(Self.tagBytes))
        let expected = self.tagOf(body, context: context)
        var difference: UInt8 = 0
        for (left, right) in zip(token.suffix(Self.tagBytes), expected) {
            difference |= left ^ right
        }
        return difference == 0 ? body : nil
    }

    private func tagOf(_ body: [UInt8], context: [UInt8]) -> [UInt8] {
        var message: [UInt8] = []
        message.appendInteger(UInt64(context.count))
        message.append(contentsOf: context)
        message.append(contentsOf: body)
        return Array(self.tag(message).prefix(Self.tagBytes))
    }
}

extension [UInt8] {
    /// Appends eight bytes, most significant first.
    mutating func appendInteger(_ value: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) {
            self.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }

    /// Reads eight bytes at `offset`, most significant first; the caller checked the length.
    func integer(at offset: Int) -> UInt64 {
        self[offset..<offset + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
