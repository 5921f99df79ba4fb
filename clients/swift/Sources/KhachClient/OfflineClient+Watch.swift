internal import CKhach

/// How a watch stands.
public struct WatchReport: Hashable, Sendable {
    /// What a watch does.
    public enum State: Int32, Hashable, Sendable {
        /// A stream is asked for; nothing was heard over it yet.
        case connecting = 0
        /// The server has more than the cache: it is pulled.
        case behind = 1
        /// The cache has all that the server has spoken of.
        case live = 2
        /// Something failed; after `wait` it is tried again.
        case waiting = 3
    }

    /// What the watch does.
    public let state: State
    /// Why it waits; else why the server does not take the outbox, which is tried again by itself.
    public let failure: ClientError.Code?
    /// The same, for people; empty when nothing failed.
    public let message: String
    /// How long it waits.
    public let wait: Duration
    /// The last commit sequence that the cache covers.
    public let seq: UInt64
    /// The server's last commit sequence, as last heard.
    public let headSeq: UInt64
    /// The server's clock when the cache last had everything, in milliseconds since 1970 UTC.
    public let asOfMilliseconds: Int64?
    /// The server's clock when the cache was last found equal to it, milliseconds since 1970 UTC.
    public let verifiedAtMilliseconds: Int64?
    /// Customers in the cache.
    public let customersCount: UInt64
    /// Edits that wait for the server.
    public let waitingCount: UInt64
    /// Edits that were not done, and that nobody has looked after yet.
    public let failedCount: UInt64

    init(_ report: khach_watch_report) {
        self.state = State(rawValue: report.state) ?? .connecting
        self.failure = report.status == 0 ? nil : ClientError.Code(rawValue: report.status)
        self.message = String(cString: report.message)
        self.wait = .milliseconds(Int64(report.wait_ms))
        self.seq = report.seq
        self.headSeq = report.head_seq
        self.asOfMilliseconds = report.as_of_ms == 0 ? nil : report.as_of_ms
        self.verifiedAtMilliseconds = report.verified_at_ms == 0 ? nil : report.verified_at_ms
        self.customersCount = report.customers_count
        self.waitingCount = report.waiting_count
        self.failedCount = report.failed_count
    }
}

/// Keeps a cache live until it is stopped; closes itself when the last reference to it goes.
public final class Watch: Sendable {
    /// What C hands back with every report.
    private final class Receiver: Sendable {
        let report: @Sendable (WatchReport) -> Void

        init(_ report: @escaping @Sendable (WatchReport) -> Void) {
            self.report = report
        }
    }

    /// The C watch, whose `stop` may be called from anywhere.
    private struct Handle: @unchecked Sendable {
        let watch: OpaquePointer?
    }

    private let client: OfflineClient
    private let handle: Handle
    private let receiver: Receiver

    /// Makes a watch of a client's cache, without connecting.
    ///
    /// - Parameters:
    ///   - client: One with an address.
    ///   - silence: After how long a silent server counts as gone.
    ///   - pull: After how long is pulled unasked.
    ///   - report: Called whenever something has changed, on the thread of `run`; it must not use
    ///     the client, which is busy.
    public init(
        _ client: OfflineClient,
        silence: Duration = .seconds(30),
        pull: Duration = .seconds(60),
        report: @escaping @Sendable (WatchReport) -> Void
    ) throws(ClientError) {
        let receiver = Receiver(report)
        var options = khach_watch_options()
        khach_watch_options_init(&options)
        options.silence_ms = OfflineClient.milliseconds(silence)
        options.pull_ms = OfflineClient.milliseconds(pull)
        options.context = Unmanaged.passUnretained(receiver).toOpaque()
        options.callback = { context, report in
            guard let context, let report else { return }

            Unmanaged<Receiver>.fromOpaque(context).takeUnretainedValue()
                .report(WatchReport(report.pointee))
        }
        var watch: OpaquePointer?
        try client.call { client, error in khach_watch_open(&watch, client, &options, error) }
        self.client = client
        self.handle = Handle(watch: watch)
        self.receiver = receiver
    }

    deinit { khach_watch_close(self.handle.watch) }

    /// Syncs, and keeps the cache live until `stop`; throws what does not pass by itself.
    ///
    /// Blocks its thread, and every other call on the client, until then.
    public func run() throws(ClientError) {
        let handle = self.handle
        try self.client.call { _, error in khach_watch_run(handle.watch, error) }
    }

    /// Ends `run`, now or when it is called; from any thread.
    public func stop() {
        khach_watch_stop(self.handle.watch)
    }
}

extension OfflineClient {
    /// How far the cache is: a text that `wait(for:)` takes, as that of an edit's reply.
    ///
    /// A cache whose first sync has not ended is `notSynced`.
    public func position() throws(ClientError) -> String {
        var text = [CChar](repeating: 0, count: Int(KHACH_POSITION_BYTES_MAX))
        try self.call { client, error in
            khach_position_read(client, &text, text.count, error)
        }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Returns once the cache shows the state that `position` names, or a later one.
    ///
    /// With an address it pulls; without one it waits for another process that does. Throws
    /// `notFresh` when that takes longer than `timeout`, `generationChanged` when the server was
    /// restored since.
    public func wait(for position: String, timeout: Duration) throws(ClientError) {
        let milliseconds = Self.milliseconds(timeout)
        try self.call { client, error in khach_wait_for(client, position, milliseconds, error) }
    }
}
