package import NIOCore

/// Writes frames at the end of a buffer.
///
/// Refuses nothing: the machines judge sizes before anything is written.
package enum FrameEncoder {
    /// Writes a frame as it is.
    package static func write(_ frame: Frame, into buffer: inout ByteBuffer) {
        self.writeHeader(
            frame.stream,
            frame.kind,
            flags: frame.flags,
            bodyBytes: frame.body.readableBytes,
            into: &buffer
        )
        buffer.writeImmutableBuffer(frame.body)
    }

    /// Writes the answer of a unary call in one go: header, envelope and message.
    ///
    /// An empty message is an empty body, as Go sends it.
    package static func writeResponse(
        _ stream: StreamID,
        payload: Payload,
        into buffer: inout ByteBuffer
    ) {
        let payloadBytes = payload.count
        let lengthBytes = PayloadWriter.varintBytes(UInt64(payloadBytes))
        let bodyBytes = payloadBytes == 0 ? 0 : 1 + lengthBytes + payloadBytes

        buffer.writeWithUnsafeMutableBytes(
            minimumWritableBytes: Limits.frameHeaderBytes + bodyBytes
        ) { target in
            self.storeHeader(stream, .response, flags: [], bodyBytes: bodyBytes, in: target)
            guard payloadBytes > 0 else { return Limits.frameHeaderBytes }

            var offset = Limits.frameHeaderBytes
            target[offset] = 0x12  // field 2, length-delimited
            offset += 1
            var rest = payloadBytes
            while rest >= 0x80 {
                target[offset] = UInt8(truncatingIfNeeded: rest) | 0x80
                offset += 1
                rest >>= 7
            }
            target[offset] = UInt8(truncatingIfNeeded: rest)
            offset += 1
            payload.withUnsafeBytes { source in
                UnsafeMutableRawBufferPointer(rebasing: target[offset...]).copyMemory(from: source)
            }
            return offset + payloadBytes
        }
    }

    /// Writes the answer of a call that did not succeed.
    package static func writeResponse(
        _ stream: StreamID,
        status: Status,
        into buffer: inout ByteBuffer
    ) {
        let body = Response(status: status).encoded()
        self.write(Frame(stream: stream, kind: .response, body: body), into: &buffer)
    }

    /// Writes one message of a stream.
    package static func writeData(
        _ stream: StreamID,
        payload: Payload,
        into buffer: inout ByteBuffer
    ) {
        self.write(Frame(stream: stream, kind: .data, body: payload.buffer), into: &buffer)
    }

    /// Writes the end of a stream: a frame of its own, as no stock peer takes the end together
    /// with a message (wire.md §1.4).
    package static func writeEnd(_ stream: StreamID, into buffer: inout ByteBuffer) {
        self.writeHeader(
            stream,
            .data,
            flags: [.remoteClosed, .noData],
            bodyBytes: 0,
            into: &buffer
        )
    }

    private static func writeHeader(
        _ stream: StreamID,
        _ kind: Frame.Kind,
        flags: Frame.Flags,
        bodyBytes: Int,
        into buffer: inout ByteBuffer
    ) {
        buffer.writeWithUnsafeMutableBytes(
            minimumWritableBytes: Limits.frameHeaderBytes + bodyBytes
        ) { target in
            self.storeHeader(stream, kind, flags: flags, bodyBytes: bodyBytes, in: target)
            return Limits.frameHeaderBytes
        }
    }

    private static func storeHeader(
        _ stream: StreamID,
        _ kind: Frame.Kind,
        flags: Frame.Flags,
        bodyBytes: Int,
        in target: UnsafeMutableRawBufferPointer
    ) {
        target.storeBytes(of: UInt32(bodyBytes).bigEndian, as: UInt32.self)
        target.storeBytes(of: stream.number.bigEndian, toByteOffset: 4, as: UInt32.self)
        target[8] = kind.number
        target[9] = flags.rawValue
    }
}
