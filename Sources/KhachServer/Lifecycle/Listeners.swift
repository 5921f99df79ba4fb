internal import KhachGRPC
internal import Logging
internal import ServiceLifecycle
internal import TTRPCNIO

/// Every listener as one service: told to stop, all of them stop together, within one drain.
///
/// One that ends by itself ends the server, as whoever calls there would be turned away for good.
struct Listeners: Service {
    let entrances: Entrances
    let logger: Logger

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (server, address) in zip(self.entrances.servers, self.entrances.addresses) {
                    group.addTask {
                        do {
                            try await withGracefulShutdownHandler {
                                try await server.run()
                            } onGracefulShutdown: {
                                server.stop()
                            }
                        } catch Server.Failure.endedByItself {
                            throw self.ended(address)
                        }
                    }
                }
                if let grpc = self.entrances.grpc {
                    group.addTask {
                        do {
                            try await grpc.run()
                        } catch GRPCListener.Failure.endedByItself(let cause) {
                            throw self.ended(grpc.address, cause)
                        }
                    }
                }
                // The first that fails is the end of the others; `waitForAll` would wait for them.
                for try await _ in group {}
            }
        } onGracefulShutdown: {
            self.logger.info("stopping", metadata: ["phase": "no-new-connections"])
        }
        self.logger.info("stopping", metadata: ["phase": "calls-ended"])
    }

    private func ended(_ address: Address, _ cause: (any Error)? = nil) -> EndedListener {
        var facts: Logger.Metadata = ["address": "\(address)"]
        if let cause { facts["cause"] = "\(cause)" }
        self.logger.error("a listener ended by itself; stopping", metadata: facts)
        return EndedListener(address: address)
    }
}

/// An address that nobody can connect to any more.
struct EndedListener: Error {
    let address: Address
}
