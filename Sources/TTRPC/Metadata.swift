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
        self.entries.first { $0.key.lowercased() == key.lowercased() }?.value
    }
}
