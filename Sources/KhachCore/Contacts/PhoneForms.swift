/// What joined digits are, by form alone (domain.md P4).
struct PhoneReading: Equatable {
    /// In full, the calling code included.
    var number: PhoneDigits
    var rule: ContactRule
}

/// Reads joined digits by the forms of P4.
///
/// Knows the plan of Vietnam; of a foreign number it knows only that it may be one.
struct PhoneForms: Sendable {
    /// With the calling code; shorter ones are no customers' phones.
    static let foreignDigits = 8...15
    private static let oldAreaDigits = 10

    let plan: NumberingPlan

    /// The first group decides which forms there can be.
    func read(_ digits: PhoneDigits, first group: DigitGroup, of text: CleanText) -> PhoneReading? {
        let startsWithZero = text.isAt(group.units.lowerBound, "0")
        if group.hasPlus {
            return digits.prefix(2) == NumberingPlan.callingCode
                ? self.international(digits.dropFirst(2)) : Self.foreign(digits)
        }
        if startsWithZero {
            if digits.prefix(4) == NumberingPlan.callingCode, digits.count > 4,
                digits.prefix(2) == 0
            {
                return self.international(digits.dropFirst(4))
            }
            if digits.count == Self.oldAreaDigits, let old = digits.prefix(2),
                self.isOldArea(group, of: text)
            {
                return self.bracketed(old, digits.dropFirst(2))
            }
            return self.national(digits.dropFirst(1))
        }
        if digits.count == NumberingPlan.mobileDigits {
            let (line, number) = self.plan.read(digits)
            return line == .mobile ? Self.reading(number, .cued) : nil
        }
        guard digits.prefix(2) == NumberingPlan.callingCode else { return nil }

        let (line, number) = self.plan.read(digits.dropFirst(2))
        return line == .mobile || line == .landline ? Self.reading(number, .country) : nil
    }

    /// Whether more digits can make a number of these: joining stops where no form is left.
    func mayGoOn(_ digits: PhoneDigits, first group: DigitGroup, of text: CleanText) -> Bool {
        guard !group.hasPlus else { return true }
        guard !self.isOldArea(group, of: text) else { return digits.count < Self.oldAreaDigits }

        if text.isAt(group.units.lowerBound, "0") {
            guard let start = digits.prefix(4) else { return true }

            return start == NumberingPlan.callingCode || self.plan.hasNumbers(from: start)
        }
        guard let start = digits.prefix(3) else { return true }

        return start / 10 == NumberingPlan.callingCode || self.plan.hasNumbers(from: start)
    }

    /// `(04)` and its like.
    private func isOldArea(_ group: DigitGroup, of text: CleanText) -> Bool {
        guard group.isBracketed, group.units.count == 2 else { return false }

        let last = text.scalar(group.units.lowerBound + 1)
        return self.plan.area(replacing: Int(last) - 0x30) != nil
    }

    /// A value that begins with an area code of before 2017 in brackets: `(08) 3822 1234`.
    func readBracketed(_ digits: PhoneDigits, of text: CleanText) -> PhoneReading? {
        guard text.isAt(0, "("), text.isAt(3, ")"), digits.count == Self.oldAreaDigits,
            let old = digits.prefix(2)
        else { return nil }

        return self.bracketed(old, digits.dropFirst(2))
    }

    /// A number that a channel gives as a value, where no other reading competes: `841282987721` is
    /// an old mobile, and in a text a code.
    func readSupplied(_ digits: PhoneDigits, hasPlus: Bool) -> PhoneReading? {
        if digits.prefix(2) == NumberingPlan.callingCode, digits.count > 2,
            let reading = self.international(digits.dropFirst(2))
        {
            return reading
        }
        if digits.prefix(4) == NumberingPlan.callingCode, digits.count > 4 {
            return self.international(digits.dropFirst(4))
        }
        if hasPlus { return Self.foreign(digits) }

        return digits.prefix(1) == 0 ? self.national(digits.dropFirst(1)) : nil
    }

    private func national(_ national: PhoneDigits) -> PhoneReading? {
        let (line, number) = self.plan.read(national)
        switch line {
        case .none: return nil
        case .mobile: return Self.reading(number, .national)
        case .landline: return Self.reading(number, .landline)
        case .migrated: return Self.reading(number, .migrated)
        }
    }

    /// After `+84` or `0084`, with or without a trunk zero.
    private func international(_ rest: PhoneDigits) -> PhoneReading? {
        let national = rest.prefix(1) == 0 ? rest.dropFirst(1) : rest
        let (line, number) = self.plan.read(national)
        return line == .none ? nil : Self.reading(number, .international)
    }

    private func bracketed(_ old: Int, _ subscriber: PhoneDigits) -> PhoneReading? {
        guard let area = self.plan.area(replacing: old) else { return nil }

        let (line, number) = self.plan.read(subscriber.following(area, digits: 2))
        return line == .landline ? Self.reading(number, .bracketed) : nil
    }

    private static func foreign(_ digits: PhoneDigits) -> PhoneReading? {
        guard self.foreignDigits.contains(digits.count), digits.prefix(1) != 0 else { return nil }

        return PhoneReading(number: digits, rule: .foreign)
    }

    private static func reading(_ national: PhoneDigits, _ rule: ContactRule) -> PhoneReading {
        PhoneReading(number: national.following(NumberingPlan.callingCode, digits: 2), rule: rule)
    }
}
