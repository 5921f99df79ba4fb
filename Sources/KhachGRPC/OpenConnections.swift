internal import NIOCore
internal import Synchronization
internal import TTRPC
internal import TTRPCNIO

/// The open connections: not too many, each found by its calls, and an end for all of them.
final class OpenConnections: Sendable {
    private struct State {
        var connections: [UInt64: Connection] = [:]
        var numbers: [ObjectIdentifier: UInt64] = [:]
        var counts: ConnectionCounts
    }

    private let numbers: ConnectionNumbers
    private let state: Mutex<State>
    /// Makes the room of a connection from an address.
    private let room: @Sendable (String) -> RequestRoom

    /// At most `countMax` connections, and from one address at most `perAddressMax`.
    init(
        countMax: Int,
        perAddressMax: Int,
        numbers: ConnectionNumbers = ConnectionNumbers(),
        room: @escaping @Sendable (String) -> RequestRoom = { _ in .unbounded }
    ) {
        self.room = room
        let counts = ConnectionCounts(countMax: countMax, perAddressMax: perAddressMax)
        self.numbers = numbers
        self.state = Mutex(State(counts: counts))
    }

    var count: Int { self.state.withLock { $0.counts.count } }

    /// Takes a connection in until it is closed; `nil` when there are too many.
    func admit(_ channel: any Channel) -> Connection? {
        let key = ObjectIdentifier(channel)
        let address = channel.remoteAddress?.ipAddress ?? ""
        let room = self.room(address)
        let admitted = self.state.withLock { state -> Connection? in
            guard state.counts.admit(from: address) else { return nil }

            let connection = Connection(
                self.numbers.next(),
                channel,
                from: address,
                room: room
            )
            state.connections[connection.number] = connection
            state.numbers[key] = connection.number
            return connection
        }
        guard let connection = admitted else { return nil }

        channel.closeFuture.whenComplete { _ in
            self.state.withLock { state in
                state.connections[connection.number] = nil
                state.numbers[key] = nil
                state.counts.ended(from: address)
            }
            connection.mark.end()
        }
        return connection
    }

    /// The open connection of this number.
    func connection(_ number: UInt64) -> Connection? {
        self.state.withLock { $0.connections[number] }
    }

    /// The open connection of a channel.
    func connection(of channel: any Channel) -> Connection? {
        self.state.withLock { state in
            state.numbers[ObjectIdentifier(channel)].flatMap { state.connections[$0] }
        }
    }

    /// Closes all of them: their calls are cancelled.
    func cut() {
        let connections = self.state.withLock { Array($0.connections.values) }
        for connection in connections { connection.channel.close(promise: nil) }
    }
}
