/// A text as the rules read it: scalars that can be seen, each with its place in the original
/// (domain.md P1).
///
/// Zero-width characters, variation selectors and keycap marks are gone; wide and mathematical
/// characters are ASCII; every space is one. Decomposed letters stay decomposed: `VietnameseWord`
/// folds marks away where words are compared.
struct CleanText {
    enum Kind: UInt8 {
        case digit
        /// A letter of any script, and a digit of another script.
        case letter
        case mark
        case newline
        case other
        /// Taken by an e-mail address or a URL: no rule reads it again (P2).
        case masked
    }

    struct Unit {
        var scalar: UInt32
        /// The byte of the original at which it starts.
        var offset: UInt32
        var kind: Kind
    }

    private(set) var units: [Unit]
    private let byteCount: Int

    /// Reads valid UTF-8.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.byteCount = bytes.count
        self.units = []
        self.units.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let (scalar, length) = Self.decode(bytes, at: index)
            if let unit = Self.unit(scalar, at: index) { self.units.append(unit) }
            index += length
        }
    }

    var count: Int { self.units.count }

    /// The scalar of a unit; 0, which is neither letter nor separator, outside of the text.
    func scalar(_ index: Int) -> UInt32 {
        self.units.indices.contains(index) ? self.units[index].scalar : 0
    }

    /// The kind of a unit; a newline outside of the text, since nothing crosses its ends.
    func kind(_ index: Int) -> Kind {
        self.units.indices.contains(index) ? self.units[index].kind : .newline
    }

    func isAt(_ index: Int, _ character: Unicode.Scalar) -> Bool {
        self.scalar(index) == character.value
    }

    func isSpace(_ index: Int) -> Bool { self.isAt(index, " ") }

    func isUpperCase(_ index: Int) -> Bool {
        guard self.kind(index) == .letter, let scalar = Unicode.Scalar(self.scalar(index)) else {
            return false
        }
        guard !scalar.isASCII else { return ("A"..."Z").contains(scalar) }

        return scalar.properties.isUppercase
    }

    /// A letter of a word, or a mark on one.
    func isWord(_ index: Int) -> Bool {
        self.kind(index) == .letter || self.kind(index) == .mark
    }

    /// The bytes of the original that `units` came from; what was dropped belongs to the unit
    /// before it.
    func bytes(of units: Range<Int>) -> Range<Int> {
        let end =
            units.upperBound < self.count
            ? Int(self.units[units.upperBound].offset) : self.byteCount
        return Int(self.units[units.lowerBound].offset)..<end
    }

    mutating func mask(_ units: Range<Int>) {
        for index in units { self.units[index].kind = .masked }
    }

    /// Reads `o` as zero where it is the start of a word and stands before a digit (P1).
    ///
    /// E-mail addresses are masked before, and keep their letters.
    mutating func readLetterZeros() {
        for index in self.units.indices.dropLast() where self.units[index].kind == .letter {
            let scalar = self.units[index].scalar
            guard scalar == 0x6F || scalar == 0x4F, self.units[index + 1].kind == .digit,
                !self.isWord(index - 1), self.kind(index - 1) != .digit
            else { continue }

            self.units[index].scalar = 0x30
            self.units[index].kind = .digit
        }
    }

    private static func unit(_ scalar: UInt32, at offset: Int) -> Unit? {
        guard let scalar = scalar < 0x80 ? scalar : Self.simplified(scalar) else { return nil }

        return Unit(scalar: scalar, offset: UInt32(offset), kind: Self.kind(of: scalar))
    }

    /// What a scalar above ASCII reads as; `nil` when it is not to be seen.
    private static func simplified(_ scalar: UInt32) -> UInt32? {
        switch scalar {
        case 0xAD, 0x180E, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0x2066...0x2069,
            0x20E3, 0xFE00...0xFE0F, 0xFEFF, 0xE0100...0xE01EF:
            nil
        case 0xA0, 0x1680, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: 0x20
        case 0xFF01...0xFF5E: scalar - 0xFF01 + 0x21
        case 0x1D7CE...0x1D7FF: (scalar - 0x1D7CE) % 10 + 0x30
        default: scalar
        }
    }

    private static func kind(of scalar: UInt32) -> Kind {
        switch scalar {
        case 0x30...0x39: .digit
        case 0x41...0x5A, 0x61...0x7A: .letter
        case 0x0A...0x0D, 0x85, 0x2028, 0x2029: .newline
        case 0..<0xAA: .other
        case 0xC0...0x24F, 0x1E00...0x1EFF: scalar == 0xD7 || scalar == 0xF7 ? .other : .letter
        case 0x300...0x36F: .mark
        case 0x2010...0x2070, 0x1F000...0x1FAFF: .other
        default: Self.kindByCategory(scalar)
        }
    }

    private static func kindByCategory(_ scalar: UInt32) -> Kind {
        guard let properties = Unicode.Scalar(scalar)?.properties else { return .other }

        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .decimalNumber, .letterNumber:
            return .letter
        case .nonspacingMark, .spacingMark, .enclosingMark: return .mark
        default: return .other
        }
    }

    private static func decode(
        _ bytes: UnsafeBufferPointer<UInt8>,
        at index: Int
    ) -> (scalar: UInt32, length: Int) {
        let lead = bytes[index]
        guard lead >= 0x80 else { return (UInt32(lead), 1) }

        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        var scalar = UInt32(lead) & (0xFF >> UInt32(length + 1))
        for next in bytes[(index + 1)..<min(index + length, bytes.count)] {
            scalar = scalar << 6 | UInt32(next & 0x3F)
        }
        return (scalar, length)
    }
}
