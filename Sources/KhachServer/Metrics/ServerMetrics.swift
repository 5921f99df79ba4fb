internal import CoreMetrics
internal import KhachSQLite
internal import TTRPC
internal import TTRPCNIO

/// The instruments of the server, each once.
struct ServerMetrics: Sendable {
    /// What is looked up when somebody asks.
    struct Sample: Sendable {
        var connections = 0
        var watchers = 0
        var writesWaiting = 0
        var logBytes = 0
        var diskFreeBytes = 0
        var isReadOnly = false
        var isDraining = false
        var process = ProcessFacts()
    }

    private let registry: MetricsRegistry
    private let running: Meter
    private let commitTime: Timer
    private let syncTime: Timer
    private let commitWrites: Recorder
    private let pullLag: Recorder

    init() {
        let registry = MetricsRegistry(MetricFamily.all)
        self.registry = registry
        self.running = Meter(label: "khach_calls_running", factory: registry)
        self.commitTime = Timer(label: "khach_commit_seconds", factory: registry)
        self.syncTime = Timer(label: "khach_commit_sync_seconds", factory: registry)
        self.commitWrites = Recorder(
            label: "khach_commit_writes",
            dimensions: [],
            aggregate: true,
            factory: registry
        )
        self.pullLag = Recorder(
            label: "khach_pull_lag_commits",
            dimensions: [],
            aggregate: true,
            factory: registry
        )
        self.running.set(0)
    }

    /// A call was refused for a reason that the code names.
    func refused(for reason: String) {
        self.count("khach_refusals_total", [("reason", reason)])
    }

    /// A cache asked for changes, so many commits behind the last.
    func pulled(behind commits: UInt64) {
        self.pullLag.record(Int64(clamping: commits))
    }

    /// A call was to be recorded, and was one too many.
    func traceDropped() {
        self.count("khach_traces_dropped_total", [])
    }

    /// A group was committed.
    func committed(_ report: CommitReport) {
        self.commitTime.recordNanoseconds(report.nanoseconds)
        self.syncTime.recordNanoseconds(report.syncNanoseconds)
        self.commitWrites.record(report.writes)
    }

    /// A frame was refused.
    func refused(_ error: ProtocolError) {
        self.count("khach_protocol_errors_total", [("kind", error.word)])
    }

    /// What is counted for one method.
    func calls(of method: String) -> CallMetrics {
        CallMetrics(
            time: Timer(
                label: "khach_call_seconds",
                dimensions: [("method", method)],
                factory: self.registry
            ),
            codes: Status.Code.allCases.map { code in
                Counter(
                    label: "khach_calls_total",
                    dimensions: [("method", method), ("code", code.word)],
                    factory: self.registry
                )
            },
            failures: [.unauthenticated, .permissionDenied].map { code in
                (
                    code,
                    Counter(
                        label: "khach_auth_failures_total",
                        dimensions: [("code", code.word)],
                        factory: self.registry
                    )
                )
            },
            running: self.running
        )
    }

    /// Everything as text, with what is looked up now.
    func text(_ sample: Sample) -> String {
        let gauges: [(String, Int)] = [
            ("khach_connections", sample.connections), ("khach_watchers", sample.watchers),
            ("khach_writes_waiting", sample.writesWaiting), ("khach_log_bytes", sample.logBytes),
            ("khach_disk_free_bytes", sample.diskFreeBytes),
            ("khach_read_only", sample.isReadOnly ? 1 : 0),
            ("khach_draining", sample.isDraining ? 1 : 0),
            ("process_resident_memory_bytes", sample.process.residentBytes),
            ("process_open_fds", sample.process.openDescriptors),
        ]
        for (name, value) in gauges { Meter(label: name, factory: self.registry).set(value) }
        return self.registry.text
    }

    private func count(_ name: String, _ labels: [(String, String)]) {
        Counter(label: name, dimensions: labels, factory: self.registry).increment()
    }
}

/// The instruments of one method.
struct CallMetrics: Sendable {
    let time: Timer
    /// By code, in the order of the codes.
    let codes: [Counter]
    let failures: [(Status.Code, Counter)]
    let running: Meter

    func ended(_ code: Status.Code, nanoseconds: UInt64) {
        self.time.recordNanoseconds(Int64(clamping: nanoseconds))
        self.codes[Int(code.rawValue)].increment()
        self.failures.first { $0.0 == code }?.1.increment()
    }
}

extension Status.Code {
    /// Its canonical name, `NOT_FOUND`.
    var word: String {
        "\(self)".reduce(into: "") { text, letter in
            text += letter.isUppercase ? "_\(letter)" : letter.uppercased()
        }
    }
}

extension ProtocolError {
    fileprivate var word: String {
        switch self {
        case .malformed: "malformed"
        case .refused(let code): code.word.lowercased()
        case .tooManyConnections: "too_many_connections"
        case .tooManyStrangers: "too_many_strangers"
        case .tooManyRefusals: "too_many_refusals"
        case .noCaller: "no_caller"
        }
    }
}
