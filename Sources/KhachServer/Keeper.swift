internal import KhachCore
internal import Logging
internal import ServiceLifecycle

/// Drops what is older than it may be: at the start, and then again and again.
struct Keeper: Service {
    static let pauseMax = Duration.seconds(3_600)

    /// What is dropped, for the log.
    let what: String
    let pause: Duration
    let logger: Logger
    let sweep: @Sendable () async throws(StoreError) -> Void

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do throws(StoreError) {
                    try await self.sweep()
                } catch {
                    self.logger.warning(
                        "\(self.what) that are too old are kept until the next time",
                        metadata: ["error": "\(error.message)"]
                    )
                }
                // Cancelled at the end, which is no failure.
                try? await Task.sleep(for: self.pause)
            }
        }
    }
}
