/// Finds e-mail addresses in a cleaned text (domain.md §4.7).
///
/// Repairs nothing: an address that is not in the right format is none.
struct EmailScan {
    private static let localBytesMax = 64
    private static let addressBytesMax = 254

    struct Address {
        var value: String
        var units: Range<Int>
    }

    private let text: CleanText
    private(set) var addresses: [Address] = []
    private(set) var steps = 0

    init(_ text: CleanText) {
        self.text = text
    }

    /// Looks at every `@` once, and at what is around it up to the next one.
    mutating func run() {
        for index in 0..<self.text.count {
            self.steps += 1
            guard self.text.isAt(index, "@"), self.text.kind(index) == .other,
                let address = self.address(around: index)
            else { continue }

            self.addresses.append(address)
        }
    }

    private mutating func address(around at: Int) -> Address? {
        var start = at
        while self.isLocal(start - 1) { start -= 1 }
        var end = at + 1
        while self.isDomain(end) { end += 1 }
        self.steps += end - start
        // A neighbour that belongs to a word, or another `@`, makes it a part of something (E4).
        guard !self.isNeighbourOfNone(start - 1), !self.isNeighbourOfNone(end) else { return nil }

        while end > at + 1, self.text.isAt(end - 1, ".") || self.text.isAt(end - 1, "-") {
            end -= 1
        }
        end = self.cuttingPhone(from: at + 1, to: end)
        let local = self.bytes(start..<at)
        let domain = self.bytes((at + 1)..<end)
        guard Self.isLocalPart(local), Self.isDomainName(domain),
            local.count + 1 + domain.count <= Self.addressBytesMax
        else { return nil }

        let value = String(decoding: local + [UInt8(ascii: "@")] + domain, as: UTF8.self)
        return Address(value: value, units: start..<end)
    }

    /// E1 and E2 of what stands before the `@`.
    private static func isLocalPart(_ local: [UInt8]) -> Bool {
        let dot = UInt8(ascii: ".")
        guard let first = local.first, let last = local.last else { return false }

        return local.count <= Self.localBytesMax && first != dot && last != dot
            && !zip(local, local.dropFirst()).contains { $0 == dot && $1 == dot }
    }

    /// E2 and E3 of what stands after it.
    private static func isDomainName(_ domain: [UInt8]) -> Bool {
        let hyphen = UInt8(ascii: "-")
        guard domain.count <= Self.addressBytesMax else { return false }

        let labels = domain.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.count >= 2, let last = labels.last else { return false }

        return labels.allSatisfy { !$0.isEmpty && $0.first != hyphen && $0.last != hyphen }
            && TopLevelDomains.contains(String(decoding: last, as: UTF8.self))
    }

    /// The end of the domain without what starts like a phone number and is tied to it.
    ///
    /// No domain ends in digits: "-0912345678" is the next thing that a person wrote.
    private func cuttingPhone(from start: Int, to end: Int) -> Int {
        var first = end
        while first > start, self.text.kind(first - 1) != .letter { first -= 1 }
        let startsPhone =
            self.text.isAt(first + 1, "0")
            || (self.text.isAt(first + 1, "8") && self.text.isAt(first + 2, "4"))
        return first + 1 < end && startsPhone ? first : end
    }

    private func bytes(_ units: Range<Int>) -> [UInt8] {
        // One more than may be, so that what is too long is seen to be.
        units.prefix(Self.addressBytesMax + 1).map { index in
            let byte = UInt8(truncatingIfNeeded: self.text.units[index].scalar)
            return (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
        }
    }

    private func isLocal(_ index: Int) -> Bool {
        switch self.text.kind(index) {
        case .digit: true
        case .letter: self.text.scalar(index) < 0x80
        case .other:
            switch self.text.scalar(index) {
            case 0x25, 0x2B, 0x2D, 0x2E, 0x5F: true  // % + - . _
            default: false
            }
        case .mark, .newline, .masked: false
        }
    }

    private func isDomain(_ index: Int) -> Bool {
        switch self.text.kind(index) {
        case .digit: true
        case .letter: self.text.scalar(index) < 0x80
        case .other: self.text.isAt(index, ".") || self.text.isAt(index, "-")
        case .mark, .newline, .masked: false
        }
    }

    private func isNeighbourOfNone(_ index: Int) -> Bool {
        switch self.text.kind(index) {
        case .letter, .mark, .digit: true
        case .other: self.text.isAt(index, "@")
        case .newline, .masked: false
        }
    }
}
