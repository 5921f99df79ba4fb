internal import NIOCore
internal import Synchronization
internal import TTRPC

/// The open connections of a server, and the end of the last one.
final class Connections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var counts: ConnectionCounts
        var isDraining = false
    }

    private let state: Mutex<State>
    /// Fires when the server drains and no connection is left.
    let allEnded = Signal()

    /// At most `countMax` connections, and of one address at most `perAddressMax`.
    init(countMax: Int, perAddressMax: Int = .max) {
        let counts = ConnectionCounts(countMax: countMax, perAddressMax: perAddressMax)
        self.state = Mutex(State(counts: counts))
    }

    var count: Int { self.state.withLock { $0.channels.count } }

    enum Admission: Hashable {
        case admitted
        case tooMany
        case stopping
    }

    /// Takes a connection in, unless there are too many or the server is stopping.
    ///
    /// One without an address, of a Unix socket, counts for all of them only.
    func admit(_ channel: any Channel, from address: String = "") -> Admission {
        self.state.withLock { state in
            guard !state.isDraining else { return .stopping }
            guard state.counts.admit(from: address) else { return .tooMany }

            state.channels[ObjectIdentifier(channel)] = channel
            return .admitted
        }
    }

    /// A connection is closed and none of its handlers runs.
    func ended(_ channel: any Channel, from address: String = "") {
        let isLast = self.state.withLock { state in
            if state.channels.removeValue(forKey: ObjectIdentifier(channel)) != nil {
                state.counts.ended(from: address)
            }
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
            channel.pipeline.fireUserInboundEventTriggered(ServerHandler.Cut())
        }
    }
}
