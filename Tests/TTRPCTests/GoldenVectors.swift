internal import Foundation
internal import NIOCore
internal import TTRPC
internal import Testing

/// One captured frame of `Tests/Vectors/ttrpc-golden-vectors.json`.
struct GoldenFrame: Decodable, Sendable, CustomTestStringConvertible {
    var vector: String
    var impl: String
    var dir: String
    var type: String
    var sid: UInt32
    var flags: String
    var header: String
    var body: String

    var testDescription: String { "\(self.vector) \(self.dir) \(self.type) \(self.sid)" }
    var bytes: [UInt8] { Array(hex: self.header + self.body) }
    var isFromClient: Bool { self.dir == "C->S" }

    var frame: Frame {
        let kinds: [String: Frame.Kind] = [
            "REQUEST": .request, "RESPONSE": .response, "DATA": .data,
        ]
        return Frame(
            stream: StreamID(self.sid),
            kind: kinds[self.type] ?? Frame.Kind(0),
            flags: Frame.Flags(rawValue: UInt8(self.flags.dropFirst(2), radix: 16) ?? 0),
            body: ByteBuffer(bytes: Array(hex: self.body))
        )
    }

    static let all: [GoldenFrame] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Vectors/ttrpc-golden-vectors.json")
        guard
            let data = try? Data(contentsOf: file),
            let frames = try? JSONDecoder().decode([GoldenFrame].self, from: data)
        else { return [] }
        return frames
    }()

    static func conversation(_ name: String) -> [GoldenFrame] {
        self.all.filter { $0.vector == name }
    }
}

extension Array where Element == UInt8 {
    init(hex: String) {
        let digits = Array<UInt8>(hex.utf8)
        self = stride(from: 0, to: digits.count, by: 2).map { index in
            UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) ?? 0
        }
    }
}

func outputs(of chunks: [[UInt8]]) -> [FrameDecoder.Output] {
    var decoder = FrameDecoder()
    var buffer = ByteBuffer()
    var outputs: [FrameDecoder.Output] = []
    for chunk in chunks {
        buffer.writeBytes(chunk)
        while let output = decoder.next(from: &buffer) { outputs.append(output) }
    }
    return outputs
}

@Suite("Golden vectors")
struct GoldenVectorTests {
    @Test("all 89 frames are here")
    func complete() {
        #expect(GoldenFrame.all.count == 89)
    }

    @Test("a frame decodes and encodes byte for byte", arguments: GoldenFrame.all)
    func roundTrip(_ golden: GoldenFrame) {
        #expect(outputs(of: [golden.bytes]) == [.frame(golden.frame)])
        var buffer = ByteBuffer()
        FrameEncoder.write(golden.frame, into: &buffer)
        #expect(Array(buffer.readableBytesView) == golden.bytes)
    }

    @Test("a frame split anywhere is the same frame", arguments: GoldenFrame.all)
    func splits(_ golden: GoldenFrame) {
        let bytes = golden.bytes
        for split in 0...bytes.count {
            let chunks = [Array(bytes[..<split]), Array(bytes[split...])]
            #expect(outputs(of: chunks) == [.frame(golden.frame)], "split at \(split)")
        }
        #expect(outputs(of: bytes.map { [$0] }) == [.frame(golden.frame)])
    }

    @Test("a truncated frame consumes nothing", arguments: GoldenFrame.all)
    func truncations(_ golden: GoldenFrame) {
        for count in 0..<golden.bytes.count {
            var decoder = FrameDecoder()
            var buffer = ByteBuffer(bytes: golden.bytes[..<count])
            #expect(decoder.next(from: &buffer) == nil)
            #expect(buffer.readableBytes == count)
        }
    }

    @Test("a Request body decodes and encodes byte for byte")
    func requests() throws {
        for golden in GoldenFrame.all where golden.type == "REQUEST" {
            let request = try Request(decoding: golden.frame.body)
            #expect(request.encoded() == golden.frame.body, "\(golden.testDescription)")
        }
    }

    @Test("a Response body decodes and encodes as Go writes it")
    func responses() throws {
        for golden in GoldenFrame.all where golden.type == "RESPONSE" {
            let response = try Response(decoding: golden.frame.body)
            // Rust marks success with an empty status, 0a00; Go, and so this, leaves it out.
            let isRust = golden.body.hasPrefix("0a00")
            let expected = Array(hex: isRust ? String(golden.body.dropFirst(4)) : golden.body)
            #expect(Array(response.encoded().readableBytesView) == expected)
            if isRust { #expect(response.status == nil) }
        }
    }
}
