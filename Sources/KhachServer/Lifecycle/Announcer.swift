internal import Logging
internal import ServiceLifecycle
internal import TTRPCNIO

/// Says where the server listens once the group runs, by when a signal ends it in order; and
/// that it stops, before anything does: it is the last of the group.
struct Announcer: Service {
    let entrances: Entrances
    let condition: Condition
    let signals: StopSignals
    let notifier: Notifier
    let logger: Logger
    let announce: @Sendable (String) -> Void

    func run() async throws {
        self.condition.enter(.serving)
        self.signals.begin()
        let addresses = self.entrances.addresses.map { "\($0)" }
        let grpc = (self.entrances.grpc?.address).map { "grpc \($0)" }
        let listening = (addresses + [grpc].compactMap { $0 }).joined(separator: ", ")
        self.tell("READY=1", "STATUS=serving at \(listening)")
        for address in addresses { self.announce("listening \(address)") }
        if let grpc { self.announce(grpc) }
        try await gracefulShutdown()
        self.condition.enter(.draining)
        self.tell("STOPPING=1", "STATUS=draining")
        self.logger.info("stopping", metadata: ["phase": "not-ready"])
    }

    private func tell(_ lines: String...) {
        do throws(Notifier.Failure) {
            try self.notifier.tell(lines)
        } catch {
            self.logger.warning("systemd was not told", metadata: ["error": "\(error)"])
        }
    }
}
