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
    /// Messages of one stream waiting for their reader at which the connection is not read.
    package var bufferedMessagesMax = 64
    /// Bytes of one stream waiting for their reader at which the connection is not read.
    package var bufferedBytesMax = 1 << 20
    /// How long a server leaves a connection unread for one stream's handler, before that call
    /// fails and the others go on.
    package var unreadMillisecondsMax = 1_000
    /// CANCEL frames that a server takes from one peer in `cancelsMilliseconds`.
    package var cancelsMax = 200
    /// CANCEL frames that a client sends in `cancelsMilliseconds`; what is above is not told.
    ///
    /// Fewer than a server takes, as a network may bring them closer together.
    package var cancelsSentMax = 100
    /// The span in which CANCEL frames are counted.
    package var cancelsMilliseconds = 10_000
    /// Calls of one connection in `refusalsMilliseconds` that are refused as too many; behind one
    /// more, nothing of it is read for `hushMilliseconds`.
    package var refusalsMax = 200
    /// The span in which refusals are counted.
    package var refusalsMilliseconds = 1_000
    /// How long a connection is not read that made too many calls.
    package var hushMilliseconds = 100
    /// How far apart pings must be, unless something else was sent between them.
    package var pingMillisecondsMin = 10_000
    /// Pings that may come sooner than that.
    package var pingStrikesMax = 2
    /// How long a server hears nothing of an extended peer before it pings.
    package var silenceMillisecondsMax = 7_200_000
    /// How long either side waits for a sign of life after it pinged.
    package var pingAnswerMillisecondsMax = 20_000
    /// How long a connection by which nobody known calls may be open with no call running.
    package var strangerMillisecondsMax = 10_000
    /// Calls of nobody known from one address in `strangerCallsMilliseconds`; the connection of one
    /// more is closed behind its answer.
    package var strangerCallsMax = 10
    /// The span in which calls of nobody known are counted.
    package var strangerCallsMilliseconds = 60_000
    /// How long a leaving server waits for the answer that says its peer has heard of it.
    package var leaveMillisecondsMax = 1_000

    package init() {}

    package static let frameHeaderBytes = 10
    /// The longest body of a frame, as every stock peer has it.
    package static let frameBodyBytesMax = 4 << 20
    /// The longest body of a frame where callers must be known, and nobody known has called yet.
    package static let strangerBodyBytesMax = 64 << 10
    /// Requests below it are not counted among those that share a `RequestRoom`.
    package static let countedBytesMin = 4 << 10
    /// A length from here on cannot be meant: the peer does not speak ttrpc.
    package static let frameBodyBytesAbsurd = 16 << 20
    /// The last id of a call; those above are left to extensions.
    package static let streamIDMax = StreamID(0x7FFF_FFFF)
    /// The longest body of a HELLO; a longer one is none.
    package static let helloBytesMax = 1 << 10
    /// Ids remembered so that each is told once that it is not open.
    package static let toldStreamsMax = 64
    /// Bytes of a peer's name that a status repeats.
    package static let echoBytesMax = 128
    /// How deep groups may nest in a skipped field.
    package static let groupDepthMax = 32
}
