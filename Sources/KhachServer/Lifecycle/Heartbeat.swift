internal import Logging
internal import ServiceLifecycle
internal import TTRPCNIO

/// Looks each second whether the threads of the listeners turn, and tells systemd's watchdog so.
///
/// The watchdog hears nothing of a thread that hangs, and systemd then starts the server anew.
struct Heartbeat: Service {
    private static let pause = Duration.seconds(1)

    let entrances: Entrances
    let condition: Condition
    let notifier: Notifier
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.entrances.turn()
                self.condition.turned(Clocks.monotonicNow())
                do throws(Notifier.Failure) {
                    try self.notifier.tell(["WATCHDOG=1"])
                } catch {
                    self.logger.warning(
                        "the watchdog was not told",
                        metadata: ["error": "\(error)"]
                    )
                }
                // Cancelled at the end, which is no failure.
                try? await Task.sleep(for: Self.pause)
            }
        }
    }
}
