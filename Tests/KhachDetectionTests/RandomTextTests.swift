internal import KhachCore
internal import KhachDetection
internal import Testing

/// SplitMix64, so that a seed that was printed gives the same texts again.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite("Random texts")
struct RandomTextTests {
    private static let fresh = UInt64.random(in: 0...UInt64.max)

    private static let pieces: [String] = [
        "0", "9", "84", "+84", "0912", "345", "678", "0912345678", "091", "(", ")", " ", ".", "-",
        ",", "/", "\n", "\t", "@", "gmail.com", "lan", "sđt ", "stk", "mã ", "đ", "x", "VN", "#",
        "http://", "zalo.me/", "wa.me/", "o", "O", "\u{301}", "\u{20E3}", "\u{200B}", "９", "𝟗",
        "\u{202E}", "ế", "😍", "+65", "12.12.2024", "1.000", "cũng là", "DH", ":", "?", "\u{FFFD}",
    ]

    @Test("bytes of any kind are read alike twice, inside their bounds", arguments: [1, 2, fresh])
    func bytes(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        for _ in 0..<1_000 {
            let count = Int.random(in: 0...200, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            Self.check(String(decoding: bytes, as: UTF8.self), seed: seed)
        }
    }

    @Test("what people write, in any order", arguments: [1, 2, fresh])
    func pieces(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...24, using: &random)
            let text = (0..<count).compactMap { _ in Self.pieces.randomElement(using: &random) }
            Self.check(text.joined(), seed: seed)
        }
    }

    private static func check(_ text: String, seed: UInt64) {
        let findings = ContactDetector.standard.findings(in: text)
        let again = ContactDetector.standard.findings(in: text)
        #expect(findings == again, "seed \(seed): \(text.debugDescription)")

        let values = findings.map(\.value)
        #expect(Set(values).count == values.count, "seed \(seed): \(text.debugDescription)")

        var end = 0
        for finding in findings {
            let isInside =
                finding.bytes.lowerBound >= end
                && finding.bytes.upperBound <= text.utf8.count && !finding.bytes.isEmpty
            #expect(isInside, "seed \(seed): \(text.debugDescription)")
            end = finding.bytes.upperBound
            guard finding.kind == .phone else { continue }

            #expect(
                PhoneLibrary.isValid(finding.value),
                "seed \(seed): \(text.debugDescription)"
            )
        }
    }
}
