/// A word as cues are compared: without case, without diacritics, at most 16 letters.
struct VietnameseWord: Hashable, Sendable {
    static let lettersMax = 16

    /// One byte a letter; 0 when the word is none of ours: too long, or of another script.
    private(set) var key: UInt128 = 0
    /// Tells *mã* (code) from *má* (mother), which fold to the same letters.
    private(set) var hasTilde = false

    private var letters = 0

    init() {}

    /// A word of our tables.
    init(_ text: some StringProtocol) {
        for scalar in text.unicodeScalars { self.append(scalar.value) }
    }

    /// The word that `units` of the text spell, composed or decomposed.
    init(_ text: CleanText, _ units: Range<Int>) {
        for index in units { self.append(text.units[index].scalar) }
    }

    private mutating func append(_ scalar: UInt32) {
        if (0x300...0x36F).contains(scalar) {
            self.hasTilde = self.hasTilde || scalar == 0x303
            return
        }
        let folded = Self.fold(scalar)
        self.letters += 1
        guard folded != 0, self.letters <= Self.lettersMax, self.letters == 1 || self.key != 0
        else {
            self.key = 0
            self.letters = Self.lettersMax
            return
        }

        self.hasTilde = self.hasTilde || folded & Self.tilde != 0
        self.key = self.key << 8 | UInt128(folded & ~Self.tilde)
    }

    private static let tilde: UInt8 = 0x80
    private static let tableStart: UInt32 = 0xC0

    private static func fold(_ scalar: UInt32) -> UInt8 {
        switch scalar {
        case 0x61...0x7A: UInt8(scalar)
        case 0x41...0x5A: UInt8(scalar) | 0x20
        case Self.tableStart..<(Self.tableStart + UInt32(Self.table.count)):
            Self.table[Int(scalar - Self.tableStart)]
        default: 0
        }
    }

    /// The letter, and its forms with grave, acute, hook, tilde and dot below.
    private static let rows = """
        a àáảãạ ăằắẳẵặ âầấẩẫậ
        d đð
        e èéẻẽẹ êềếểễệ
        i ìíỉĩị
        o òóỏõọ ôồốổỗộ ơờớởỡợ
        u ùúủũụ ưừứửữự
        y ỳýỷỹỵ
        """
    private static let withTilde: Set<Unicode.Scalar> = Set("ãẵẫẽễĩõỗỡũữỹ".unicodeScalars)

    private static let table: [UInt8] = {
        var table = [UInt8](repeating: 0, count: 0x1EFF - 0xC0)
        for row in Self.rows.split(separator: "\n") {
            let forms = row.unicodeScalars.filter { $0 != " " }
            guard let letter = forms.first else { continue }

            for form in forms.dropFirst() {
                let folded = UInt8(letter.value) | (Self.withTilde.contains(form) ? Self.tilde : 0)
                for scalar in [form] + form.properties.uppercaseMapping.unicodeScalars {
                    table[Int(scalar.value - Self.tableStart)] = folded
                }
            }
        }
        return table
    }()
}
