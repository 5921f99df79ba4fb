internal import Glibc
internal import NIOCore
internal import TTRPC

/// Who is at the other end of a Unix socket, as the kernel says (`SO_PEERCRED`).
enum UnixPeer {
    /// `struct ucred`.
    private struct Credentials: Sendable {
        var process: Int32
        var user: UInt32
        var group: UInt32
    }

    /// The user of a connection; fails when the kernel does not say.
    static func of(_ channel: any Channel) -> EventLoopFuture<Peer?> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeSucceededFuture(nil)
        }

        let credentials: EventLoopFuture<Credentials> = provider.unsafeGetSocketOption(
            level: .socket,
            name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        )
        return credentials.map { .unixUser($0.user) }
    }
}
