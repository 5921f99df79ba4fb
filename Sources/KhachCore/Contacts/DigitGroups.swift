/// A run of digits, whole: no number ends inside one (domain.md P3).
struct DigitGroup {
    var units: Range<Int>
    /// A `+` stands right before it, and before no zero; or a link writes it in full.
    var hasPlus: Bool
    /// It stands alone in brackets.
    var isBracketed: Bool
    /// A link is known to lead to a phone; the words before it do not count.
    var isLinked: Bool
}

/// The digit groups of a text, and what joins one to the next (domain.md P2, P3).
struct DigitGroups {
    private static let jointUnitsMax = 3
    private static let thousandsMax = 4
    private static let fractionDigitsMin = 4
    private static let days = 1...31
    private static let months = 1...12
    private static let years = 1_900...2_099

    let text: CleanText
    private(set) var groups: [DigitGroup] = []
    private(set) var steps = 0

    init(_ text: CleanText, links: ContactLinks) {
        self.text = text
        var index = 0
        while index < text.count {
            self.steps += 1
            guard text.kind(index) == .digit else {
                index += 1
                continue
            }

            let start = index
            while text.kind(index) == .digit { index += 1 }
            self.groups.append(self.group(start..<index, link: links.phones[start]))
        }
        self.removeOthers()
    }

    /// Whether the group after `index` goes on with the same number, whose first group is `first`.
    func isJoined(_ index: Int, of first: Int) -> Bool {
        guard index + 1 < self.groups.count else { return false }

        let joint = self.joint(after: index)
        guard (1...Self.jointUnitsMax).contains(joint.count) else { return false }

        var hasComma = false
        for unit in joint {
            guard self.text.kind(unit) == .other else { return false }

            if self.text.isAt(unit, ",") {
                hasComma = true
            } else if !Self.joins(self.text.scalar(unit)) {
                return false
            }
        }
        // A comma only before three digits, in a number that starts with zero.
        return !hasComma
            || (self.groups[index + 1].units.count == 3
                && self.text.isAt(self.groups[first].units.lowerBound, "0"))
    }

    /// Whether the joints after both groups are written alike.
    func hasSameJoint(_ index: Int, _ other: Int) -> Bool {
        self.joint(after: index).map { self.text.scalar($0) }
            == self.joint(after: other).map { self.text.scalar($0) }
    }

    /// Whether a letter is attached to a group.
    func hasLetter(_ index: Int) -> Bool {
        let units = self.groups[index].units
        return self.text.isWord(units.lowerBound - 1) || self.text.isWord(units.upperBound)
    }

    /// Whether a number may start with a group: `0…` or `84…`.
    func startsNumber(_ index: Int) -> Bool {
        let start = self.groups[index].units.lowerBound
        return self.text.isAt(start, "0")
            || (self.text.isAt(start, "8") && self.text.isAt(start + 1, "4")
                && self.groups[index].units.count > 1)
    }

    /// Where a number that is written with thousands, such as `305.000`, ends.
    func endOfThousands(_ index: Int) -> Int {
        var last = index
        while last + 1 < self.groups.count, last - index < Self.thousandsMax,
            self.groups[last + 1].units.count == 3, self.isThousandsJoint(after: last)
        {
            last += 1
        }
        return self.groups[last].units.upperBound
    }

    /// Five groups of two digits, each one more than the one before (P9).
    func isCounting(_ groups: ClosedRange<Int>) -> Bool {
        guard groups.count == 5, groups.allSatisfy({ self.groups[$0].units.count == 2 }) else {
            return false
        }

        let numbers = groups.map { self.number($0) }
        return zip(numbers, numbers.dropFirst()).allSatisfy { $0 + 1 == $1 }
    }

    private func joint(after index: Int) -> Range<Int> {
        let start = self.groups[index].units.upperBound
        return start..<max(start, self.groups[index + 1].units.lowerBound)
    }

    private static func joins(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x20, 0x28, 0x29, 0x2A, 0x2D, 0x2E, 0x5F: true  // space ( ) * - . _
        case 0xB7, 0x2013, 0x2014, 0x2022: true  // · – — •
        default: false
        }
    }

    private func group(_ units: Range<Int>, link: ContactLinks.PhoneLink?) -> DigitGroup {
        let startsWithZero = self.text.isAt(units.lowerBound, "0")
        let hasPlus = self.text.isAt(units.lowerBound - 1, "+") || link?.isInternational == true
        return DigitGroup(
            units: units,
            hasPlus: hasPlus && !startsWithZero,
            isBracketed: self.text.isAt(units.lowerBound - 1, "(")
                && self.text.isAt(units.upperBound, ")"),
            isLinked: link != nil
        )
    }

    /// Takes out what is written as a date, an amount or a place, and is no number to call (P2).
    private mutating func removeOthers() {
        guard self.groups.count >= 3 else { return }

        var isAfterAmount = false
        var kept: [DigitGroup] = []
        kept.reserveCapacity(self.groups.count)
        var index = 0
        while index < self.groups.count {
            self.steps += 1
            let amount = self.amountCount(index, isAfterAmount: isAfterAmount)
            isAfterAmount = amount > 0
            if amount > 0 {
                index += amount
            } else if self.isDate(index) {
                index += self.isTime(index + 3) ? 5 : 3
            } else if self.isPlace(index) {
                index += 4
            } else {
                kept.append(self.groups[index])
                index += 1
            }
        }
        self.groups = kept
    }

    /// How many groups are one amount, such as `1.090.000`; 0 when they may be a number to call.
    ///
    /// An amount starts with no zero and has two triplets or more. Nine digits may be a number
    /// without its zero, and `84` may start one.
    private func amountCount(_ index: Int, isAfterAmount: Bool) -> Int {
        let first = self.groups[index]
        guard first.units.count <= 3, !first.hasPlus, !self.startsNumber(index),
            isAfterAmount || index == 0 || !self.isJoined(index - 1, of: index - 1)
        else { return 0 }

        var last = index
        var digits = first.units.count
        while last + 1 < self.groups.count, last - index < Self.thousandsMax,
            self.isThousandsJoint(after: last)
        {
            last += 1
            digits += self.groups[last].units.count
            guard self.groups[last].units.count == 3 else { return 0 }
        }
        return last - index >= 2 && digits != NumberingPlan.mobileDigits ? last - index + 1 : 0
    }

    private func isThousandsJoint(after index: Int) -> Bool {
        let joint = self.joint(after: index)
        return joint.count == 1
            && (self.text.isAt(joint.lowerBound, ".") || self.text.isAt(joint.lowerBound, ","))
    }

    /// Whether two decimal fractions follow each other: a latitude and a longitude.
    private func isPlace(_ index: Int) -> Bool {
        guard index + 3 < self.groups.count, self.isDegrees(index, max: 90),
            self.isDegrees(index + 2, max: 180)
        else { return false }

        let between = self.joint(after: index + 1)
        return (1...Self.jointUnitsMax).contains(between.count)
            && between.allSatisfy { self.text.isSpace($0) || self.text.isAt($0, ",") }
    }

    private func isDegrees(_ index: Int, max degreesMax: Int) -> Bool {
        let whole = self.groups[index].units
        let joint = self.joint(after: index)
        return whole.count <= 3 && !self.text.isAt(whole.lowerBound, "0")
            && self.number(index) <= degreesMax
            && joint.count == 1 && self.text.isAt(joint.lowerBound, ".")
            && self.groups[index + 1].units.count >= Self.fractionDigitsMin
    }

    private func isDate(_ index: Int) -> Bool {
        guard index + 2 < self.groups.count else { return false }

        let (day, month, year) = (
            self.groups[index], self.groups[index + 1], self.groups[index + 2]
        )
        return day.units.count <= 2 && month.units.count <= 2 && year.units.count == 4
            && self.isDateJoint(after: index) && self.isDateJoint(after: index + 1)
            && !self.isPairTied(to: index + 2)
            && Self.days.contains(self.number(index))
            && Self.months.contains(self.number(index + 1))
            && Self.years.contains(self.number(index + 2))
    }

    /// Whether two digits more are tied to it: "09-12-2024-56" is in pairs, and no date.
    private func isPairTied(to index: Int) -> Bool {
        index + 1 < self.groups.count && self.isDateJoint(after: index)
            && self.groups[index + 1].units.count == 2 && !self.isTime(index + 1)
    }

    private func isDateJoint(after index: Int) -> Bool {
        let joint = self.joint(after: index)
        guard joint.count == 1 else { return false }

        switch self.text.scalar(joint.lowerBound) {
        case 0x2D, 0x2E, 0x2F: return self.text.kind(joint.lowerBound) == .other
        default: return false
        }
    }

    /// Whether `hh:mm` starts with a group that follows a date closely.
    private func isTime(_ index: Int) -> Bool {
        guard index + 1 < self.groups.count, self.groups[index].units.count <= 2,
            self.groups[index + 1].units.count == 2, self.number(index) < 24,
            self.number(index + 1) < 60
        else { return false }

        let before = self.joint(after: index - 1)
        let between = self.joint(after: index)
        return before.count <= Self.jointUnitsMax
            && before.allSatisfy { unit in
                [0x20, 0x2C, 0x2D].contains(self.text.scalar(unit))  // space , -
            }
            && between.count == 1 && self.text.isAt(between.lowerBound, ":")
    }

    /// Of a group of few digits.
    private func number(_ index: Int) -> Int {
        self.groups[index].units.reduce(0) { $0 * 10 + Int(self.text.scalar($1)) - 0x30 }
    }
}
