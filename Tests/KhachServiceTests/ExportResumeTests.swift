internal import KhachCore
internal import KhachProto
internal import KhachService
internal import TTRPC
internal import Testing

@Suite("Exports that are cut")
struct ExportResumeTests {
    static let formats: [Khach_V1_ExportFormat] = [.csv, .jsonl, .xlsx]

    /// Enough for several chunks of each format.
    private func request(
        _ harness: ServiceHarness,
        _ business: Khach_V1_Business,
        _ format: Khach_V1_ExportFormat
    ) -> Khach_V1_ExportCustomersRequest {
        harness.request(business, format) { request in
            request.columns = ["no", "customer_id", "name", "phone", "emails", "business"]
        }
    }

    @Test("a file that is cut after any chunk and gone on with is the same", arguments: formats)
    func resumes(_ format: Khach_V1_ExportFormat) async throws {
        let harness = ServiceHarness()
        let business = try await harness.shop(1_100, hasLongNames: true)
        let request = self.request(harness, business, format)
        let whole = try await harness.exported(request)
        #expect(whole.chunks.count > 1)
        #expect(whole.chunks.allSatisfy { $0.data.count <= 256 << 10 })

        for cut in 1..<whole.chunks.count {
            let first = ExportReader(chunksMax: cut)
            await #expect(throws: Status.self) { try await harness.export(request, to: first) }
            #expect(first.chunks.count == cut)
            var rest = request
            rest.resumeToken.append(contentsOf: first.lastToken)
            let second = try await harness.exported(rest)
            #expect(first.bytes + second.bytes == whole.bytes)
            #expect(second.chunks.last?.isLast == true)
        }
        // The chunk before the last one may be asked for again, too: its successor was lost.
        let lost = ExportReader(chunksMax: 1)
        await #expect(throws: Status.self) { try await harness.export(request, to: lost) }
        for _ in 0..<2 {
            var rest = request
            rest.resumeToken.append(contentsOf: lost.lastToken)
            #expect(lost.bytes + (try await harness.exported(rest)).bytes == whole.bytes)
        }
    }

    @Test(
        "what is written between chunks, and while a stream is broken, does not show",
        arguments: formats
    )
    func snapshot(_ format: Khach_V1_ExportFormat) async throws {
        let harness = ServiceHarness()
        let business = try await harness.shop(1_100, hasLongNames: true)
        let request = self.request(harness, business, format)
        let before = try await harness.exported(request)
        let writer: @Sendable (Int) async -> Void = { count in
            _ = try? await harness.record([ServiceHarness.customer(100_000 + count)])
        }
        let first = ExportReader(chunksMax: 1, between: writer)
        await #expect(throws: Status.self) { try await harness.export(request, to: first) }
        await writer(77)
        var rest = request
        rest.resumeToken.append(contentsOf: first.lastToken)
        let second = ExportReader(between: writer)
        try await harness.export(rest, to: second)
        #expect(first.bytes + second.bytes == before.bytes)
        let seqs = Set((first.chunks + second.chunks).map(\.asOfSeq))
        #expect(seqs == Set(before.chunks.map(\.asOfSeq)))
    }

    @Test("a broken export is kept for two minutes", arguments: [(119, true), (120, false)])
    func kept(_ seconds: UInt64, _ isKept: Bool) async throws {
        let harness = ServiceHarness()
        let business = try await harness.shop(1_100, hasLongNames: true)
        let request = self.request(harness, business, .csv)
        let first = ExportReader(chunksMax: 1)
        await #expect(throws: Status.self) { try await harness.export(request, to: first) }
        #expect(harness.exports.count == 1)
        harness.monotonic.advance(seconds * 1_000_000_000)
        var rest = request
        rest.resumeToken.append(contentsOf: first.lastToken)
        if isKept {
            _ = try await harness.exported(rest)
        } else {
            let status = await harness.exportRefusal(rest)
            #expect(status.code == .failedPrecondition)
            #expect(status.reason == "EXPORT_GONE")
            #expect(harness.exports.count == 0)
        }
    }

    @Test("a finished export is kept for half a minute", arguments: [(29, true), (30, false)])
    func finished(_ seconds: UInt64, _ isKept: Bool) async throws {
        let harness = ServiceHarness()
        let business = try await harness.shop(10)
        let request = self.request(harness, business, .csv)
        let whole = try await harness.exported(request)
        harness.monotonic.advance(seconds * 1_000_000_000)
        harness.exports.sweep(now: MonotonicInstant(nanoseconds: harness.monotonic.value))
        #expect(harness.exports.count == (isKept ? 1 : 0))
        var rest = request
        rest.resumeToken.append(contentsOf: whole.lastToken)
        if isKept {
            #expect(try await harness.exported(rest).bytes.isEmpty)
        } else {
            #expect(await harness.exportRefusal(rest).reason == "EXPORT_GONE")
        }
    }

    @Test("a token is of its request and of its server", arguments: ["other columns", "masked"])
    func bound(_ change: String) async throws {
        let harness = ServiceHarness()
        let business = try await harness.shop(1_100, hasLongNames: true)
        let request = self.request(harness, business, .csv)
        let first = ExportReader(chunksMax: 1)
        await #expect(throws: Status.self) { try await harness.export(request, to: first) }
        var other = request
        other.resumeToken.append(contentsOf: first.lastToken)
        if change == "masked" { other.maskContacts = true } else { other.columns = ["no"] }
        let status = await harness.exportRefusal(other)
        #expect(status.code == .invalidArgument)
        #expect(status.field == "resume_token")

        // Another server with the same key does not have the session.
        var same = request
        same.resumeToken.append(contentsOf: first.lastToken)
        #expect(await ServiceHarness().exportRefusal(same).reason == "EXPORT_GONE")
    }

    @Test("four exports at once, and those that are finished make room")
    func bounded() async throws {
        let harness = ServiceHarness()
        let business = try await harness.shop(1_100, hasLongNames: true)
        let request = self.request(harness, business, .csv)
        for _ in 0..<6 { _ = try await harness.exported(request) }
        #expect(harness.exports.count == 4)
        for _ in 0..<4 {
            let cut = ExportReader(chunksMax: 1)
            await #expect(throws: Status.self) { try await harness.export(request, to: cut) }
        }
        let status = await harness.exportRefusal(request)
        #expect(status.code == .resourceExhausted)
        #expect(status.reason == "EXPORTS_EXHAUSTED")
        harness.monotonic.advance(120_000_000_000)
        _ = try await harness.exported(request)
    }

    @Test("who resumes takes over, and the stream before ends")
    func takenOver() async throws {
        let harness = ServiceHarness()
        let business = try await harness.shop(1_100, hasLongNames: true)
        let request = self.request(harness, business, .csv)
        let whole = try await harness.exported(request)
        let first = ExportReader()
        let second = ExportReader()
        // While the first chunk is on its way, another call goes on behind it.
        let taking = ExportReader(
            between: { count in
                guard count == 1 else { return }
                var rest = request
                rest.resumeToken.append(contentsOf: first.lastToken)
                try? await harness.export(rest, to: second)
            }
        )
        await #expect(throws: Status.self) {
            let stream = ResponseStream { payload throws(Status) in
                try await first.stream.send(payload)
                try await taking.stream.send(payload)
            }
            try await harness.export(request, through: stream)
        }
        #expect(first.chunks.count == 1)
        #expect(first.bytes + second.bytes == whole.bytes)
    }

    @Test("an export ends after an hour, whatever its pauses")
    func endless() async throws {
        let harness = ServiceHarness()
        let business = try await harness.shop(1_100, hasLongNames: true)
        let slow = ExportReader { _ in harness.monotonic.advance(1_800_000_000_000) }
        let request = self.request(harness, business, .csv)
        await #expect(throws: Status.self) { try await harness.export(request, to: slow) }
        #expect(slow.chunks.count == 2)
        #expect(harness.exports.count == 0)
    }
}
