package import TTRPC

/// Why a frame was refused before any method ran.
package enum ProtocolError: Hashable, Sendable {
    /// The bytes are no frames; the connection is closed.
    case malformed
    /// The frame's sender is told this code.
    case refused(Status.Code)
}
