/// Finds phone numbers and e-mail addresses in what a customer wrote (domain.md §4.6, §4.7).
///
/// Precision before recall: a wrong number wastes a call. Knows one text and nothing of whose it
/// is: direction (P11), an agent's rejections (P12) and a page's own numbers (N8) are the caller's,
/// who hands over the values to leave out.
package struct ContactDetector: Sendable {
    /// Raised with every change of the rules; the plan has its own.
    package static let rulesVersion = 1

    /// No form of P4 has fewer digits.
    package static let phoneDigitsMin = 8

    /// Distinct numbers of one text that are asked after; phones beyond them are left out.
    package static let validationsMax = 64

    private static let suppliedBytesMax = 64

    /// What an observation keeps, to be found again when the rules change: "1 vn-2025-1".
    package let version: String

    private let plan: NumberingPlan
    private let isValid: @Sendable (String) -> Bool

    /// - Parameter isValid: whether a number in E.164, such as "+84912345678", exists. Asked once
    ///   for each number that has a form of P4, at most `validationsMax` times a text.
    package init(
        plan: NumberingPlan = .vietnam,
        isValid: @escaping @Sendable (_ number: String) -> Bool
    ) {
        self.plan = plan
        self.isValid = isValid
        self.version = "\(Self.rulesVersion) \(plan.version)"
    }

    /// The contacts of one text, in the order in which they first appear (P10, E6).
    ///
    /// - Parameter excluding: values that are not to be found: E.164 and lower-case addresses.
    package func findings(in text: String, excluding: Set<String> = []) -> [ContactFinding] {
        self.scan(text, excluding: excluding).findings
    }

    /// The number that a channel or an agent gave as a value, not in a text; `nil` when it is none.
    ///
    /// By the plan of texts, so that an old form names what a text was read as. Channels write
    /// "841282987721", with the prefixes of before 2018 (domain.md §2.4).
    package func phone(supplied value: String) -> String? {
        var value = value
        return value.withUTF8 { bytes in
            guard bytes.count <= Self.suppliedBytesMax else { return nil }

            let text = CleanText(bytes)
            var digits = PhoneDigits()
            for index in 0..<text.count where text.kind(index) == .digit {
                guard digits.count < PhoneDigits.countMax else { return nil }

                digits.append(UInt8(text.scalar(index) - 0x30))
            }
            let forms = PhoneForms(plan: self.plan)
            guard !text.units.contains(where: { $0.kind == .letter || $0.kind == .newline }),
                let reading = forms.readBracketed(digits, of: text)
                    ?? forms.readSupplied(digits, hasPlus: text.isAt(0, "+"))
            else { return nil }

            let number = reading.number.e164
            return self.isValid(number) ? number : nil
        }
    }

    /// The contacts of one text, and the work that it made.
    package func scan(_ text: String, excluding: Set<String> = []) -> ContactScan {
        var text = text
        return text.withUTF8 { bytes in
            let signs = ContactSigns(bytes)
            guard signs.hasAt || signs.digits >= Self.phoneDigitsMin else {
                return ContactScan(effort: ContactEffort(steps: bytes.count))
            }

            return self.scan(bytes, signs, excluding: excluding)
        }
    }

    private func scan(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ signs: ContactSigns,
        excluding: Set<String>
    ) -> ContactScan {
        var text = CleanText(bytes)
        var links = ContactLinks()
        links.maskSchemed(in: &text)
        var found: [(value: String, units: Range<Int>, rule: ContactRule)] = []
        var result = ContactScan(effort: ContactEffort(steps: bytes.count))

        if signs.hasAt {
            var emails = EmailScan(text)
            emails.run()
            for address in emails.addresses {
                text.mask(address.units)
                found.append((address.value, address.units, .email))
            }
            result.effort.steps += emails.steps
        }

        if signs.digits >= Self.phoneDigitsMin {
            links.maskBare(in: &text)
            text.readLetterZeros()
            var phones = PhoneScan(
                text,
                links: links,
                plan: self.plan,
                validationsMax: Self.validationsMax,
                isValid: self.isValid
            )
            phones.run()
            found += phones.phones.map { ($0.value, $0.units, $0.rule) }
            result.effort.steps += phones.effort.steps
            result.effort.validations = phones.effort.validations
            result.effort.isCut = phones.effort.isCut
        }
        result.effort.steps += links.steps

        var seen = excluding
        for contact in found.sorted(by: { $0.units.lowerBound < $1.units.lowerBound })
        where seen.insert(contact.value).inserted {
            result.findings.append(
                ContactFinding(
                    kind: contact.rule == .email ? .email : .phone,
                    value: contact.value,
                    bytes: text.bytes(of: contact.units),
                    rule: contact.rule,
                    detectorVersion: self.version
                )
            )
        }
        return result
    }
}

/// What one pass over the bytes tells: whether there is anything to look for.
private struct ContactSigns {
    var hasAt = false
    /// ASCII, full-width and mathematical ones.
    var digits = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        for index in bytes.indices {
            let byte = bytes[index]
            if byte &- 0x30 < 10 {
                self.digits += 1
            } else if byte == 0x40 {
                self.hasAt = true
            } else if byte == 0xEF {
                self.readWide(bytes, at: index)
            } else if byte == 0xF0 {
                self.readMathematical(bytes, at: index)
            }
        }
    }

    /// U+FF10 to U+FF19, and U+FF20, the wide `@`.
    private mutating func readWide(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) {
        guard index + 2 < bytes.count, bytes[index + 1] == 0xBC else { return }

        if (0x90...0x99).contains(bytes[index + 2]) { self.digits += 1 }
        if bytes[index + 2] == 0xA0 { self.hasAt = true }
    }

    /// U+1D7CE to U+1D7FF.
    private mutating func readMathematical(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) {
        guard index + 3 < bytes.count, bytes[index + 1] == 0x9D, bytes[index + 2] == 0x9F else {
            return
        }
        if bytes[index + 3] >= 0x8E { self.digits += 1 }
    }
}
