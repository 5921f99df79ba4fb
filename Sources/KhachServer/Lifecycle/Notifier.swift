internal import Glibc

/// Tells systemd how the server is (sd_notify), by a datagram to the socket that it named.
struct Notifier: Sendable {
    enum Failure: Error, CustomStringConvertible {
        case unreachable(String)

        var description: String {
            switch self {
            case .unreachable(let cause): "the socket of NOTIFY_SOCKET expected, found: \(cause)"
            }
        }
    }

    /// A path, or an abstract name that begins with `@`.
    private let socketName: String?

    /// `nil`: nobody is to be told.
    init(socketName: String?) {
        self.socketName = socketName
    }

    /// Sends lines such as `READY=1`.
    func tell(_ lines: [String]) throws(Failure) {
        guard let name = self.socketName else { return }

        let socket = Glibc.socket(
            AF_UNIX,
            Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
            0
        )
        guard socket >= 0 else { throw Self.failure() }

        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array(name.utf8)
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw .unreachable("a name of \(path.count) bytes")
        }

        withUnsafeMutableBytes(of: &address.sun_path) { target in
            target.copyBytes(from: path)
            if path.first == UInt8(ascii: "@") { target[0] = 0 }
        }
        let text = Array(lines.joined(separator: "\n").utf8)
        let bytes = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                sendto(socket, text, text.count, Int32(MSG_NOSIGNAL), pointer, bytes)
            }
        }
        guard sent == text.count else { throw Self.failure() }
    }

    private static func failure() -> Failure {
        .unreachable(String(cString: strerror(errno)))
    }
}
