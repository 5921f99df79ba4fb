/// Finds phone numbers in a text whose links and e-mail addresses are masked (domain.md §4.6).
///
/// Walks the digit groups once. From each it joins at most `PhoneDigits.countMax` digits, so the
/// work is linear in the text; questions to the validity function are counted and bounded.
struct PhoneScan {
    struct Phone {
        var value: String
        var units: Range<Int>
        var rule: ContactRule
    }

    private let text: CleanText
    private let groups: DigitGroups
    private let context: ContactContext
    private let forms: PhoneForms
    private let isValid: (String) -> Bool
    private let validationsMax: Int

    private(set) var phones: [Phone] = []
    private(set) var effort = ContactEffort()
    /// What the validity function said of a number in this text.
    private var answers: [PhoneDigits: Bool] = [:]

    init(
        _ text: CleanText,
        links: ContactLinks,
        plan: NumberingPlan,
        validationsMax: Int,
        isValid: @escaping (String) -> Bool
    ) {
        self.text = text
        self.groups = DigitGroups(text, links: links)
        self.context = ContactContext(text)
        self.forms = PhoneForms(plan: plan)
        self.isValid = isValid
        self.validationsMax = validationsMax
    }

    /// Takes the shortest number from each group on, and goes on after it.
    mutating func run() {
        self.effort.steps += self.groups.steps
        var index = 0
        while index < self.groups.groups.count {
            guard let candidate = self.candidate(at: index) else {
                index += 1
                continue
            }

            if self.isPartOfLonger(candidate) {
                index = self.endOfLonger(candidate)
                continue
            }
            if !self.isVetoed(candidate) {
                self.phones.append(
                    Phone(
                        value: candidate.number.e164,
                        units: self.units(of: candidate),
                        rule: candidate.rule
                    )
                )
            }
            index = candidate.groups.upperBound + 1
        }
    }

    // MARK: Joining (P3, P4)

    /// The shortest join that starts with a group and is valid.
    ///
    /// Foreign numbers have no one length: of them, one that would be a part of something longer
    /// gives way to a longer one that is not.
    private mutating func candidate(at first: Int) -> PhoneCandidate? {
        guard self.mayStart(first) else { return nil }

        let start = self.groups.groups[first]
        var digits = PhoneDigits()
        var last = first
        var shorter: PhoneCandidate?
        while self.append(last, of: first, to: &digits) {
            if let reading = self.forms.read(digits, first: start, of: self.text),
                self.isAllowed(reading, at: first), self.exists(reading.number)
            {
                let candidate = PhoneCandidate(
                    groups: first...last,
                    number: reading.number,
                    rule: reading.rule
                )
                guard reading.rule == .foreign, self.isPartOfLonger(candidate) else {
                    return candidate
                }

                shorter = shorter ?? candidate
            }
            guard self.forms.mayGoOn(digits, first: start, of: self.text),
                self.groups.isJoined(last, of: first)
            else { break }

            last += 1
        }
        return shorter
    }

    private func mayStart(_ index: Int) -> Bool {
        let group = self.groups.groups[index]
        guard !group.hasPlus else { return true }

        switch self.text.scalar(group.units.lowerBound) {
        case 0x30, 0x33, 0x35, 0x37, 0x38, 0x39: return true  // 0 3 5 7 8 9
        default: return false
        }
    }

    /// Adds a group's digits; false when there are too many.
    private mutating func append(_ index: Int, of first: Int, to digits: inout PhoneDigits) -> Bool
    {
        let group = self.groups.groups[index]
        self.effort.steps += 1
        // "+44 (0)7400…": the trunk zero is for those who call from inside.
        if index > first, group.isBracketed, group.units.count == 1,
            self.groups.groups[first].hasPlus, self.text.isAt(group.units.lowerBound, "0")
        {
            return true
        }
        guard digits.count + group.units.count <= PhoneDigits.countMax else { return false }

        for unit in group.units { digits.append(UInt8(self.text.scalar(unit) - 0x30)) }
        return true
    }

    /// Nine digits without their zero need a phone cue right before them.
    private mutating func isAllowed(_ reading: PhoneReading, at first: Int) -> Bool {
        guard reading.rule == .cued, !self.groups.groups[first].isLinked else {
            return true
        }
        return self.cue(before: self.start(of: first)) == .phone
    }

    private mutating func exists(_ number: PhoneDigits) -> Bool {
        if let answer = self.answers[number] { return answer }
        guard self.effort.validations < self.validationsMax else {
            self.effort.isCut = true
            return false
        }

        self.effort.validations += 1
        let answer = self.isValid(number.e164)
        self.answers[number] = answer
        return answer
    }

    // MARK: What it may be instead (P5 to P9)

    private mutating func isVetoed(_ candidate: PhoneCandidate) -> Bool {
        let first = self.groups.groups[candidate.groups.lowerBound]
        let start = self.start(of: candidate.groups.lowerBound)
        let end = self.groups.groups[candidate.groups.upperBound].units.upperBound
        if self.isGluedAfter(end) || self.groups.isCounting(candidate.groups) { return true }
        if first.isLinked { return false }
        if self.isGluedBefore(start) { return true }
        if candidate.rule == .country || candidate.rule == .cued, candidate.isMultiGroup,
            self.context.isMoney(after: end)
        {
            return true
        }

        return self.cue(before: start) == .veto && !self.context.goesOnAsPhone(after: end)
    }

    /// A letter before that is no cue, or a code that is tied to the digits (P5).
    private mutating func isGluedBefore(_ start: Int) -> Bool {
        let word = self.word(endingAt: start)
        if !word.isEmpty { return !self.isGluedCue(word) }
        if self.text.isAt(start - 1, "#") { return true }

        return self.isTiedToCode(start)
    }

    /// An upper-case chunk such as `DH-`, `A5.`, or `DH-2025-`, in ASCII and not a cue.
    private mutating func isTiedToCode(_ start: Int) -> Bool {
        var index = start
        while self.isTie(index - 1), index > start - ContactContext.unitsMax {
            let end = index - 1
            index = end
            var hasLetter = false
            var isCode = true
            while self.text.kind(index - 1) == .digit || self.text.isWord(index - 1),
                index > end - ContactContext.unitsMax
            {
                index -= 1
                self.effort.steps += 1
                guard self.text.kind(index) != .digit else { continue }

                hasLetter = true
                isCode = isCode && (0x41...0x5A).contains(self.text.scalar(index))
            }
            guard index < end else { return self.text.isAt(end - 1, "#") }

            // Digits alone are a part of the code only when a code is tied to them.
            if hasLetter {
                // "sz M.0912…", "P.2-0912…"
                let isAbbreviation = end - index == 1 && self.text.isAt(end, ".")
                return isCode && !isAbbreviation && !self.isGluedCue(index..<end)
            }
        }
        return false
    }

    private func isTie(_ index: Int) -> Bool {
        switch self.text.scalar(index) {
        case 0x2D, 0x2E, 0x5F, 0x23: self.text.kind(index) == .other  // - . _ #
        default: false
        }
    }

    /// "SO" in capitals is an order, "số" and "so" are a cue.
    private func isGluedCue(_ units: Range<Int>) -> Bool {
        let word = VietnameseWord(self.text, units)
        guard ContactCues.vietnamese.mayBeGlued(word) else { return false }

        return word.key != VietnameseWord("so").key
            || !units.allSatisfy { self.text.scalar($0) < 0x80 && self.text.isUpperCase($0) }
    }

    private func isGluedAfter(_ end: Int) -> Bool {
        self.text.isUpperCase(end) || (self.text.isAt(end, "x") && self.text.kind(end) == .letter)
    }

    /// Followed, after the same joint, by digits that belong to nothing else (P8).
    private func isPartOfLonger(_ candidate: PhoneCandidate) -> Bool {
        candidate.isMultiGroup
            && self.goesOn(candidate.groups.upperBound, like: candidate.groups.upperBound - 1)
    }

    private func goesOn(_ index: Int, like joint: Int) -> Bool {
        index + 1 < self.groups.groups.count && self.groups.isJoined(index, of: index)
            && self.groups.hasSameJoint(index, joint)
            && self.groups.groups[index + 1].units.count >= 3
            && !self.groups.groups[index + 1].hasPlus
            && !self.groups.hasLetter(index + 1) && !self.groups.startsNumber(index + 1)
            && !self.context.isMoney(after: self.groups.endOfThousands(index + 1))
    }

    private func endOfLonger(_ candidate: PhoneCandidate) -> Int {
        let joint = candidate.groups.upperBound - 1
        var index = candidate.groups.upperBound
        while self.goesOn(index, like: joint) { index += 1 }
        return index + 1
    }

    // MARK: Where it stands

    private mutating func cue(before start: Int) -> ContactContext.Cue {
        self.effort.steps += min(start, ContactContext.unitsMax)
        return self.context.cue(before: start)
    }

    /// The letters that are glued to `end`; longer than any cue is long enough.
    private func word(endingAt end: Int) -> Range<Int> {
        var start = end
        while self.text.isWord(start - 1), start > end - 2 * VietnameseWord.lettersMax {
            start -= 1
        }
        return start..<end
    }

    /// The unit at which a number starts: its plus sign, its bracket, or its first digit.
    private func start(of group: Int) -> Int {
        let first = self.groups.groups[group].units.lowerBound
        return self.text.isAt(first - 1, "+") && self.groups.groups[group].hasPlus
            ? first - 1 : first
    }

    private func units(of candidate: PhoneCandidate) -> Range<Int> {
        let last = self.groups.groups[candidate.groups.upperBound]
        return self.start(of: candidate.groups.lowerBound)..<last.units.upperBound
    }
}

/// Consecutive groups that read as one number.
struct PhoneCandidate {
    /// Indices into the groups.
    var groups: ClosedRange<Int>
    var number: PhoneDigits
    var rule: ContactRule

    var isMultiGroup: Bool { self.groups.count > 1 }
}
