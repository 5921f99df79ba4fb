package import NIOCore
package import TTRPC

/// What stands between a socket and the protocol, such as TLS; the runtime knows nothing of it.
package struct Shield: Sendable {
    /// Puts its handlers into the pipeline of a new channel; done when the protocol may begin, with
    /// who the peer has shown to be, if it has.
    ///
    /// It fails with an error that says for a person what was expected and what was found.
    package var install: @Sendable (any Channel) throws -> EventLoopFuture<Peer?>

    package init(install: @escaping @Sendable (any Channel) throws -> EventLoopFuture<Peer?>) {
        self.install = install
    }
}
