internal import KhachCore
internal import TTRPC

/// Sends a session's file from somewhere on to its end, chunk after chunk.
struct ExportStream {
    let environment: ServiceEnvironment
    let context: CallContext
    let session: ExportSession
    let binding: ExportToken.Binding
    let responses: ResponseStream
    let turn: Int

    /// Goes on behind the chunk that `token` came with; from the beginning without one.
    func run(after token: ExportToken?) async throws {
        if self.session.layout.format == .xlsx {
            try await self.sendBook(from: token?.offset ?? 0)
        } else {
            try await self.sendRows(after: token)
        }
    }

    // MARK: CSV and JSONL

    private func sendRows(after token: ExportToken?) async throws {
        if let token, token.rowsDone == self.session.rowsTotal {
            return try await self.send([], token, isLast: true)
        }
        guard var place = token.map(self.session.place) ?? self.session.first else {
            throw Status.exportGone
        }

        var subject = self.session.subject
        subject.rowsBefore = UInt64(place.rowsDone)
        let press = try await self.environment.presses.open(self.session.layout, subject)
        defer { press.close() }
        var isLast = false
        while !isLast {
            try self.beginStep()
            let (page, next) = try await self.session.rows.page(
                at: place.start,
                in: self.session.snapshot,
                self.deadline
            )
            let number = place.page
            while place.page == number, !isLast {
                let piece = try await press.add(
                    page,
                    place.row,
                    ServiceLimits.exportChunkBytesMax
                )
                place.row += piece.rowsCount
                place.rowsDone += piece.rowsCount
                if place.row == page.ranges.count {
                    if let next { place = self.session.advance(place, to: next) }
                    isLast = next == nil
                }
                self.session.rest(self.turn)
                try await self.send(piece.bytes, self.token(place), isLast: isLast)
                if place.page == number, !isLast { try self.beginStep() }
            }
        }
    }

    private func token(_ place: ExportSession.Place) -> ExportToken {
        ExportToken(
            session: self.session.number,
            page: place.page,
            offset: place.row,
            rowsDone: place.rowsDone
        )
    }

    // MARK: XLSX

    private func sendBook(from offset: Int) async throws {
        if case .none = self.session.book {
            try self.beginStep()
            let press = try await self.environment.presses.open(
                self.session.layout,
                self.session.subject
            )
            self.session.set(.growing(press, self.session.first))
            self.session.rest(self.turn)
        }
        var rowsTold = 0
        while case .growing(let press, let place) = self.session.book {
            try self.beginStep()
            let rowsDone = try await self.grow(press, place)
            self.session.rest(self.turn)
            guard rowsDone - rowsTold >= ServiceLimits.exportProgressRows else { continue }

            rowsTold = rowsDone
            try await self.send([], self.token(0, rowsDone), isLast: false)
        }
        guard case .whole(let press, let bytesCount) = self.session.book else {
            throw Status.exportGone
        }

        try await self.sendBytes(press, offset, bytesCount)
    }

    /// Adds a page of records; after the last, ends the workbook.
    private func grow(_ press: ExportPress, _ place: ExportSession.Place) async throws -> Int {
        let (page, next) = try await self.session.rows.page(
            at: place.start,
            in: self.session.snapshot,
            self.deadline
        )
        let piece = try await press.add(page, 0, .max)
        var grown = place
        grown.rowsDone += piece.rowsCount
        if let next {
            self.session.set(.growing(press, self.session.advance(grown, to: next)))
        } else {
            let bytesCount = try await press.finish()
            self.session.set(.whole(press, bytesCount: bytesCount))
            // The file is whole: nothing of the store is needed any more.
            self.session.snapshot.close()
        }
        return grown.rowsDone
    }

    // Must not be inlined: in a release build, the optimizer of Swift 6.3.1 crashes over this, its
    // caller and `sendPiece` in one function.
    @inline(never)
    private func sendBytes(_ press: ExportPress, _ offset: Int, _ bytesCount: Int) async throws {
        var sent = offset
        var isLast = false
        while !isLast {
            let end = min(sent + ServiceLimits.exportChunkBytesMax, bytesCount)
            isLast = end == bytesCount
            try await self.sendPiece(press, sent..<end, isLast: isLast)
            sent = end
        }
    }

    // Must not be inlined: as `sendBytes`.
    @inline(never)
    private func sendPiece(
        _ press: ExportPress,
        _ range: Range<Int>,
        isLast: Bool
    ) async throws {
        try self.beginStep()
        let bytes = try await press.read(range)
        self.session.rest(self.turn)
        let token = self.token(range.upperBound, self.session.rowsTotal)
        try await self.send(bytes, token, isLast: isLast)
    }

    private func token(_ offset: Int, _ rowsDone: Int) -> ExportToken {
        ExportToken(session: self.session.number, page: 0, offset: offset, rowsDone: rowsDone)
    }

    // MARK: Steps

    /// Begins a step, unless the call or the export is over.
    private func beginStep() throws {
        try Task.checkCancellation()
        guard self.environment.monotonicNow().nanoseconds < self.session.endsAt else {
            throw Status(
                .deadlineExceeded,
                reason: "EXPORT_TOO_LONG",
                "an export within \(ServiceLimits.exportNanosecondsMax / 1_000_000_000) s "
                    + "expected, found a longer one"
            )
        }
        try self.session.work(self.turn)
    }

    private var deadline: Deadline { self.environment.queryDeadline(self.context) }

    /// `ExportCustomersResponse`: data = 1, rows_done = 2, rows_total = 3, resume_token = 4,
    /// as_of_seq = 5, is_last = 6.
    private func send(
        _ bytes: [UInt8],
        _ token: ExportToken,
        isLast: Bool
    ) async throws(Status) {
        var writer = PayloadWriter(capacity: bytes.count + 160)
        if !bytes.isEmpty { writer.write(bytes, field: 1) }
        writer.write(UInt64(token.rowsDone), field: 2)
        writer.write(UInt64(self.session.rowsTotal), field: 3)
        writer.write(self.binding.bytes(token), field: 4)
        writer.write(self.session.subject.head, field: 5)
        writer.write(isLast ? 1 : 0, field: 6)
        try await self.responses.send(writer.payload)
    }
}
