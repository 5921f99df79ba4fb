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

    /// Whom the kernel names in the place of everybody that the process's user namespace has no
    /// number for, by its default (`kernel.overflowuid`): many users, and so no caller.
    static let unmappedUser: UInt32 = 65_534

    /// The user of a connection; fails when the kernel does not say.
    static func of(_ channel: any Channel) -> EventLoopFuture<Peer?> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }

        let credentials: EventLoopFuture<Credentials> = provider.unsafeGetSocketOption(
            level: .socket,
            name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        )
        return credentials.map { self.peer($0.user) }
    }

    static func peer(_ user: UInt32) -> Peer? {
        user == self.unmappedUser ? nil : .unixUser(user)
    }
}
