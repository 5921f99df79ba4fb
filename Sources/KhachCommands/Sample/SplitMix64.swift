/// A stream of pseudo-random numbers that is the same on every machine for the same seed.
///
/// Whole-number arithmetic only, and the four operations on `Double` that IEEE 754 fixes to the
/// last bit: no logarithm, no sine, nothing that a C library may round its own way.
struct SplitMix64: Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    /// A bijection of 64 bits that leaves no pattern: distinct inputs, distinct outputs.
    static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(self.state)
    }

    /// A number in `0..<bound`.
    ///
    /// The bias of one part in 2^64 / bound is of no use to a sample.
    mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: self.next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A number in `range`.
    mutating func within(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + self.below(range.count)
    }

    /// A number in `0..<1`.
    mutating func unit() -> Double {
        Double(self.next() >> 11) * 0x1p-53
    }

    /// True in `share` of a thousand cases.
    mutating func happens(perMille share: Int) -> Bool {
        self.below(1_000) < share
    }

    /// One of `choices`, each as likely as the next.
    mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
        choices[self.below(choices.count)]
    }
}

/// Choices with weights, drawn in logarithmic time.
struct Weighted<Choice: Sendable>: Sendable {
    private let choices: [Choice]
    private let sums: [Int]

    init(_ pairs: [(choice: Choice, weight: Int)]) {
        precondition(pairs.contains { $0.weight > 0 }, "a choice with a weight is needed")
        var sum = 0
        self.choices = pairs.map(\.choice)
        self.sums = pairs.map { pair in
            sum += pair.weight
            return sum
        }
    }

    func draw(_ random: inout SplitMix64) -> Choice {
        let point = random.below(self.sums[self.sums.count - 1])
        var low = 0
        var high = self.sums.count - 1
        while low < high {
            let middle = (low + high) / 2
            if self.sums[middle] > point { high = middle } else { low = middle + 1 }
        }
        return self.choices[low]
    }
}
