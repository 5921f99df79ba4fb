internal import KhachCore
internal import Synchronization
internal import TTRPC

/// One export from its first byte until nobody may ask for any of them again.
///
/// A stream that sends it has a turn; whoever resumes it takes the turn over, and the stream that
/// had it ends at its next step. Knows no time and no wire.
final class ExportSession: Sendable {
    /// The next row: where its page of records begins, and which of it.
    struct Place: Hashable {
        var page: Int
        var start: ExportRows.Start
        var row: Int
        var rowsDone: Int
    }

    /// How far a workbook is, which is made once, whoever reads it.
    enum Book {
        case none
        case growing(ExportPress, Place)
        case whole(ExportPress, bytesCount: Int)
    }

    private enum Use {
        /// A step is under way that nothing may come into.
        case working(turn: Int)
        /// A chunk is on its way; another stream may take over.
        case sending(turn: Int)
        /// The stream has ended.
        case parked(turn: Int, until: UInt64, isFinished: Bool)
        case closed
    }

    private struct State {
        var use = Use.parked(turn: 0, until: .max, isFinished: false)
        var book = Book.none
        /// Where the latest pages of records began, the last of them as page `starts.last`.
        var starts: [ExportRows.Start]
        var startsDropped = 0
    }

    let number: UInt64
    let snapshot: any CustomerSnapshot
    let rows: ExportRows
    let layout: ExportLayout
    let subject: ExportSubject
    let rowsTotal: Int
    /// When it ends whatever happens, on the monotonic clock.
    let endsAt: UInt64
    private let state: Mutex<State>

    init(
        number: UInt64,
        snapshot: any CustomerSnapshot,
        rows: ExportRows,
        layout: ExportLayout,
        subject: ExportSubject,
        rowsTotal: Int,
        endsAt: UInt64
    ) {
        self.number = number
        self.snapshot = snapshot
        self.rows = rows
        self.layout = layout
        self.subject = subject
        self.rowsTotal = rowsTotal
        self.endsAt = endsAt
        self.state = Mutex(State(starts: [rows.start]))
    }

    // MARK: Turns

    /// Takes the turn; throws when it is gone, or cannot be had at this moment.
    func enter() throws(Status) -> Int {
        let turn: Result<Int, Status> = self.state.withLock { state in
            switch state.use {
            case .sending(let turn), .parked(let turn, _, _):
                state.use = .sending(turn: turn + 1)
                return .success(turn + 1)
            case .working:
                return .failure(
                    Status(
                        .unavailable,
                        reason: "EXPORT_BUSY",
                        "an export between two steps expected, found one in a step"
                    )
                )
            case .closed: return .failure(.exportGone)
            }
        }
        return try turn.get()
    }

    /// Begins a step; throws when another stream has the turn.
    func work(_ turn: Int) throws(Status) {
        let isMine = self.state.withLock { state in
            guard case .sending(turn) = state.use else { return false }

            state.use = .working(turn: turn)
            return true
        }
        guard isMine else {
            throw Status(.cancelled, "the turn of this stream expected, found that of another")
        }
    }

    /// Ends a step.
    func rest(_ turn: Int) {
        self.state.withLock { state in
            guard case .working(turn) = state.use else { return }

            state.use = .sending(turn: turn)
        }
    }

    /// The stream has ended; it is kept until then.
    func park(_ turn: Int, until: UInt64, isFinished: Bool) {
        self.state.withLock { state in
            switch state.use {
            case .working(turn), .sending(turn):
                state.use = .parked(turn: turn, until: until, isFinished: isFinished)
            case .working, .sending, .parked, .closed: break  // another stream has taken over
            }
        }
    }

    /// Whether it was sent to its end.
    var isFinished: Bool {
        self.state.withLock { state in
            if case .parked(_, _, let isFinished) = state.use { isFinished } else { false }
        }
    }

    /// Lets go of everything if nobody came for it in time; whether it is closed now.
    func closeIfOver(now: UInt64) -> Bool {
        let isOver = self.state.withLock { state in
            switch state.use {
            case .parked(_, let until, _): now >= min(until, self.endsAt)
            case .working, .sending: false
            case .closed: true
            }
        }
        if isOver { self.close() }
        return isOver
    }

    /// Lets go of everything; the second time does nothing.
    func close() {
        let book = self.state.withLock { state in
            state.use = .closed
            return exchange(&state.book, with: .none)
        }
        switch book {
        case .none: break
        case .growing(let press, _), .whole(let press, _): press.close()
        }
        self.snapshot.close()
    }

    // MARK: Places

    /// Where the first row is.
    var first: Place { Place(page: 0, start: self.rows.start, row: 0, rowsDone: 0) }

    /// Where the next page of records begins, which is remembered for those who come back.
    func advance(_ place: Place, to start: ExportRows.Start) -> Place {
        self.state.withLock { state in
            if place.page + 1 == state.startsDropped + state.starts.count {
                state.starts.append(start)
            }
            // Half at once, so that it costs little.
            if state.starts.count > ServiceLimits.exportStartsMax {
                state.starts.removeFirst(ServiceLimits.exportStartsMax / 2)
                state.startsDropped += ServiceLimits.exportStartsMax / 2
            }
        }
        return Place(page: place.page + 1, start: start, row: 0, rowsDone: place.rowsDone)
    }

    /// The place of a token; `nil` when it is too far back.
    func place(_ token: ExportToken) -> Place? {
        self.state.withLock { state in
            let index = token.page - state.startsDropped
            guard state.starts.indices.contains(index) else { return nil }

            return Place(
                page: token.page,
                start: state.starts[index],
                row: token.offset,
                rowsDone: token.rowsDone
            )
        }
    }

    // MARK: The workbook

    var book: Book { self.state.withLock { $0.book } }

    /// Sets how far it is; a press that comes too late is closed.
    func set(_ book: Book) {
        let isClosed = self.state.withLock { state in
            if case .closed = state.use { return true }
            state.book = book
            return false
        }
        guard isClosed else { return }

        if case .growing(let press, _) = book { press.close() }
    }
}

extension Status {
    /// The session of a token is over: the export has to begin again.
    static var exportGone: Status {
        Status(
            .failedPrecondition,
            reason: "EXPORT_GONE",
            "resume_token: an export that is kept expected, found one that is over"
        )
    }
}
