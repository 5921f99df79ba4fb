/// Who a connection itself shows to be at its other end, whatever its calls say.
package enum Peer: Hashable, Sendable, CustomStringConvertible {
    /// The one URI among the names of a certificate that was verified.
    case certificate(uri: String)
    /// The user of the process at the other end of a Unix socket.
    case unixUser(UInt32)

    package static let uriBytesMax = 1_024

    /// Of a verified certificate; `nil` for a URI that is no name for a caller.
    package init?(certificateURI uri: String) {
        guard (1...Self.uriBytesMax).contains(uri.utf8.count),
            uri.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }

        self = .certificate(uri: uri)
    }

    package var description: String {
        switch self {
        case .certificate(let uri): uri
        case .unixUser(let id): "unix-user:\(id)"
        }
    }
}
