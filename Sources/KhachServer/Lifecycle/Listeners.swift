internal import Logging
internal import ServiceLifecycle
internal import TTRPCNIO

/// Every listener as one service: told to stop, all of them stop together, within one drain.
struct Listeners: Service {
    let servers: [Server]
    let logger: Logger

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for server in self.servers {
                    group.addTask {
                        try await cancelWhenGracefulShutdown { try await server.run() }
                    }
                }
                try await group.waitForAll()
            }
        } onGracefulShutdown: {
            self.logger.info("stopping", metadata: ["phase": "no-new-connections"])
        }
        self.logger.info("stopping", metadata: ["phase": "calls-ended"])
    }
}
