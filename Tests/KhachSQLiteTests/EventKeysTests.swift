internal import KhachCore
internal import KhachService
internal import KhachTestKit
internal import Testing

@testable internal import KhachSQLite

@Suite("Event keys")
struct EventKeysTests {
    /// A group of a load: how many keys come, and whether it is committed.
    enum Step {
        case commit(Int)
        case rollBack(Int)
    }

    struct Example: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var steps: [Step]
        /// Keys written with each step, of four that are gathered before a batch begins.
        var written: [Int]
        /// The last interaction up to which the table is whole.
        var wholeUpTo: Int64
    }

    static let examples = [
        Example(
            testDescription: "too few",
            steps: [.commit(3)],
            written: [0],
            wholeUpTo: 0
        ),
        Example(
            testDescription: "a batch begins behind the commit that filled it",
            steps: [.commit(4), .commit(1), .commit(1)],
            written: [0, 2, 2],
            wholeUpTo: 4
        ),
        Example(
            testDescription: "a group that adds none writes none",
            steps: [.commit(4), .commit(0), .commit(2)],
            written: [0, 0, 4],
            wholeUpTo: 4
        ),
        Example(
            testDescription: "what was rolled back is written again",
            steps: [.commit(4), .rollBack(1), .commit(1), .rollBack(9), .commit(1)],
            written: [0, 2, 2, 2, 2],
            wholeUpTo: 4
        ),
        Example(
            testDescription: "the next batch waits for the end of the one before",
            steps: [.commit(9), .commit(4), .commit(1), .commit(4)],
            written: [0, 8, 1, 5],
            wholeUpTo: 14
        ),
    ]

    @Test("are written in slices, in order, each once", arguments: examples)
    func slices(_ example: Example) {
        var keys = EventKeys(gatheredMax: 4)
        var (interaction, wholeUpTo): (Int64, Int64) = (0, 0)
        var table: Set<Int64> = []
        for (step, expected) in zip(example.steps, example.written) {
            let (count, isCommitted) =
                switch step {
                case .commit(let count): (count, true)
                case .rollBack(let count): (count, false)
                }
            let before = interaction
            for _ in 0..<count {
                interaction += 1
                keys.add(Self.key(interaction), interaction)
            }
            let slice = keys.takeSlice()
            #expect(slice.rows.count == expected)
            let texts = slice.rows.map { String(decoding: slice.bytes[$0.key], as: UTF8.self) }
            #expect(texts == texts.sorted())
            if isCommitted {
                let rows = Set(slice.rows.map(\.interaction))
                #expect(table.isDisjoint(with: rows))
                table.formUnion(rows)
                wholeUpTo = slice.wholeUpTo ?? wholeUpTo
                keys.committed()
                keys.beginBatchIfFull()
            } else {
                keys.rolledBack()
                interaction = before
            }
            for number in 1..<max(2, interaction + 1) where number <= interaction {
                #expect(keys.interaction(Self.key(number)) == number || table.contains(number))
            }
            #expect(keys.interaction(Self.key(interaction + 1)) == nil)
        }
        #expect(wholeUpTo == example.wholeUpTo)
        #expect(wholeUpTo == 0 || Set(1...wholeUpTo).isSubset(of: table))
    }

    @Test("are not sorted within a commit, which callers wait for")
    func answersFirst() {
        var keys = EventKeys(gatheredMax: 4)
        for number in 1...4 {
            keys.add(Self.key(Int64(number)), Int64(number))
        }
        keys.committed()
        keys.add(Self.key(5), 5)
        #expect(keys.takeSlice().rows.isEmpty)
        keys.committed()
        keys.beginBatchIfFull()
        keys.add(Self.key(6), 6)
        #expect(keys.takeSlice().rows.count == 2)
    }

    @Test("are their bytes: the same letter written in two ways is two keys")
    func bytes() {
        var keys = EventKeys(gatheredMax: 4)
        keys.add(ExternalID(PageID(rawValue: 1), "\u{e9}"), 1)
        #expect(keys.interaction(ExternalID(PageID(rawValue: 1), "e\u{301}")) == nil)
        #expect(keys.interaction(ExternalID(PageID(rawValue: 2), "\u{e9}")) == nil)
        #expect(keys.interaction(ExternalID(PageID(rawValue: 1), "\u{e9}")) == 1)
    }

    @Test("are known after the store was opened again, wherever they are", arguments: 0...20)
    func reopened(_ events: Int) async throws {
        try await withFolder { path in
            var configuration = SQLiteStore.Configuration()
            configuration.gatheredKeysMax = 6
            var pages: [PageKey] = []
            for turn in 0..<3 {
                let store = try SQLiteStore.open(
                    path: path,
                    codec: .proto,
                    zones: .tzdata,
                    configuration: configuration
                )
                defer { store.close() }
                if turn == 0 {
                    let world = try await StoreConformance.World(in: store)
                    pages = world.pages.map(\.key)
                }
                for number in 0..<events {
                    let interaction = Interaction(
                        page: pages[number % pages.count],
                        eventKey: "m\(number * 7 % 20)",
                        externalUserID: "u\(number % 3)",
                        direction: .inbound,
                        kind: .message,
                        occurredAt: StoreConformance.now
                    )
                    let outcomes = try await store.record([interaction], now: StoreConformance.now)
                    #expect(outcomes.count == 1)
                    #expect((outcomes[0].result == .duplicate) == (turn > 0))
                }
            }
            _ = try expectKeys(in: path)
        }
    }

    private static func key(_ number: Int64) -> ExternalID {
        ExternalID(PageID(rawValue: 1), "k\(number * 7 % 10)\(number)")
    }
}
