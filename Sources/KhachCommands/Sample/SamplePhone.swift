/// A telephone number of a sample and the ways in which people write it (domain.md §5.4).
///
/// The number is random in a valid range and may belong to somebody: never dial or message it.
struct SamplePhone: Hashable, Sendable {
    /// What a detector must find: `+84912345678`.
    let e164: String
    /// As dialled at home: `0912345678`; for a foreign number, the same as `e164`.
    let national: String

    /// A number that only `random` decides.
    init(_ random: inout SplitMix64) {
        switch random.below(100) {
        case 0: self.init(foreign: random.pick(["+6591", "+6592"]), digits: 6, &random)
        case 1, 2: self.init(prefix: random.pick(["0243", "0283"]), digits: 7, &random)
        default: self.init(mobile: &random)
        }
    }

    init(mobile random: inout SplitMix64) {
        let prefix = random.pick(Self.prefixes.draw(&random))
        self.init(prefix: prefix, digits: 10 - prefix.count, &random)
    }

    private init(prefix: String, digits: Int, _ random: inout SplitMix64) {
        self.national = prefix + Self.digits(digits, &random)
        self.e164 = "+84" + self.national.dropFirst()
    }

    private init(foreign prefix: String, digits: Int, _ random: inout SplitMix64) {
        self.national = prefix + Self.digits(digits, &random)
        self.e164 = self.national
    }

    /// The number in one of the ways of writing; every one of them keeps its label.
    func written(_ random: inout SplitMix64) -> String {
        guard self.national.count == 10, self.national.hasPrefix("0") else { return self.national }

        if random.happens(perMille: 20), let old = self.old { return old }

        let rest = self.national.dropFirst()
        switch random.below(1_000) {
        case 0..<455: return self.national
        case 455..<595: return self.grouped([4, 3, 3], " ")
        case 595..<685: return self.grouped([4, 3, 3], ".")
        case 685..<715: return self.grouped([4, 3, 3], "-")
        case 715..<755: return self.grouped([3, 3, 4], " ")
        case 755..<785: return self.grouped([2, 4, 4], " ")
        case 785..<805: return self.grouped([7, 3], " ")
        case 805..<825: return self.grouped([2, 2, 2, 2, 2], " ")
        case 825..<865: return "+84\(rest)"
        case 865..<895: return "+84 " + Self.grouped(rest, [3, 3, 3], " ")
        case 895..<915: return "84\(rest)"
        case 915..<918: return "0084\(rest)"
        case 918..<925: return self.grouped(Array(repeating: 1, count: 10), " ")
        case 925..<940:
            return self.grouped([4, 3, 3], random.pick(["\u{A0}", "*", "_", "•"]))
        case 940..<945: return self.fullwidth
        case 945..<955: return "o\(rest)"
        case 955..<975: return random.pick(["sđt", "sdt", "zalo"]) + self.national
        default: return self.national + random.pick(["ạ", "nha", "nhé"])
        }
    }

    /// The number with one digit too many or too few, or with three hidden: no number at all.
    func spoilt(_ random: inout SplitMix64) -> String {
        var digits = Array(self.national)
        let place = random.within(4...8)
        switch random.below(3) {
        case 0: digits.remove(at: place)
        case 1: digits.insert("5", at: place)
        default: digits.replaceSubrange(4..<7, with: ["x", "x", "x"])
        }
        return String(digits)
    }

    /// The form of eleven digits that the number had until 2018.
    private var old: String? {
        Self.oldPrefixes[String(self.national.prefix(3))].map { $0 + self.national.dropFirst(3) }
    }

    private var fullwidth: String {
        String(
            String.UnicodeScalarView(
                self.national.unicodeScalars.map {
                    Unicode.Scalar($0.value - 0x30 + 0xFF10) ?? $0
                }
            )
        )
    }

    private func grouped(_ lengths: [Int], _ separator: String) -> String {
        Self.grouped(self.national[...], lengths, separator)
    }

    private static func grouped(
        _ digits: Substring,
        _ lengths: [Int],
        _ separator: String
    ) -> String {
        var rest = digits
        let groups = lengths.map { length in
            let group = rest.prefix(length)
            rest = rest.dropFirst(length)
            return String(group)
        }
        return groups.joined(separator: separator)
    }

    private static func digits(_ count: Int, _ random: inout SplitMix64) -> String {
        let bound = (0..<count).reduce(1) { power, _ in power * 10 }
        let digits = String(random.below(bound))
        return String(repeating: "0", count: count - digits.count) + digits
    }

    /// Operators by their share, each with its prefixes.
    private static let prefixes = Weighted<[String]>([
        (["032", "033", "034", "035", "036", "037", "038", "039"], 27),
        (["086", "096", "097", "098"], 18),
        (["081", "082", "083", "084", "085", "088", "091", "094"], 22),
        (["070", "076", "077", "078", "079", "0896", "0897", "0898", "0899", "090", "093"], 24),
        (["056", "058", "092", "0522", "0523", "0528"], 4),
        (["059", "0993", "0994", "0995", "0559", "087"], 2),
    ])
    private static let oldPrefixes = [
        "070": "0120", "079": "0121", "077": "0122", "076": "0126", "078": "0128", "083": "0123",
        "084": "0124", "085": "0125", "081": "0127", "082": "0129", "032": "0162", "033": "0163",
        "034": "0164", "035": "0165", "036": "0166", "037": "0167", "038": "0168", "039": "0169",
        "056": "0186", "058": "0188", "059": "0199",
    ]
}
