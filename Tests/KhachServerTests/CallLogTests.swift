internal import KhachCore
internal import Logging
internal import NIOCore
internal import Synchronization
internal import TTRPC
internal import Testing

@testable internal import KhachServer

/// Which calls are lines of the log, and what those say.
@Suite("Lines and spans of calls", .timeLimit(.minutes(15)))
struct CallLogTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"
    private static let origin = CallOrigin(.grpc, connection: 3, call: 5)

    /// Methods that are observed, and the lines that come of them, as fields.
    private final class Scene: Sendable {
        private let sink = Sink()
        let metrics = ServerMetrics()
        let log: CallLog

        init(
            slow: UInt64 = .max,
            traces: Int? = nil,
            level: Logger.Level = .info,
            token: TokenID? = nil
        ) {
            let sink = self.sink
            var logger = Logger(label: "test") { _ in
                LineLogHandler(format: .logfmt) { sink.add($0) }
            }
            logger.logLevel = level
            var log = CallLog(logger: logger, names: CallNames(process: 0xAB))
            log.slowNanoseconds = slow
            log.token = { _ in token }
            let metrics = self.metrics
            log.tracer = traces.map { Tracer(oneIn: $0, dropped: metrics.traceDropped) }
            self.log = log
        }

        var lines: [[String: String]] {
            self.sink.all.map { line in
                let parts = line.dropLast().split(separator: " ").filter { $0.contains("=") }
                let pairs = parts.map { part -> (String, String) in
                    let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
                    return (pair[0], pair.last ?? "")
                }
                return Dictionary(pairs) { first, _ in first }
            }
        }

        var text: String { self.sink.all.joined() }

        /// Calls the one method that `handler` is.
        func call(
            _ handler: MethodTable.Handler,
            _ headers: [(String, String)] = []
        ) async -> Status? {
            var methods = MethodTable()
            methods.add("s", "m", handler)
            let context = CallContext(
                service: "s",
                method: "m",
                metadata: Metadata(headers.map { .init(key: $0.0, value: $0.1) }),
                origin: CallLogTests.origin
            )
            do throws(Status) {
                let observed = ObservedMethods(metrics: self.metrics, log: self.log)
                switch try observed.table(methods).handler("s", "m").get() {
                case .inPlace(let body): _ = try body(context, Payload())
                case .unary(let body): _ = try await body(context, Payload())
                case .serverStreaming(let body):
                    try await body(context, Payload(), ResponseStream { _ throws(Status) in })
                case let other: preconditionFailure("a kind of these expected, found \(other)")
                }
                return nil
            } catch {
                return error
            }
        }
    }

    private static func refusal(_ code: Status.Code) -> MethodTable.Handler {
        .inPlace { (_, _) throws(Status) in throw Status(code, "Zqx") }
    }

    private static let done = MethodTable.Handler.unary { (_, payload) throws(Status) in payload }

    private static func header(_ flags: String) -> (String, String) {
        ("traceparent", "00-\(Self.trace)-\(Self.span)-\(flags)")
    }

    @Test(
        "a refusal is a line as grave as it is, with what its error and its caller call it",
        arguments: [
            (.internal, "error"), (.unknown, "error"), (.dataLoss, "error"),
            (.unavailable, "warning"), (.notFound, "info"), (.unauthenticated, "info"),
        ] as [(Status.Code, String)]
    )
    func refused(_ code: Status.Code, _ level: String) async throws {
        let token = TokenID(rawValue: 9)
        let scene = Scene(token: token)
        let status = await scene.call(
            Self.refusal(code),
            [("x-request-id", "r-1"), Self.header("01")]
        )
        #expect(status?.requestID == "r-1")
        let line = try #require(scene.lines.first)
        #expect(scene.lines.count == 1)
        #expect(line["level"] == level)
        #expect(line["request"] == "r-1")
        #expect(line["method"] == "s/m")
        #expect(line["code"] == code.word)
        #expect(line["trace"] == Self.trace)
        #expect(line["parent"] == Self.span)
        #expect(line["listener"] == "grpc")
        #expect(line["token"] == token.text)
        #expect(line["microseconds"].flatMap { Int($0) } != nil)
        #expect(!scene.text.contains("Zqx"))
    }

    @Test(
        "what a caller says amiss is in no line, and the call has a name all the same",
        arguments: [
            ("x-request-id", "a b"), ("x-request-id", "Zqx\nlevel=error"),
            ("x-request-id", String(repeating: "Zqx", count: 22)),
            ("traceparent", "00-Zqx-01"), ("traceparent", "00-\(trace)-\(span)-01-Zqx"),
            ("tracestate", "Zqx=1"),
        ]
    )
    func cleaned(_ key: String, _ value: String) async throws {
        let scene = Scene(traces: 1)
        let status = await scene.call(Self.refusal(.internal), [(key, value)])
        #expect(status?.requestID == "000000ab-3-5")
        #expect(scene.lines.map { $0["request"] } == ["000000ab-3-5", "000000ab-3-5"])
        #expect(!scene.text.contains("Zqx"), "\(scene.text)")
        #expect(!scene.text.contains(Self.trace), "\(scene.text)")
    }

    @Test(
        "a call with one answer is a line when it takes as long as is set",
        arguments: [(UInt64.max, 0), (0, 1)]
    )
    func slow(_ nanoseconds: UInt64, _ count: Int) async {
        let scene = Scene(slow: nanoseconds)
        #expect(await scene.call(Self.done, [("x-request-id", "r-1")]) == nil)
        let stream = MethodTable.Handler.serverStreaming { (_, _, _) throws(Status) in }
        #expect(await scene.call(stream) == nil)
        #expect(scene.lines.count == count)
        for line in scene.lines {
            #expect(line["level"] == "warning")
            #expect(line["code"] == "OK")
            #expect(line["request"] == "r-1")
        }
        // One line says enough of what is slow and refused.
        #expect(await scene.call(Self.refusal(.notFound)) != nil)
        #expect(scene.lines.count == count + 1)
    }

    @Test("a call that is answered soon is no line, and at debug a short one")
    func answered() async {
        for (level, messages) in [(Logger.Level.info, []), (.debug, ["r-1"])] {
            let scene = Scene(traces: 0, level: level)
            #expect(await scene.call(Self.done, [("x-request-id", "r-1")]) == nil)
            #expect(scene.lines.compactMap { $0["request"] } == messages)
        }
    }

    @Test("a call and its steps are spans of its caller's trace, each below the right one")
    func spans() async throws {
        let scene = Scene(traces: 0)
        let method = MethodTable.Handler.unary { (_, payload) throws(Status) in
            for name in [CallSteps.Name.turn, .read] {
                let step = try requireStatus(CallSteps.begin())
                step.end(name)
            }
            return payload
        }
        #expect(await scene.call(method, [Self.header("01")]) == nil)
        let lines = scene.lines
        try #require(lines.count == 3)
        #expect(lines.allSatisfy { $0["trace"] == Self.trace })
        #expect(lines[0]["parent"] == Self.span)
        #expect(lines[0]["method"] == "s/m")
        #expect(lines[0]["code"] == "OK")
        let own = try #require(lines[0]["span"])
        #expect(lines.dropFirst().map { $0["parent"] } == [own, own])
        #expect(lines.dropFirst().map { $0["step"] } == ["turn", "read"])
        let spans = lines.compactMap { $0["span"] }
        #expect(Set(spans + [Self.span]).count == 4)
        #expect(spans.allSatisfy { TraceParent("00-\(Self.trace)-\($0)-01") != nil })
        let start = try #require(lines[0]["start"].flatMap { Int64($0) })
        for line in lines.dropFirst() {
            #expect(try #require(line["start"].flatMap { Int64($0) }) >= start - 1)
        }
        #expect(abs(start - Clocks.nowMicroseconds()) < 900_000_000)
    }

    @Test("steps are bounded")
    func steps() async {
        for count in [CallTrace.stepsMax - 1, CallTrace.stepsMax, CallTrace.stepsMax + 1] {
            let scene = Scene(traces: 0)
            let method = MethodTable.Handler.unary { (_, payload) throws(Status) in
                for _ in 0..<count { CallSteps.begin()?.end(.read) }
                return payload
            }
            #expect(await scene.call(method, [Self.header("01")]) == nil)
            #expect(scene.lines.count == 1 + min(count, CallTrace.stepsMax))
        }
    }

    @Test(
        "a caller says whether its call is recorded, and where none does, so many are",
        arguments: [
            (nil, "01", false), (0, "01", true), (0, "00", false), (0, nil, false),
            (1, nil, true), (1, "00", false), (1, "01", true), (1, "0x", true),
        ] as [(Int?, String?, Bool)]
    )
    func sampled(_ oneIn: Int?, _ flags: String?, _ isRecorded: Bool) async {
        for handler in [Self.done, .inPlace { _, payload in payload }] {
            let scene = Scene(traces: oneIn)
            #expect(await scene.call(handler, flags.map { [Self.header($0)] } ?? []) == nil)
            #expect(scene.lines.count == (isRecorded ? 1 : 0))
            let begun = scene.lines.first.flatMap { $0["parent"] } == nil
            if isRecorded { #expect(begun == (flags != "01")) }
        }
    }

    @Test("one of so many is one of so many")
    func share() {
        let chosen = (0..<40_000).count { _ in
            Tracer(oneIn: 4, dropped: {}).trace(Metadata()) != nil
        }
        #expect((9_000...11_000).contains(chosen), "\(chosen)")
    }

    @Test("so many calls are recorded in a second; those of more are counted")
    func bound() async {
        let now = Mutex(MonotonicInstant(nanoseconds: 5))
        let metrics = ServerMetrics()
        let tracer = Tracer(
            oneIn: 1,
            now: { now.withLock(\.self) },
            dropped: metrics.traceDropped
        )
        let recorded = { (0..<102).count { _ in tracer.trace(Metadata()) != nil } }
        #expect(recorded() == Tracer.callsPerSecondMax)
        #expect(metrics.text(.init()).contains("khach_traces_dropped_total 2\n"))
        now.withLock { $0.nanoseconds += 999_999_999 }
        #expect(recorded() == 0)
        now.withLock { $0.nanoseconds += 1 }
        #expect(recorded() == Tracer.callsPerSecondMax)
    }

    @Test("a refusal that no method made is named, and a line at debug alone")
    func named() {
        let status = Status(.unimplemented, "service Zqx")
        for (level, count) in [(Logger.Level.info, 0), (.debug, 1)] {
            let scene = Scene(level: level)
            let named = scene.log.naming(status, Self.origin, Metadata())
            #expect(named.requestID == "000000ab-3-5")
            #expect(scene.log.naming(named, CallOrigin(), Metadata()) == named)
            #expect(scene.lines.count == count)
            #expect(!scene.text.contains("Zqx"))
        }
    }
}

/// The value, or why the call cannot go on.
private func requireStatus<Value>(_ value: Value?) throws(Status) -> Value {
    guard let value else { throw Status(.failedPrecondition, "a value expected, none found") }

    return value
}
