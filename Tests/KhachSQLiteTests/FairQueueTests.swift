internal import KhachCore
internal import Testing

@testable internal import KhachSQLite

/// Who asks for much waits behind its own work (reliability.md §2.5, noisy neighbour).
@Suite("Fair queue")
struct FairQueueTests {
    struct Example: CustomTestStringConvertible, Sendable {
        var testDescription: String
        /// The lanes in which something is put, in this order; each letter is one.
        var arrivals: String
        /// Of `arrivals`, what is refused, by its index.
        var refused: [Int] = []
        /// The lanes in the order in which they are served.
        var served: String
    }

    private static let countMax = 6

    static let examples = [
        Example(testDescription: "nothing", arrivals: "", served: ""),
        Example(testDescription: "one lane, oldest first", arrivals: "aaa", served: "aaa"),
        Example(testDescription: "one of each in turn", arrivals: "aaabb", served: "ababa"),
        Example(
            testDescription: "a lane that comes late does not wait for a flood",
            arrivals: "aaab",
            served: "abaa"
        ),
        Example(
            testDescription: "a lane alone fills half",
            arrivals: "aaaa",
            refused: [3],
            served: "aaa"
        ),
        Example(
            testDescription: "two leave room for a third",
            arrivals: "aaabbbc",
            refused: [5],
            served: "abcaba"
        ),
        Example(
            testDescription: "nobody gets more than there is",
            arrivals: "aaabbcd",
            refused: [6],
            served: "abcaba"
        ),
    ]

    @Test("serves lanes in turn, and holds each to what is free", arguments: examples)
    func turns(_ example: Example) throws {
        var queue = FairQueue<Int>(countMax: Self.countMax)
        let lanes = Array(example.arrivals)
        let refused = lanes.indices.filter { index in
            !queue.append(index, in: Self.lane(lanes[index]))
        }
        #expect(refused == example.refused)
        #expect(queue.count == lanes.count - refused.count)
        let served = queue.popAll()
        #expect(String(served.map { lanes[$0] }) == example.served)
        for lane in Set(lanes) {
            let own = served.filter { lanes[$0] == lane }
            #expect(own == own.sorted(), "the oldest of \(lane) first")
        }
        #expect(queue.isEmpty)
    }

    @Test(
        "what weighs much is taken by a lane that has nothing, and then no more of it",
        arguments: [(4, true, 4, false), (4, true, 2, true), (40, true, 1, false)]
    )
    func weights(first: Int, isFirstTaken: Bool, second: Int, isSecondTaken: Bool) {
        var queue = FairQueue<Int>(countMax: Self.countMax, weightMax: 10)
        let isFirst = queue.append(0, weight: first, in: .common)
        #expect(isFirst == isFirstTaken)
        let isSecond = queue.append(1, weight: second, in: .common)
        #expect(isSecond == isSecondTaken)
        let isOther = queue.append(2, weight: first, in: Self.lane("b"))
        #expect(isOther, "a lane with nothing waiting")
        #expect(queue.nextWeight == first)
        #expect(queue.popAll().last == (isSecondTaken ? 1 : 2))
        #expect(queue.weight == 0)
    }

    private static func lane(_ letter: Character) -> Lane {
        .business(BusinessID(rawValue: Int64(letter.unicodeScalars.first?.value ?? 0)))
    }
}
