internal import NIOCore
internal import TTRPC

/// Frames are the same however their bytes arrive, and as they would be written.
enum FrameTarget {
    static func check(_ bytes: [UInt8]) throws {
        let whole = self.outputs(of: [bytes[...]])
        try holds(whole == self.outputs(of: self.pieces(of: bytes)), "pieces say the same")
        try holds(
            whole.count <= bytes.count / Limits.frameHeaderBytes + 1,
            "an output for ten bytes, and one for a first byte that is not zero"
        )

        var written = ByteBuffer()
        for case .frame(let frame) in whole { FrameEncoder.write(frame, into: &written) }
        let areFrames = whole.allSatisfy { if case .frame = $0 { true } else { false } }
        if areFrames {
            let read = written.readableBytesView
            try holds(bytes.starts(with: read), "what was read is what would be written")
        }
        for output in whole { try self.check(output) }
    }

    private static func check(_ output: FrameDecoder.Output) throws {
        switch output {
        case .frame(let frame):
            try holds(frame.body.readableBytes <= Limits.frameBodyBytesMax, "a body is bounded")
        case .oversized(_, let length):
            let range = (Limits.frameBodyBytesMax + 1)..<Limits.frameBodyBytesAbsurd
            try holds(range.contains(length), "an over-long body has more than 4 MiB: \(length)")
        case .malformed(let byte):
            try holds(byte != 0, "a first byte of zero is one of ttrpc")
        }
    }

    private static func outputs(of pieces: [ArraySlice<UInt8>]) -> [FrameDecoder.Output] {
        var decoder = FrameDecoder()
        var buffer = ByteBuffer()
        var outputs: [FrameDecoder.Output] = []
        for piece in pieces {
            buffer.writeBytes(piece)
            while let output = decoder.next(from: &buffer) { outputs.append(output) }
        }
        return outputs
    }

    /// The bytes themselves say where they are cut: after so many as the first of a piece has in
    /// its low bits.
    private static func pieces(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while let first = rest.first {
            let count = 1 + Int(first & 15)
            pieces.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return pieces
    }
}
