internal import KhachService
internal import ServiceLifecycle

/// Says to idle watchers that nothing is new, as long as the server runs, and ends their streams
/// at its end: it is the last of its group, and so the first to be told of a shutdown.
struct WatchKeeper: Service {
    private static let tick: Duration = .seconds(1)

    let watches: Watches

    func run() async throws {
        defer { self.watches.close() }
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.tick)
                self.watches.tick(now: Clocks.monotonicNow())
            }
        }
    }
}
