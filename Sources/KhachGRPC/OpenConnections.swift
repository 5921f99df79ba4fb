internal import NIOCore
internal import Synchronization
internal import TTRPC

/// The open connections: not too many, and an end for all of them.
final class OpenConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var counts: ConnectionCounts
    }

    private let state: Mutex<State>

    /// At most `countMax` connections, and from one address at most `perAddressMax`.
    init(countMax: Int, perAddressMax: Int) {
        let counts = ConnectionCounts(countMax: countMax, perAddressMax: perAddressMax)
        self.state = Mutex(State(counts: counts))
    }

    var count: Int { self.state.withLock { $0.counts.count } }

    /// Takes a connection in until it is closed; false when there are too many.
    func admit(_ channel: any Channel) -> Bool {
        let key = ObjectIdentifier(channel)
        let address = channel.remoteAddress?.ipAddress ?? ""
        let isAdmitted = self.state.withLock { state in
            guard state.counts.admit(from: address) else { return false }

            state.channels[key] = channel
            return true
        }
        if isAdmitted {
            channel.closeFuture.whenComplete { _ in
                self.state.withLock { state in
                    state.channels[key] = nil
                    state.counts.ended(from: address)
                }
            }
        }
        return isAdmitted
    }

    /// Closes all of them: their calls are cancelled.
    func cut() {
        let channels = self.state.withLock { Array($0.channels.values) }
        for channel in channels { channel.close(promise: nil) }
    }
}
