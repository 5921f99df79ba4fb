internal import Foundation
internal import Testing

/// Where the random numbers of a test begin: from KHACH_SEED when that is set, else anew.
struct ReplayableSeed: CustomStringConvertible {
    let number: UInt64

    init() throws {
        let text = ProcessInfo.processInfo.environment["KHACH_SEED"]
        self.number =
            try text.map { text in
                try #require(
                    UInt64(text),
                    "KHACH_SEED: a number of 64 bits expected, found \(text)"
                )
            } ?? UInt64.random(in: 0 ... .max)
    }

    /// How to run the same again.
    var description: String { "to replay, set KHACH_SEED=\(self.number)" }
    var generator: SplitMix { SplitMix(state: self.number) }
}

/// A small generator of which the seed can be printed.
struct SplitMix {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
}
