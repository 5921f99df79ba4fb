internal import NIOCore
internal import TTRPC

// What an extended peer is told: that the server stops, and whether it is still there.

extension ServerHandler {
    /// The server is to stop.
    func drain(_ context: ChannelHandlerContext) {
        let news = self.connection.drain()
        for frame in news { self.write(frame) }
        if !news.isEmpty {
            self.timers.start(.leaving, after: self.limits.time(.leaving), on: self.loop) {
                guard let frame = self.connection.leave() else { return }

                self.latestRequest = self.loop.now
                self.write(frame)
                self.flushSoon()
            }
            self.flushSoon()
        }
        // A peer that does not know yet may still send: it has a quiet time from now.
        self.latestRequest = self.loop.now
        self.settle(context)
    }

    /// Writes a frame of no call, at the end of this burst or tick.
    func write(_ frame: Frame) {
        FrameEncoder.write(frame, into: &self.outbox.buffer)
        if !self.timers.isRunning(.silence) { self.watchSilence() }
    }

    /// Asks a peer that says nothing for very long whether it is there; closes when it is not.
    private func watchSilence() {
        self.timers.watch(
            .silence,
            self.limits,
            since: { self.isServing ? self.latestHeard : nil },
            on: self.loop
        ) {
            guard let ping = self.connection.ping() else { return }

            FrameEncoder.write(ping, into: &self.outbox.urgent)
            self.flushSoon()
            let asked = self.loop.now
            self.timers.start(.pingAnswer, after: self.limits.time(.pingAnswer), on: self.loop) {
                if self.latestHeard > asked {
                    self.watchSilence()
                } else {
                    self.context?.close(promise: nil)
                }
            }
        }
    }
}
