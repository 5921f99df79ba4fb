internal import Hummingbird
internal import KhachCore
internal import KhachSQLite
internal import KhachService
internal import Logging
internal import NIOCore
internal import ServiceLifecycle
internal import TTRPCNIO

/// `/metrics`, `/healthz` and `/readyz` by HTTP, for whoever runs the server.
///
/// On threads of its own: it answers also when those that serve calls hang.
struct OperatorServer: Sendable {
    let metrics: ServerMetrics
    let condition: Condition
    let store: SQLiteStore
    let entrances: Entrances
    let watches: Watches
    let logger: Logger

    /// The service that answers at an address; `announce` is told where it listens.
    func service(
        at host: String,
        _ port: Int,
        announce: @escaping @Sendable (String) -> Void
    ) -> some Service {
        let router = Router()
        router.get("metrics") { _, _ in Self.text(.ok, self.metrics.text(self.sample())) }
        router.get("healthz") { _, _ in
            Self.verdict(self.condition.illness(Clocks.monotonicNow()))
        }
        router.get("readyz") { _, _ in Self.verdict(await self.unreadiness()) }
        return Application(
            router: router,
            configuration: .init(address: .hostname(host, port: port)),
            onServerRunning: { channel in
                let address = channel.localAddress
                announce("metrics tcp:\(address?.ipAddress ?? host):\(address?.port ?? port)")
            },
            logger: self.logger
        )
    }

    private func sample() -> ServerMetrics.Sample {
        ServerMetrics.Sample(
            connections: self.entrances.connectionsCount,
            watchers: self.watches.count,
            writesWaiting: self.store.waitingWritesCount,
            logBytes: self.store.logBytes,
            diskFreeBytes: self.condition.diskFreeBytes,
            isReadOnly: self.condition.isReadOnly,
            isDraining: self.condition.phase == .draining,
            process: .now()
        )
    }

    /// Why no calls should be sent here: what is known, or that the writer does not commit.
    private func unreadiness() async -> String? {
        if let known = self.condition.unreadiness { return known }

        do throws(StoreError) {
            try await self.store.checkWriter()
            return nil
        } catch {
            return error.message
        }
    }

    private static func verdict(_ fault: String?) -> Response {
        Self.text(fault == nil ? .ok : .serviceUnavailable, "\(fault ?? "ok")\n")
    }

    private static func text(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(
            status: status,
            headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text))
        )
    }
}
