internal import Foundation
internal import KhachChannels
internal import KhachTestKit
internal import Testing

/// Bodies of the fixtures with something wrong in them, at random.
struct BodyMutant {
    private static let tokens =
        [
            "null", "[]", "{}", "\"\"", "-1", "1e999", "9007199254740993", "99999999999999999999",
            "true",
            "\"\\u0000\"", "\"\\ud800\"", ",", ":", "{", "}", "[", "]", "\"", "\\", "\n",
            "\u{202E}", "0.0",
            #"{"id":{}}"#, #"[[[[[[]]]]]]"#, "\"1767232800\"", "é",
        ].map { Array($0.utf8) } + [[0], [0xFF], [0xED, 0xA0, 0x80]]

    private let bodies: [(format: WebhookFormat, bytes: [UInt8])]
    private var random: Seed

    /// Begins where KHACH_SEED says, else anew; prints it.
    init(_ test: String) throws {
        self.bodies = WebhookFixture.all.flatMap { fixture in
            fixture.bodies.map { (fixture.format, $0) }
        }
        try #require(self.bodies.count > 100)
        if let text = ProcessInfo.processInfo.environment["KHACH_SEED"] {
            self.random = Seed(
                try #require(UInt64(text), "KHACH_SEED: a number of 64 bits expected")
            )
        } else {
            self.random = Seed.fresh(test)
        }
    }

    mutating func next() -> (format: WebhookFormat, bytes: [UInt8]) {
        var (format, bytes) = self.random.pick(self.bodies)
        for _ in 0..<self.random.number(0...4) where !bytes.isEmpty { self.mutate(&bytes) }
        if self.random.oneIn(20) { format = self.random.pick(WebhookFormat.allCases) }
        return (format, bytes)
    }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        let at = self.random.number(0...(bytes.count - 1))
        let end = min(bytes.count, at + self.random.number(0...12))
        switch self.random.number(0...5) {
        case 0: bytes[at] = UInt8(self.random.number(0...255))
        case 1: bytes.removeSubrange(at..<end)
        case 2: bytes.insert(contentsOf: self.random.pick(Self.tokens), at: at)
        case 3: bytes.insert(contentsOf: bytes[at..<end], at: at)
        case 4: self.replaceValue(after: at, in: &bytes)
        default:
            bytes.replaceSubrange(at..<end, with: self.random.pick(self.bodies).bytes.prefix(60))
        }
    }

    /// A token in the place of the value of some member, so that what is wrong is still JSON.
    private mutating func replaceValue(after at: Int, in bytes: inout [UInt8]) {
        guard let colon = bytes[at...].firstIndex(of: UInt8(ascii: ":")),
            let end = bytes[(colon + 1)...].firstIndex(where: { ",}]".utf8.contains($0) })
        else { return }

        bytes.replaceSubrange((colon + 1)..<end, with: self.random.pick(Self.tokens))
    }
}
