internal import NIOCore
internal import TTRPC

/// The timers of one connection, each with one purpose and running at most once at a time.
struct Timers {
    enum Purpose: Hashable {
        /// A frame has begun and is not whole.
        case frame
        /// The peer does not read what was written.
        case stalledWrite
        /// The peer has closed its side; its calls may still end.
        case halfClosed
        /// The connection drains and waits for stragglers.
        case drainQuiet
    }

    private final class Entry {
        var timer: Scheduled<Void>?
        var hasFired = false
    }

    private var entries: [Purpose: Entry] = [:]

    func isRunning(_ purpose: Purpose) -> Bool {
        self.entries[purpose].map { !$0.hasFired } ?? false
    }

    mutating func start(
        _ purpose: Purpose,
        after time: TimeAmount,
        on loop: any EventLoop,
        _ body: @escaping () -> Void
    ) {
        self.cancel(purpose)
        let entry = Entry()
        self.entries[purpose] = entry
        entry.timer = loop.assumeIsolated().scheduleTask(in: time) {
            entry.hasFired = true
            body()
        }
    }

    /// Closes the connection after the purpose's limit, unless the timer is cancelled before.
    mutating func close(_ context: ChannelHandlerContext, _ purpose: Purpose, _ limits: Limits) {
        self.start(purpose, after: limits.time(purpose), on: context.eventLoop) {
            context.close(promise: nil)
        }
    }

    mutating func cancel(_ purpose: Purpose) {
        self.entries.removeValue(forKey: purpose)?.timer?.cancel()
    }

    mutating func cancelAll() {
        for entry in self.entries.values { entry.timer?.cancel() }
        self.entries.removeAll()
    }
}

extension Limits {
    /// How long a timer of this purpose runs.
    func time(_ purpose: Timers.Purpose) -> TimeAmount {
        switch purpose {
        case .frame: .milliseconds(Int64(self.frameMillisecondsMax))
        case .stalledWrite: .milliseconds(Int64(self.stalledWriteMillisecondsMax))
        case .halfClosed: .milliseconds(Int64(self.halfClosedMillisecondsMax))
        case .drainQuiet: .milliseconds(Int64(self.drainQuietMilliseconds))
        }
    }
}
