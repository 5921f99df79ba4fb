internal import KhachService
internal import ServiceLifecycle

/// Closes exports that nobody came back for, as long as the server runs, and all of them at its
/// end: it is the first of its group, and so the last to be told of a shutdown.
struct ExportSweeper: Service {
    private static let pause: Duration = .seconds(5)

    let exports: ExportSessions

    func run() async throws {
        defer { self.exports.close() }
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.pause)
                self.exports.sweep(now: Clocks.monotonicNow())
            }
        }
    }
}
