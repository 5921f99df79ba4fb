internal import Foundation

/// A generator of random numbers that can be repeated: SplitMix64.
///
/// A test prints its seed before it does anything, so that a failure can be run again.
package struct Seed: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(_ seed: UInt64) {
        self.state = seed
    }

    /// A new seed, printed; that of KHACH_SEED when it is set, to run a failure again.
    package static func fresh(_ test: String) -> Seed {
        let given = ProcessInfo.processInfo.environment["KHACH_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: .min ... .max)
        print("\(test): seed \(seed)")
        fflush(nil)  // a trap would take it away
        return Seed(seed)
    }

    package mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    package mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &self)
    }

    /// True once in `count` times.
    package mutating func oneIn(_ count: Int) -> Bool {
        self.number(1...count) == 1
    }

    package mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[self.number(0...(elements.count - 1))]
    }
}
