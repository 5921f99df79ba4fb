internal import TTRPC
internal import Testing

@Suite("A budget of events")
struct SlidingBudgetTests {
    /// Events of a budget of two in 10 ms, and which of them are too many.
    static let examples: [(name: String, milliseconds: [UInt64], refused: [Int])] = [
        ("as many as there may be", [0, 0], []),
        ("one more", [0, 0, 0, 9], [2, 3]),
        ("after its span there is room again", [0, 5, 10, 14, 15], [3]),
        ("what is refused is not counted", [0, 0, 9, 10, 10, 10], [2, 5]),
        ("a clock that was read before another's", [20, 20, 5, 0, 30], [2, 3]),
    ]

    @Test("has so many in any span", arguments: examples)
    func spend(_ name: String, _ milliseconds: [UInt64], _ refused: [Int]) {
        var budget = SlidingBudget(2, milliseconds: 10)
        let found = milliseconds.indices.filter { index in
            let now = MonotonicInstant(nanoseconds: milliseconds[index] * 1_000_000)
            return !budget.spend(now: now)
        }
        #expect(found == refused, "\(name)")
    }
}
