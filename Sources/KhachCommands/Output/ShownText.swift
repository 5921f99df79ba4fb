/// Text that came from outside, made fit for a terminal: how wide it is, and nothing that could
/// move the cursor.
///
/// Widths are those of common terminals: marks take no column, East Asian wide characters and
/// emoji take two.
enum ShownText {
    /// The text with control and direction-changing characters as spaces, on one line.
    static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: Self.isDangerous) else { return text }

        return String(
            String.UnicodeScalarView(text.unicodeScalars.map { Self.isDangerous($0) ? " " : $0 })
        )
    }

    /// How many columns the text takes.
    static func width(_ text: String) -> Int {
        text.reduce(0) { $0 + Self.width($1) }
    }

    /// The text in exactly `columns` columns: cut with an ellipsis, or filled with spaces.
    static func fitted(_ text: String, columns: Int, isTrailing: Bool = false) -> String {
        let shown = Self.cut(text, columns: columns)
        let space = String(repeating: " ", count: max(0, columns - Self.width(shown)))
        return isTrailing ? space + shown : shown + space
    }

    /// The text in at most `columns` columns, with an ellipsis where it was cut.
    static func cut(_ text: String, columns: Int) -> String {
        guard Self.width(text) > columns else { return text }

        var kept = ""
        var width = 0
        for character in text {
            let next = width + Self.width(character)
            guard next < columns else { break }

            kept.append(character)
            width = next
        }
        return columns > 0 ? kept + "…" : ""
    }

    private static func width(_ character: Character) -> Int {
        let scalars = character.unicodeScalars
        guard let first = scalars.first else { return 0 }
        guard !Self.isMark(first) else { return 0 }

        let isEmoji =
            scalars.contains { $0.value == 0xFE0F } || first.properties.isEmojiPresentation
        return isEmoji || Self.isWide(first.value) ? 2 : 1
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: true
        default: false
        }
    }

    /// East Asian Wide and Fullwidth, by block.
    private static func isWide(_ value: UInt32) -> Bool {
        switch value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
            0xA000...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x20000...0x3FFFD:
            true
        default: false
        }
    }

    private static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x200E, 0x200F, 0x202A...0x202E,
            0x2066...0x2069:
            true
        default: false
        }
    }
}
