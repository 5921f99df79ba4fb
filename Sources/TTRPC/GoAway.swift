internal import NIOCore

/// The server will begin no call above an id: frame 0xE4, from a server.
///
/// Calls above it were not begun, so they may be made again, over another connection.
package struct GoAway: Hashable, Sendable {
    /// Why; the numbers are those of HTTP/2.
    package struct Code: Hashable, Sendable {
        package var number: UInt32

        package init(_ number: UInt32) {
            self.number = number
        }

        /// The server stops, and nobody did anything wrong.
        package static var noError: Self { Self(0) }
        /// The peer asks too much of the protocol itself.
        package static var enhanceYourCalm: Self { Self(11) }
    }

    package var lastStream: StreamID
    package var code: Code
    package var text: String

    package init(_ lastStream: StreamID, _ code: Code, _ text: String = "") {
        self.lastStream = lastStream
        self.code = code
        self.text = text
    }

    /// Reads one; `nil` when the frame is none.
    package init?(_ frame: Frame) {
        var body = frame.body
        guard
            frame.kind == .goAway, frame.stream == .connection,
            let lastStream = body.readInteger(as: UInt32.self),
            let code = body.readInteger(as: UInt32.self)
        else { return nil }

        let text = String(
            decoding: body.readableBytesView.prefix(Limits.echoBytesMax),
            as: UTF8.self
        )
        self.init(StreamID(lastStream), Code(code), text)
    }

    package var frame: Frame {
        var body = ByteBuffer()
        body.writeInteger(self.lastStream.number)
        body.writeInteger(self.code.number)
        body.writeString(self.text)
        return Frame(stream: .connection, kind: .goAway, body: body)
    }
}
