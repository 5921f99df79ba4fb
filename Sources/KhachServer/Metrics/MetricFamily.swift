/// One metric, as it is declared: its name, what it is and what it counts.
///
/// A label is never the name or the id of a tenant, a token or a customer: each has few values,
/// which are known when the program is built.
struct MetricFamily: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case counter
        case gauge
        /// With the upper bounds of its buckets, in ascending order.
        case histogram([Double])

        var word: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    var name: String
    var kind: Kind
    var labels: [String] = []
    var help: String

    /// Seconds that a call or a commit takes: 100 µs to 30 s.
    static let secondBounds = [
        0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
        2.5, 10, 30,
    ]
    static let sizeBounds: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 4_096]

    /// Every metric of the server, once.
    static let all: [MetricFamily] = [
        .init(
            name: "khach_calls_total",
            kind: .counter,
            labels: ["method", "code"],
            help: "Calls that ended, by method and code."
        ),
        .init(
            name: "khach_call_seconds",
            kind: .histogram(Self.secondBounds),
            labels: ["method"],
            help: "How long a call ran in its method; of a stream, until its end."
        ),
        .init(name: "khach_calls_running", kind: .gauge, help: "Calls that run as tasks."),
        .init(
            name: "khach_auth_failures_total",
            kind: .counter,
            labels: ["code"],
            help: "Calls refused for who made them."
        ),
        .init(
            name: "khach_refusals_total",
            kind: .counter,
            labels: ["reason"],
            help: "Calls refused for a named reason; those of cursors make a cache compare itself."
        ),
        .init(
            name: "khach_pull_lag_commits",
            kind: .histogram(Self.sizeBounds),
            help: "Commits that a cache was behind when it pulled changes."
        ),
        .init(
            name: "khach_protocol_errors_total",
            kind: .counter,
            labels: ["kind"],
            help: "Frames that were refused before any method ran."
        ),
        .init(
            name: "khach_traces_dropped_total",
            kind: .counter,
            help: "Calls whose spans were not written, since there were too many in a second."
        ),
        .init(name: "khach_connections", kind: .gauge, help: "Open connections."),
        .init(name: "khach_watchers", kind: .gauge, help: "Open streams of WatchChanges."),
        .init(
            name: "khach_commit_seconds",
            kind: .histogram(Self.secondBounds),
            help: "How long a group of writes took, its commit among it."
        ),
        .init(
            name: "khach_commit_sync_seconds",
            kind: .histogram(Self.secondBounds),
            help: "How long the commit itself took: what the disk costs."
        ),
        .init(
            name: "khach_commit_writes",
            kind: .histogram(Self.sizeBounds),
            help: "Writes in one commit."
        ),
        .init(name: "khach_writes_waiting", kind: .gauge, help: "Writes that wait for a commit."),
        .init(name: "khach_log_bytes", kind: .gauge, help: "Bytes of the store's log (WAL)."),
        .init(name: "khach_disk_free_bytes", kind: .gauge, help: "Room on the store's disk."),
        .init(
            name: "khach_read_only",
            kind: .gauge,
            help: "1 while writes are refused because the disk is nearly full."
        ),
        .init(
            name: "khach_draining",
            kind: .gauge,
            help: "1 from the moment that the server was told to stop."
        ),
        .init(
            name: "process_resident_memory_bytes",
            kind: .gauge,
            help: "Memory of the process that is in RAM."
        ),
        .init(name: "process_open_fds", kind: .gauge, help: "Open file descriptors."),
    ]
}
