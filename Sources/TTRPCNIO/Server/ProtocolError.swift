package import TTRPC

/// Why a frame was refused before any method ran.
package enum ProtocolError: Hashable, Sendable {
    /// The bytes are no frames; the connection is closed.
    case malformed
    /// The frame's sender is told this code.
    case refused(Status.Code)
    /// There are as many connections as there may be, or as many of one address.
    case tooManyConnections
    /// Callers whom nobody knows tried too often; the connection is closed.
    case tooManyStrangers
    /// Too many calls of a connection were refused as too many; it is not read for a while.
    case tooManyRefusals
    /// Nobody known called by a connection in its time; it is closed.
    case noCaller
}
