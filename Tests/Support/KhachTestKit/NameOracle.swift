internal import CKhachText
internal import Foundation

/// Which names a query finds, and in which order, straight from the rules (domain.md §4.8): classes
/// 1 to 4, and with diacritics first inside a class when the query has them.
///
/// Shares nothing with the index but the folding.
struct NameOracle {
    private let folded: String
    private let tokens: [Substring]
    private let plain: String
    private let hasMarks: Bool

    init(_ query: String) {
        self.folded = Self.folded(query)
        self.tokens = self.folded.split(separator: " ")
        self.plain = Self.cleaned(query)
        self.hasMarks = Self.cleaned(query).unicodeScalars.contains { scalar in
            scalar == "đ" || scalar == "Đ"
                || String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars.contains {
                    $0.properties.generalCategory == .nonspacingMark
                }
        }
    }

    /// 0 for none; otherwise twice the class, less one for a name with the query's marks.
    func rank(of name: String) -> Int32 {
        // A flower is compared as it stands.
        guard !self.tokens.isEmpty else { return Self.contains(name, self.plain) ? 2 : 0 }

        let placement = self.placement(of: Self.folded(name))
        guard placement > 0, self.hasMarks,
            Self.contains(name.lowercased(), self.plain.lowercased())
        else { return Int32(placement * 2) }

        return Int32(placement * 2 - 1)
    }

    private func placement(of name: String) -> Int {
        if name == self.folded { return 1 }
        if name.utf8.starts(with: self.folded.utf8) { return 2 }
        let words = name.split(separator: " ")
        if Self.isInOrder(self.tokens[...], words[...]) { return 3 }
        return Self.isInAnyOrder(self.tokens[...], words) ? 4 : 0
    }

    private static func isInOrder(
        _ tokens: ArraySlice<Substring>,
        _ words: ArraySlice<Substring>
    ) -> Bool {
        guard let token = tokens.first else { return true }

        return words.indices.contains { index in
            words[index].utf8.starts(with: token.utf8)
                && self.isInOrder(tokens.dropFirst(), words[(index + 1)...])
        }
    }

    private static func isInAnyOrder(
        _ tokens: ArraySlice<Substring>,
        _ words: [Substring]
    ) -> Bool {
        guard let token = tokens.first else { return true }

        return words.indices.contains { index in
            guard words[index].utf8.starts(with: token.utf8) else { return false }

            var rest = words
            rest.remove(at: index)
            return self.isInAnyOrder(tokens.dropFirst(), rest)
        }
    }

    private static func contains(_ text: String, _ part: String) -> Bool {
        let text = Array(text.precomposedStringWithCanonicalMapping.utf8)
        let part = Array(part.precomposedStringWithCanonicalMapping.utf8)
        guard part.count <= text.count else { return false }

        return (0...(text.count - part.count)).contains { text[$0...].starts(with: part) }
    }

    private static func cleaned(_ text: String) -> String {
        text.precomposedStringWithCanonicalMapping.trimmingCharacters(in: .whitespaces)
    }

    static func folded(_ text: String) -> String {
        var out: UnsafeMutablePointer<CChar>?
        var count = 0
        guard khach_text_fold(&out, &count, text, text.utf8.count) == 0, let out else { return "" }

        defer { khach_text_free(out) }
        return String(cString: out)
    }
}
