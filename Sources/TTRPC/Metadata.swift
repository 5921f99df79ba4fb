/// Keys and values that travel beside a request, in order; a key may occur more than once.
///
/// Keys are compared without regard to ASCII case, as the wire leaves case to the sender
/// (wire.md §1.5).
package struct Metadata: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package var key: String
        package var value: String

        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    package var entries: [Entry]

    package init(_ entries: [Entry] = []) {
        self.entries = entries
    }

    /// The first value of `key`.
    package subscript(key: String) -> String? {
        self.entries.first { Self.isSame($0.key, key) }?.value
    }

    /// The value of `key`, unless it occurs more than once.
    package func only(_ key: String) -> String? {
        var found: String?
        for entry in self.entries where Self.isSame(entry.key, key) {
            guard found == nil else { return nil }

            found = entry.value
        }
        return found
    }

    private static func isSame(_ left: String, _ right: String) -> Bool {
        left.utf8.elementsEqual(right.utf8) { self.lowered($0) == self.lowered($1) }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
