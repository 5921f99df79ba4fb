package import NIOCore

/// One frame: a header of ten bytes, judged, and the body it announced.
///
/// Knows the layout and nothing of what a body means.
package struct Frame: Hashable, Sendable {
    /// What a body is; unknown kinds are kept, as they are ignored and not refused.
    package struct Kind: Hashable, Sendable {
        package var number: UInt8

        package init(_ number: UInt8) {
            self.number = number
        }

        package static var request: Self { Self(1) }
        package static var response: Self { Self(2) }
        package static var data: Self { Self(3) }
    }

    package struct Flags: OptionSet, Hashable, Sendable {
        package var rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// The sender is done with this stream.
        package static var remoteClosed: Self { Self(rawValue: 0x01) }
        /// The sender will send more on this stream.
        package static var remoteOpen: Self { Self(rawValue: 0x02) }
        /// There is no message here, not even an empty one.
        package static var noData: Self { Self(rawValue: 0x04) }
    }

    package var stream: StreamID
    package var kind: Kind
    package var flags: Flags
    package var body: ByteBuffer

    package init(
        stream: StreamID,
        kind: Kind,
        flags: Flags = [],
        body: ByteBuffer = ByteBuffer()
    ) {
        self.stream = stream
        self.kind = kind
        self.flags = flags
        self.body = body
    }

    /// Whether there is a message, if only an empty one: zero bytes are no message only if the
    /// flags say so.
    package var hasMessage: Bool {
        !self.flags.contains(.noData) || self.body.readableBytes > 0
    }
}
