internal import KhachService
internal import TTRPC
internal import Testing

/// What a watcher is told, as tables: the value knows no clock and no stream.
@Suite("WatchNotices")
struct WatchNoticesTests {
    enum Event: Sendable {
        case commit(UInt64)
        /// Seconds since the watch began.
        case at(UInt64)
        case close
        /// Everything that is told now.
        case tell
    }

    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var cursor: UInt64
        var events: [Event]
        var told: [String]
    }

    static let examples: [Example] = [
        Example(
            testDescription: "at the head: a bookmark at first",
            cursor: 7,
            events: [.commit(7), .tell, .tell],
            told: ["bookmark 7", "-", "-"]
        ),
        Example(
            testDescription: "behind: a poke at first",
            cursor: 5,
            events: [.commit(7), .tell],
            told: ["poke 7", "-"]
        ),
        Example(
            testDescription: "F4 F10: whatever was committed while nothing could be told, one poke",
            cursor: 1,
            events: [.commit(1), .tell] + (2...1_000).map { .commit($0) } + [.tell],
            told: ["bookmark 1", "-", "poke 1000", "-"]
        ),
        Example(
            testDescription: "F2: an older head that is told late changes nothing",
            cursor: 7,
            events: [.commit(9), .tell, .commit(8), .tell],
            told: ["poke 9", "-", "-"]
        ),
        Example(
            testDescription: "F8 A12: a bookmark after 9 s of silence, and again",
            cursor: 7,
            events: [
                .commit(7), .tell, .at(8), .tell, .at(9), .tell, .at(17), .tell, .at(18), .tell,
            ],
            told: ["bookmark 7", "-", "-", "bookmark 7", "-", "-", "bookmark 7", "-"]
        ),
        Example(
            testDescription: "A3: what is new goes before the bookmark that speaks of it",
            cursor: 7,
            events: [.commit(7), .tell, .commit(8), .at(60), .tell],
            told: ["bookmark 7", "-", "poke 8", "-"]
        ),
        Example(
            testDescription: "F9: a server that stops says what is new, a last bookmark, and ends",
            cursor: 7,
            events: [.commit(7), .tell, .commit(8), .close, .tell],
            told: ["bookmark 7", "-", "poke 8", "bookmark 8", "end"]
        ),
        Example(
            testDescription: "F9: and to one that was told everything, a last bookmark",
            cursor: 7,
            events: [.commit(7), .tell, .close, .tell, .close, .tell],
            told: ["bookmark 7", "-", "bookmark 7", "end", "end"]
        ),
    ]

    @Test("tells what is new, once, and that nothing is", arguments: examples)
    func tells(_ example: Example) {
        var notices = WatchNotices(cursor: example.cursor, now: Self.second(0))
        var now = Self.second(0)
        var told: [String] = []
        for event in example.events {
            switch event {
            case .commit(let head): notices.committed(head)
            case .at(let seconds): now = Self.second(seconds)
            case .close: notices.close()
            case .tell:
                repeat {
                    told.append(Self.text(notices.next(now)))
                } while told.last != "-" && told.last != "end"
            }
        }
        #expect(told == example.told)
    }

    private static func second(_ seconds: UInt64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: 5_000_000_000 + seconds * 1_000_000_000)
    }

    private static func text(_ next: WatchNotices.Next) -> String {
        switch next {
        case .notice(.poke(let head)): "poke \(head)"
        case .notice(.bookmark(let seq)): "bookmark \(seq)"
        case .wait: "-"
        case .end: "end"
        }
    }
}
