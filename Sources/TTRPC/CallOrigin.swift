/// Where a call came from: enough to tell it from every other of the process, at no cost.
package struct CallOrigin: Hashable, Sendable {
    package enum Listener: String, Hashable, Sendable {
        case ttrpc
        case grpc
    }

    package var listener: Listener
    /// The number of its connection, which no other of the process has.
    package var connection: UInt64
    /// Its number among the calls of the connection.
    package var call: UInt64

    package init(_ listener: Listener = .ttrpc, connection: UInt64 = 0, call: UInt64 = 0) {
        self.listener = listener
        self.connection = connection
        self.call = call
    }
}
