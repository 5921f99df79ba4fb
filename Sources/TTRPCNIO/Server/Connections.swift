internal import NIOCore
internal import Synchronization

/// The open connections of a server, and the end of the last one.
final class Connections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isDraining = false
    }

    private let state = Mutex(State())
    private let countMax: Int
    /// Fires when the server drains and no connection is left.
    let allEnded = Signal()

    init(countMax: Int) {
        self.countMax = countMax
    }

    var count: Int { self.state.withLock { $0.channels.count } }

    /// Takes a connection in, unless there are too many or the server is stopping.
    func admit(_ channel: any Channel) -> Bool {
        self.state.withLock { state in
            guard !state.isDraining, state.channels.count < self.countMax else { return false }

            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
    }

    /// A connection is closed and none of its handlers runs.
    func ended(_ channel: any Channel) {
        let isLast = self.state.withLock { state in
            state.channels[ObjectIdentifier(channel)] = nil
            return state.isDraining && state.channels.isEmpty
        }
        if isLast { self.allEnded.fire() }
    }

    /// Tells every connection to answer what runs and close.
    func drain() {
        let channels = self.state.withLock { state in
            state.isDraining = true
            return Array(state.channels.values)
        }
        if channels.isEmpty { self.allEnded.fire() }
        for channel in channels {
            channel.pipeline.fireUserInboundEventTriggered(ServerHandler.Drain())
        }
    }

    /// Closes what has not closed by itself.
    func cut() {
        for channel in self.state.withLock({ Array($0.channels.values) }) {
            channel.close(promise: nil)
        }
    }
}
