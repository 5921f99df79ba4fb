internal import CoreMetrics
internal import Foundation
internal import Logging
internal import Synchronization
internal import TTRPC
internal import Testing

@testable internal import KhachServer

@Suite("Metrics")
struct MetricsTests {
    @Test("are written as Prometheus reads them")
    func text() {
        let registry = MetricsRegistry([
            MetricFamily(name: "a_total", kind: .counter, labels: ["code"], help: "As."),
            MetricFamily(name: "b", kind: .gauge, help: "Bs."),
            MetricFamily(name: "c", kind: .histogram([0.5, 1]), help: "Cs."),
        ])
        Counter(label: "a_total", dimensions: [("code", "x\"\n\\")], factory: registry).increment(
            by: 2
        )
        Meter(label: "b", factory: registry).set(1.5)
        let times = Timer(label: "c", factory: registry)
        for milliseconds in [499, 500, 501, 1_000, 1_001] { times.recordMilliseconds(milliseconds) }
        // Neither is declared so.
        Counter(label: "d_total", factory: registry).increment()
        Counter(label: "a_total", dimensions: [("shop", "Nhà")], factory: registry).increment()
        #expect(
            registry.text == """
                # HELP a_total As.
                # TYPE a_total counter
                a_total{code="x\\"\\n\\\\"} 2
                # HELP b Bs.
                # TYPE b gauge
                b 1.5
                # HELP c Cs.
                # TYPE c histogram
                c_bucket{le="0.5"} 2
                c_bucket{le="1"} 4
                c_bucket{le="+Inf"} 5
                c_sum 3.501
                c_count 5

                """
        )
    }

    @Test("a label is never a tenant's name")
    func labels() {
        let known: Set = ["method", "code", "kind", "reason"]
        for family in MetricFamily.all { #expect(known.isSuperset(of: family.labels)) }
        #expect(Set(MetricFamily.all.map(\.name)).count == MetricFamily.all.count)
    }

    @Test("docs/operations.md has a row for every metric, and no other")
    func document() throws {
        let checkout = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(
            contentsOf: checkout.appending(path: "docs/operations.md"),
            encoding: .utf8
        )
        let rows = MetricFamily.all.map { family in
            "| `\(family.name)` | \(family.kind.word) | "
                + "\(family.labels.map { "`\($0)`" }.joined(separator: ", ")) | \(family.help) |"
        }
        let written = text.split(separator: "\n").map(String.init)
            .filter { $0.hasPrefix("| `khach_") || $0.hasPrefix("| `process_") }
        #expect(written == rows)
    }

    @Test("a call that is refused is counted, and named for its caller and in the log")
    func refused() throws {
        let lines = Mutex<[String]>([])
        let logger = Logger(label: "test") { _ in
            LineLogHandler(format: .logfmt) { line in lines.withLock { $0.append(line) } }
        }
        let metrics = ServerMetrics()
        var methods = MethodTable()
        methods.add(
            "s",
            "m",
            .inPlace { (_, _) throws(Status) in
                throw Status(.unauthenticated, "nobody by the name of Zqx")
            }
        )
        let observed = ObservedMethods(
            metrics: metrics,
            log: CallLog(logger: logger, names: CallNames(process: 0xAB))
        )
        guard case .inPlace(let body) = try observed.table(methods).handler("s", "m").get() else {
            throw Status(.internal, "a method in place expected")
        }

        let status = #expect(throws: Status.self) {
            try body(CallContext(service: "s", method: "m"), Payload())
        }
        #expect(status?.requestID == "000000ab-0-0")
        let text = metrics.text(ServerMetrics.Sample())
        #expect(text.contains("khach_calls_total{method=\"s/m\",code=\"UNAUTHENTICATED\"} 1"))
        #expect(text.contains("khach_auth_failures_total{code=\"UNAUTHENTICATED\"} 1"))
        let line = lines.withLock { $0.joined() }
        #expect(line.contains("request=000000ab-0-0"), "\(line)")
        #expect(!line.contains("Zqx"), "\(line)")
    }

    @Test("threads that took no turn for long are ill; a drain and a full disk are not ready")
    func condition() {
        let condition = Condition()
        let second: UInt64 = 1_000_000_000
        #expect(condition.illness(MonotonicInstant(nanoseconds: 0)) != nil)
        condition.turned(MonotonicInstant(nanoseconds: second))
        for (seconds, isIll) in [(10, false), (11, false), (12, true)] as [(UInt64, Bool)] {
            let illness = condition.illness(MonotonicInstant(nanoseconds: seconds * second))
            #expect((illness != nil) == isIll, "\(seconds)")
        }
        #expect(condition.unreadiness == "starting")
        condition.enter(.serving)
        #expect(condition.unreadiness == nil)
        #expect(condition.measured(diskFreeBytes: 1, isReadOnly: true))
        #expect(!condition.measured(diskFreeBytes: 1, isReadOnly: true))
        #expect(condition.unreadiness?.hasPrefix("read-only") == true)
        condition.enter(.draining)
        #expect(condition.unreadiness == "draining")
    }

    @Test(
        "amounts of memory are read with their unit",
        arguments: [
            ("0", 0), ("1", 1), ("64KiB", 65_536), ("2MiB", 2_097_152), ("1GiB", 1_073_741_824),
            ("MiB", nil), ("1.5MiB", nil), ("-1", nil), ("", nil), ("9999999999GiB", nil),
        ] as [(String, Int?)]
    )
    func bytes(_ text: String, _ bytes: Int?) {
        #expect(ByteCount(argument: text)?.bytes == bytes)
    }
}
