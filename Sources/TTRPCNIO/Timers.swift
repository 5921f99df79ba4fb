internal import NIOCore

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

    /// Closes the connection unless the timer is cancelled before.
    mutating func close(
        _ context: ChannelHandlerContext,
        _ purpose: Purpose,
        milliseconds: Int
    ) {
        let time = TimeAmount.milliseconds(Int64(milliseconds))
        self.start(purpose, after: time, on: context.eventLoop) { context.close(promise: nil) }
    }

    mutating func cancel(_ purpose: Purpose) {
        self.entries.removeValue(forKey: purpose)?.timer?.cancel()
    }

    mutating func cancelAll() {
        for entry in self.entries.values { entry.timer?.cancel() }
        self.entries.removeAll()
    }
}
