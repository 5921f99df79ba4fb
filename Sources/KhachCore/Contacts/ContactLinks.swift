/// Finds URLs, and in them the numbers that are phones nevertheless (domain.md P2, E5).
struct ContactLinks {
    /// The number of `zalo.me/<n>` or `wa.me/<n>`.
    struct PhoneLink {
        /// The first digit.
        var unit: Int
        /// `wa.me` writes numbers in full, without their plus sign.
        var isInternational: Bool
    }

    private static let hostUnitsMax = 253
    private static let schemeUnitsMax = 16
    private static let contactSchemes = Set(
        ["tel", "sms", "mailto"].map { VietnameseWord($0).key }
    )

    /// By their first digit.
    private(set) var phones: [Int: PhoneLink] = [:]
    private(set) var steps = 0

    init() {}

    /// Masks URLs with a scheme; e-mail addresses are looked for afterwards.
    mutating func maskSchemed(in text: inout CleanText) {
        var index = 0
        while index < text.count {
            self.steps += 1
            guard text.isAt(index, ":"), text.isAt(index + 1, "/"), text.isAt(index + 2, "/"),
                let start = self.scheme(endingAt: index, in: text)
            else {
                index += 1
                continue
            }

            index = self.mask(from: start, host: index + 3, in: &text)
        }
    }

    /// Masks URLs that begin with their host: `m.me/…`, `www.shop.vn`.
    mutating func maskBare(in text: inout CleanText) {
        var index = 0
        while index < text.count {
            self.steps += 1
            if text.isAt(index, "/") || text.isAt(index, "?"),
                let host = self.host(endingAt: index, in: text)
            {
                index = self.mask(from: host, host: host, in: &text)
            } else {
                index += 1
            }
        }
    }

    /// Masks one URL to its end; answers the unit after it.
    private mutating func mask(from start: Int, host: Int, in text: inout CleanText) -> Int {
        var slash = host
        while self.isHost(slash, in: text) { slash += 1 }
        var end = slash
        while self.isLink(end, in: text) { end += 1 }
        self.steps += end - start

        if text.isAt(slash, "/"), let isInternational = self.phoneHost(host..<slash, in: text) {
            let first = text.isAt(slash + 1, "+") ? slash + 2 : slash + 1
            var last = first
            while text.kind(last) == .digit || text.isAt(last, ".") || text.isAt(last, "-") {
                last += 1
            }
            text.mask(start..<slash)
            text.mask(last..<max(last, end))
            self.phones[first] = PhoneLink(unit: first, isInternational: isInternational)
        } else {
            text.mask(start..<end)
        }
        return max(end, host)
    }

    /// The first unit of a scheme that ends before `colon`; `nil` for one whose contact counts.
    private mutating func scheme(endingAt colon: Int, in text: CleanText) -> Int? {
        var start = colon
        while start > colon - Self.schemeUnitsMax, text.kind(start - 1) == .letter,
            text.scalar(start - 1) < 0x80
        {
            start -= 1
        }
        self.steps += colon - start
        let scheme = VietnameseWord(text, start..<colon)
        return start < colon && !Self.contactSchemes.contains(scheme.key) ? start : nil
    }

    /// The first unit of a host that ends before `end` and that can stand without a scheme.
    private mutating func host(endingAt end: Int, in text: CleanText) -> Int? {
        // A top-level domain is letters.
        guard text.kind(end - 1) == .letter else { return nil }

        var start = end
        while start > end - Self.hostUnitsMax, self.isHost(start - 1, in: text) { start -= 1 }
        self.steps += end - start
        guard start < end, !text.isWord(start - 1), !text.isAt(start - 1, "@"),
            !text.isAt(start - 1, "_"), !text.isAt(start - 1, "+")
        else { return nil }

        let labels = self.string(start..<end, in: text)
            .split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, labels.allSatisfy({ !$0.isEmpty }), let last = labels.last,
            TopLevelDomains.isDelegated(String(last))
        else { return nil }

        // "c.My/0912…" is a name and a number; one-letter hosts are few, and known.
        let isShort = labels.count == 2 && labels[0].utf8.count == 1
        return isShort && last != "me" && last != "co" ? nil : start
    }

    /// Whether the host is one whose paths are phones; and whether they are written in full.
    private func phoneHost(_ host: Range<Int>, in text: CleanText) -> Bool? {
        switch self.string(host, in: text) {
        case "zalo.me", "www.zalo.me", "chat.zalo.me": false
        case "wa.me", "www.wa.me": true
        default: nil
        }
    }

    private func string(_ units: Range<Int>, in text: CleanText) -> String {
        guard units.count <= Self.hostUnitsMax else { return "" }

        return String(
            decoding: units.map { index -> UInt8 in
                let byte = UInt8(truncatingIfNeeded: text.units[index].scalar)
                return (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            },
            as: UTF8.self
        )
    }

    private func isHost(_ index: Int, in text: CleanText) -> Bool {
        switch text.kind(index) {
        case .letter: text.scalar(index) < 0x80
        case .digit: true
        case .other: text.isAt(index, ".") || text.isAt(index, "-")
        case .mark, .newline, .masked: false
        }
    }

    /// A URL goes on to a space or a character that URLs do not have.
    private func isLink(_ index: Int, in text: CleanText) -> Bool {
        switch text.kind(index) {
        case .newline, .masked: false
        case .digit, .letter, .mark: true
        case .other:
            switch text.scalar(index) {
            case 0x00...0x20, 0x22, 0x3C, 0x3E, 0x5C, 0x5E, 0x60, 0x7B...0x7D: false
            default: true
            }
        }
    }
}
