internal import NIOCore
internal import Synchronization

/// The open connections of a server, and the end of the last one.
final class Connections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// How many there are of each address.
        var counts: [String: Int] = [:]
        var isDraining = false
    }

    private let state = Mutex(State())
    private let countMax: Int
    private let perAddressMax: Int
    /// Fires when the server drains and no connection is left.
    let allEnded = Signal()

    /// At most `countMax` connections, and of one address at most `perAddressMax`.
    init(countMax: Int, perAddressMax: Int = .max) {
        self.countMax = countMax
        self.perAddressMax = perAddressMax
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
            let own = state.counts[address, default: 0]
            guard state.channels.count < self.countMax, own < self.perAddressMax else {
                return .tooMany
            }

            state.channels[ObjectIdentifier(channel)] = channel
            if !address.isEmpty { state.counts[address] = own + 1 }
            return .admitted
        }
    }

    /// A connection is closed and none of its handlers runs.
    func ended(_ channel: any Channel, from address: String = "") {
        let isLast = self.state.withLock { state in
            if state.channels.removeValue(forKey: ObjectIdentifier(channel)) != nil,
                let count = state.counts[address]
            {
                state.counts[address] = count == 1 ? nil : count - 1
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
            channel.close(promise: nil)
        }
    }
}
