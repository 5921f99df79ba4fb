internal import NIOCore
internal import TTRPC
internal import Testing

@Suite("Frame decoding")
struct FrameDecoderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        var expected: [FrameDecoder.Output]
    }

    static let cases: [Case] = [
        Case(
            testDescription: "nine header bytes wait for the tenth",
            bytes: Array(repeating: 0, count: 9),
            expected: []
        ),
        Case(
            testDescription: "an empty data frame is a message, not an absence",
            bytes: [0, 0, 0, 0, 0, 0, 0, 3, 3, 0],
            expected: [.frame(Frame(stream: StreamID(3), kind: .data))]
        ),
        Case(
            testDescription: "unknown kinds and flags are kept",
            bytes: [0, 0, 0, 1, 0x80, 0, 0, 1, 0xE0, 0xFF, 7],
            expected: [
                .frame(
                    Frame(
                        stream: StreamID(0x8000_0001),
                        kind: Frame.Kind(0xE0),
                        flags: Frame.Flags(rawValue: 0xFF),
                        body: ByteBuffer(bytes: [7])
                    )
                )
            ]
        ),
        Case(
            testDescription: "an over-long body is announced from its header alone",
            bytes: [0x00, 0x40, 0x00, 0x01, 0, 0, 0, 1, 1, 0],
            expected: [.oversized(StreamID(1), length: 4_194_305)]
        ),
        Case(
            testDescription: "the longest body that is skipped",
            bytes: [0x00, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1, 1, 0],
            expected: [.oversized(StreamID(1), length: 16_777_215)]
        ),
        Case(
            testDescription: "a first byte other than zero is enough, and nothing follows it",
            bytes: [0x01, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 0],
            expected: [.malformed(firstByte: 1)]
        ),
        Case(
            testDescription: "TLS is not ttrpc",
            bytes: [0x16, 0x03, 0x01],
            expected: [.malformed(firstByte: 0x16)]
        ),
    ]

    @Test(arguments: cases)
    func decode(_ example: Case) {
        #expect(outputs(of: [example.bytes]) == example.expected)
    }

    @Test("arrives the same one byte at a time", arguments: cases)
    func decodeBytewise(_ example: Case) {
        #expect(outputs(of: example.bytes.map { [$0] }) == example.expected)
    }

    @Test("the frame after an over-long one is read in full")
    func skipsExactly() {
        let refused: [UInt8] = [0x00, 0x40, 0x00, 0x01, 0, 0, 0, 1, 1, 0]
        let body = [UInt8](repeating: 7, count: 4_194_305)
        let next: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 3, 3, 0]
        let expected: [FrameDecoder.Output] = [
            .oversized(StreamID(1), length: 4_194_305),
            .frame(Frame(stream: StreamID(3), kind: .data)),
        ]
        #expect(outputs(of: [refused + body + next]) == expected)
        #expect(outputs(of: [refused, body, next]) == expected)
        #expect(outputs(of: [refused + body.dropLast(1), [7] + next]) == expected)
    }

    @Test("exactly 4 MiB is a frame")
    func longest() {
        let header: [UInt8] = [0x00, 0x40, 0x00, 0x00, 0, 0, 0, 1, 3, 0]
        let bytes = header + [UInt8](repeating: 7, count: 4 << 20)
        let body = ByteBuffer(repeating: 7, count: 4 << 20)
        let frame = Frame(stream: StreamID(1), kind: .data, body: body)
        #expect(outputs(of: [bytes]) == [.frame(frame)])
    }
}
