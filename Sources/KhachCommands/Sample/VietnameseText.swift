/// Vietnamese letters without their marks, as people type them in a hurry.
///
/// For making samples only: searching has its own folding (domain.md §4.8).
enum VietnameseText {
    /// The text with every Vietnamese letter replaced by the plain letter under its marks.
    static func withoutDiacritics(_ text: String) -> String {
        var plain = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            plain.append(scalar.isASCII ? scalar : Self.letters[scalar] ?? scalar)
        }
        return String(plain)
    }

    private static let letters: [Unicode.Scalar: Unicode.Scalar] = {
        let rows: [(plain: Unicode.Scalar, marked: String)] = [
            ("a", "àáảãạăằắẳẵặâầấẩẫậ"), ("e", "èéẻẽẹêềếểễệ"), ("i", "ìíỉĩị"),
            ("o", "òóỏõọôồốổỗộơờớởỡợ"), ("u", "ùúủũụưừứửữự"), ("y", "ỳýỷỹỵ"), ("d", "đ"),
        ]
        var letters: [Unicode.Scalar: Unicode.Scalar] = [:]
        for row in rows {
            let capital = Unicode.Scalar(row.plain.value - 32) ?? row.plain
            for scalar in row.marked.unicodeScalars { letters[scalar] = row.plain }
            for scalar in row.marked.uppercased().unicodeScalars { letters[scalar] = capital }
        }
        return letters
    }()
}
