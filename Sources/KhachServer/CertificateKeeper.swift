internal import KhachTLS
internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// Takes a new certificate when its files change or SIGHUP asks for it.
struct CertificateKeeper: Service {
    private static let pause = Duration.seconds(2)

    let tls: ServerTLS
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    while !Task.isCancelled {
                        self.reload(always: false)
                        // Cancelled at the end, which is no failure.
                        try? await Task.sleep(for: Self.pause)
                    }
                }
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sighup) {
                        self.reload(always: true)
                    }
                }
            }
        }
    }

    private func reload(always: Bool) {
        switch self.tls.reload(always: always) {
        case .unchanged: break
        case .changed: self.logger.notice("a new certificate is used from now on")
        case .refused(let text):
            self.logger.error(
                "the certificate before goes on: the new one cannot be used",
                metadata: ["error": "\(text)"]
            )
        }
    }
}
