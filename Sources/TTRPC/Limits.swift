/// Every bound of the protocol, in one place, with its unit in its name.
///
/// What happens at each bound is in DESIGN.md.
package struct Limits: Hashable, Sendable {
    /// Calls of one connection whose handlers run as tasks.
    package var runningCallsMax = 100
    /// Entries of one request's metadata.
    package var metadataEntriesMax = 64
    /// Bytes of one request's metadata, keys and values.
    package var metadataBytesMax = 8 << 10
    /// The longest deadline a caller may ask for; a longer one is shortened to it.
    package var timeoutNanosecondsMax: UInt64 = 86_400 * 1_000_000_000
    /// How long one frame may take to arrive.
    package var frameMillisecondsMax = 30_000
    /// How long a peer may leave written bytes unread before it is cut.
    package var stalledWriteMillisecondsMax = 30_000
    /// How long calls may go on once the peer has closed its side.
    package var halfClosedMillisecondsMax = 30_000
    /// How long a draining connection stays silent before it is closed, so that requests already
    /// under way are answered and not cut.
    package var drainQuietMilliseconds = 200
    /// Bytes waiting to be written at which reading stops.
    package var outboundBytesMax = 1 << 20
    /// Bytes waiting to be written at which reading goes on.
    package var outboundBytesLow = 256 << 10
    /// Messages of one stream waiting for their reader at which a client stops reading.
    package var bufferedMessagesMax = 64
    /// Bytes of one stream waiting for their reader at which a client stops reading.
    package var bufferedBytesMax = 1 << 20

    package init() {}

    package static let frameHeaderBytes = 10
    /// The longest body of a frame, as every stock peer has it.
    package static let frameBodyBytesMax = 4 << 20
    /// A length from here on cannot be meant: the peer does not speak ttrpc.
    package static let frameBodyBytesAbsurd = 16 << 20
    /// The last id of a call; those above are left to extensions.
    package static let streamIDMax = StreamID(0x7FFF_FFFF)
    /// Ids remembered so that each is told once that it is not open.
    package static let toldStreamsMax = 64
    /// Bytes of a peer's name that a status repeats.
    package static let echoBytesMax = 128
    /// How deep groups may nest in a skipped field.
    package static let groupDepthMax = 32
}
