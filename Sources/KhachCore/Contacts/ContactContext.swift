/// Reads the words around a number and says what they make of it (domain.md P6, P7).
///
/// Looks at a bounded stretch on either side, whatever the text.
struct ContactContext {
    /// What the nearest telling words before a number say.
    enum Cue {
        case none
        case phone
        case veto
    }

    static let unitsMax = 160
    static let wordsMax = 10

    private let text: CleanText
    private let cues: ContactCues

    init(_ text: CleanText, cues: ContactCues = .vietnamese) {
        self.text = text
        self.cues = cues
    }

    /// What the words that end before `unit` say; the nearest one that says anything decides.
    func cue(before unit: Int) -> Cue {
        let words = self.words(before: unit)
        var rest = words[...]
        var hasNumber = false
        while let phrase = self.cues.phrase(endingWith: rest) {
            switch phrase.meaning {
            case .phone: return .phone
            case .veto, .vetoWithTilde: return .veto
            case .vetoBeforeNumber:
                return hasNumber ? .veto : .none
            case .number: hasNumber = true
            case .filler: break
            }
            rest = rest.dropFirst(phrase.words.count)
        }
        return .none
    }

    /// Whether the text goes on "cũng là sđt", with a bank's name between at most.
    func goesOnAsPhone(after unit: Int) -> Bool {
        let also = VietnameseWord("cung").key
        var words = self.words(after: unit)[...]
        while let word = words.first, word.key != also {
            guard self.isFiller(word) else { return false }

            words = words.dropFirst()
        }
        words = words.dropFirst()
        while let word = words.first {
            // Two words may be one cue: "điện thoại".
            let two = [words.dropFirst().first, word].compactMap(\.self)
            if self.cues.phrase(endingWith: [word])?.meaning == .phone
                || self.cues.phrase(endingWith: two[...])?.meaning == .phone
            {
                return true
            }
            guard self.isFiller(word) else { return false }

            words = words.dropFirst()
        }
        return false
    }

    /// Whether what follows makes an amount of it: đ, vnd, đồng, ₫ (P6).
    func isMoney(after unit: Int) -> Bool {
        var index = unit
        while self.text.isSpace(index), index < unit + 3 { index += 1 }
        if self.text.isAt(index, "₫") { return true }

        let word = self.word(from: index)
        return Self.money.contains(VietnameseWord(self.text, word).key)
    }

    private static let money = Set(["d", "vnd", "dong"].map { VietnameseWord($0).key })

    private func isFiller(_ word: VietnameseWord) -> Bool {
        switch self.cues.phrase(endingWith: [word])?.meaning {
        case .filler, .number, .vetoBeforeNumber: true
        case .phone, .veto, .vetoWithTilde, nil: false
        }
    }

    /// Backwards from `unit` to the end of the sentence, a digit or what is masked.
    private func words(before unit: Int) -> [VietnameseWord] {
        var words: [VietnameseWord] = []
        var index = unit - 1
        let start = max(0, unit - Self.unitsMax)
        while index >= start, words.count < Self.wordsMax {
            switch self.text.kind(index) {
            case .digit, .masked: return words
            case .newline:
                guard self.followsColon(index) else { return words }

                index -= 1
            case .letter, .mark:
                let end = index + 1
                while index >= start, self.text.isWord(index) { index -= 1 }
                words.append(VietnameseWord(self.text, (index + 1)..<end))
            case .other:
                guard !self.endsSentence(index) else { return words }

                index -= 1
            }
        }
        return words
    }

    private func words(after unit: Int) -> [VietnameseWord] {
        var words: [VietnameseWord] = []
        var index = unit
        let end = min(self.text.count, unit + Self.unitsMax)
        while index < end, words.count < Self.wordsMax {
            switch self.text.kind(index) {
            case .digit, .masked, .newline: return words
            case .letter, .mark:
                let word = self.word(from: index)
                words.append(VietnameseWord(self.text, word))
                index = word.upperBound
            case .other: index += 1
            }
        }
        return words
    }

    private func word(from index: Int) -> Range<Int> {
        var end = index
        while self.text.isWord(end), end < index + Self.unitsMax { end += 1 }
        return index..<end
    }

    private func endsSentence(_ index: Int) -> Bool {
        switch self.text.scalar(index) {
        case 0x2C, 0x3B, 0x21, 0x3F: true  // , ; ! ?
        case 0x2E: self.text.isSpace(index + 1)
        default: false
        }
    }

    private func followsColon(_ newline: Int) -> Bool {
        var index = newline - 1
        while self.text.isSpace(index) || (index >= 0 && self.text.kind(index) == .newline) {
            guard index > newline - 8 else { return false }

            index -= 1
        }
        return self.text.isAt(index, ":")
    }
}
