internal import Logging
internal import ServiceLifecycle
internal import TTRPCNIO

/// Every listener as one service: told to stop, all of them stop together, within one drain.
struct Listeners: Service {
    let entrances: Entrances
    let logger: Logger

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for server in self.entrances.servers {
                    group.addTask {
                        try await cancelWhenGracefulShutdown { try await server.run() }
                    }
                }
                if let grpc = self.entrances.grpc { group.addTask { try await grpc.run() } }
                try await group.waitForAll()
            }
        } onGracefulShutdown: {
            self.logger.info("stopping", metadata: ["phase": "no-new-connections"])
        }
        self.logger.info("stopping", metadata: ["phase": "calls-ended"])
    }
}
