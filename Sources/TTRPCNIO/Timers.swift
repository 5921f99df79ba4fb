internal import NIOCore
internal import TTRPC

/// The timers of one connection, each with one purpose and running at most once at a time.
struct Timers {
    enum Purpose: Hashable {
        /// A frame has begun and is not whole.
        case frame
        /// The peer takes nothing of what was written.
        case stalledWrite
        /// The peer has closed its side; its calls may still end.
        case halfClosed
        /// The connection drains and waits for stragglers.
        case drainQuiet
        /// An extended peer was told that the server stops, and has not answered.
        case leaving
        /// The handler of a stream leaves what came for it unread.
        case unread
        /// Nothing comes from an extended peer.
        case silence
        /// It was pinged.
        case pingAnswer
        /// Nobody known has called yet.
        case stranger
        /// Too many calls were refused.
        case hush
    }

    private final class Entry {
        var timer: Scheduled<Void>?
        var hasFired = false

        func run(
            _ limit: TimeAmount,
            since: @escaping () -> NIODeadline?,
            on loop: any EventLoop,
            _ body: @escaping () -> Void
        ) {
            guard let begin = since() else {
                self.hasFired = true
                return
            }

            let left = limit - (loop.now - begin)
            self.timer = loop.assumeIsolated().scheduleTask(in: left) {
                guard since() == begin else {
                    return self.run(limit, since: since, on: loop, body)
                }
                self.hasFired = true
                body()
            }
        }
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

    /// Runs `body` once the purpose's limit has passed since `since`, which is asked again when it
    /// has; `nil` ends the watch.
    mutating func watch(
        _ purpose: Purpose,
        _ limits: Limits,
        since: @escaping () -> NIODeadline?,
        on loop: any EventLoop,
        _ body: @escaping () -> Void
    ) {
        self.cancel(purpose)
        let entry = Entry()
        self.entries[purpose] = entry
        entry.run(limits.time(purpose), since: since, on: loop, body)
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
        case .hush: .milliseconds(Int64(self.hushMilliseconds))
        case .stalledWrite: .milliseconds(Int64(self.stalledWriteMillisecondsMax))
        case .halfClosed: .milliseconds(Int64(self.halfClosedMillisecondsMax))
        case .drainQuiet: .milliseconds(Int64(self.drainQuietMilliseconds))
        case .leaving: .milliseconds(Int64(self.leaveMillisecondsMax))
        case .unread: .milliseconds(Int64(self.unreadMillisecondsMax))
        case .silence: .milliseconds(Int64(self.silenceMillisecondsMax))
        case .pingAnswer: .milliseconds(Int64(self.pingAnswerMillisecondsMax))
        case .stranger: .milliseconds(Int64(self.strangerMillisecondsMax))
        }
    }
}
