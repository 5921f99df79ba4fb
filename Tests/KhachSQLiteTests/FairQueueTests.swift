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

    struct Weights: CustomTestStringConvertible, Sendable {
        var testDescription: String
        /// Lane and weight of what comes, and whether it is taken.
        var arrivals: [(lane: Character, weight: Int, isTaken: Bool)]
    }

    static let weights = [
        Weights(
            testDescription: "a lane has what is free",
            arrivals: [("a", 4, true), ("a", 2, true), ("a", 1, false)]
        ),
        Weights(
            testDescription: "a lane with nothing waiting may take all that is free, and no more",
            arrivals: [("a", 4, true), ("b", 7, false), ("b", 6, true), ("c", 1, false)]
        ),
        Weights(
            testDescription: "an empty queue takes whatever weighs more than it may hold",
            arrivals: [("a", 40, true), ("a", 1, false), ("b", 1, false)]
        ),
    ]

    @Test("the weight of a lane and of all of them is bounded", arguments: weights)
    func bounded(_ example: Weights) {
        var queue = FairQueue<Int>(countMax: Self.countMax, weightMax: 10)
        let taken = example.arrivals.map { arrival in
            queue.append(arrival.weight, weight: arrival.weight, in: Self.lane(arrival.lane))
        }
        #expect(taken == example.arrivals.map(\.isTaken))
        #expect(queue.weight == example.arrivals.filter(\.isTaken).map(\.weight).reduce(0, +))
        #expect(queue.nextWeight == example.arrivals.first?.weight)
        _ = queue.popAll()
        #expect(queue.weight == 0)
    }

    private static func lane(_ letter: Character) -> Lane {
        .business(BusinessID(rawValue: Int64(letter.unicodeScalars.first?.value ?? 0)))
    }
}
