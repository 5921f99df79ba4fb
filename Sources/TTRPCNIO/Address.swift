/// Where a server listens: a host and port, with TLS or without, or a Unix socket.
///
/// Knows its spelling and nothing of sockets.
package enum Address: Hashable, Sendable, CustomStringConvertible {
    case tcp(host: String, port: Int)
    case tls(host: String, port: Int)
    case unix(path: String)

    /// What a text was expected to be.
    package struct Malformed: Error, CustomStringConvertible {
        package var text: String

        package var description: String {
            "expected unix:/path, tcp:host:port, tls:host:port or host:port, found \"\(self.text)\""
        }
    }

    /// Reads "unix:/path", "tcp:host:port", "tls:host:port" or "host:port"; an IPv6 host stands in
    /// brackets.
    package init(_ text: String) throws(Malformed) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty else { throw Malformed(text: text) }

            self = .unix(path: path)
            return
        }

        let isShielded = text.hasPrefix("tls:")
        let rest = isShielded || text.hasPrefix("tcp:") ? text.dropFirst(4) : text[...]
        guard
            let colon = rest.lastIndex(of: ":"),
            let port = UInt16(rest[rest.index(after: colon)...])
        else { throw Malformed(text: text) }

        var host = rest[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw Malformed(text: text)
        }
        guard !host.isEmpty else { throw Malformed(text: text) }

        self =
            isShielded
            ? .tls(host: String(host), port: Int(port))
            : .tcp(host: String(host), port: Int(port))
    }

    package var description: String {
        switch self {
        case .tcp(let host, let port): "tcp:\(Self.bracketed(host)):\(port)"
        case .tls(let host, let port): "tls:\(Self.bracketed(host)):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    private static func bracketed(_ host: String) -> String {
        host.contains(":") ? "[\(host)]" : host
    }
}
