internal import Foundation
internal import KhachProto
internal import NIOCore
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@Suite("Envelopes")
struct EnvelopeTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var hex: String
        var code = Status.Code.invalidArgument
    }

    static let refused: [Refused] = [
        Refused(testDescription: "a length beyond the end", hex: "0a05616263"),
        Refused(testDescription: "a tag without its value", hex: "0a"),
        Refused(testDescription: "a varint without its last byte", hex: "2080"),
        Refused(testDescription: "a varint of eleven bytes", hex: "20ffffffffffffffffffff01"),
        Refused(testDescription: "a varint of 65 bits", hex: "20ffffffffffffffffff02"),
        Refused(testDescription: "field number zero", hex: "0001"),
        Refused(testDescription: "wire type 7", hex: "0f"),
        Refused(testDescription: "a group that never began", hex: "34"),
        Refused(testDescription: "a group that does not end", hex: "3308"),
        Refused(testDescription: "a service that is not UTF-8", hex: "0a02c328"),
        Refused(testDescription: "a method that is not UTF-8", hex: "1201ff"),
        Refused(testDescription: "a metadata key that is not UTF-8", hex: "2a030a01ff"),
        Refused(testDescription: "a metadata entry cut short", hex: "2a020a05"),
    ]

    @Test("malformed requests are refused", arguments: refused)
    func malformed(_ example: Refused) {
        let error = #expect(throws: Status.self) {
            try Request(decoding: ByteBuffer(bytes: Array(hex: example.hex)))
        }
        #expect(error?.code == example.code)
    }

    @Test("unknown fields of every wire type are skipped")
    func unknownFields() throws {
        let unknown = "f03e07f13e0102030405060708f23e03616263f53e01020304f33e0801f43e"
        let body = ByteBuffer(bytes: Array(hex: unknown + "0a0161" + unknown + "120162"))
        #expect(try Request(decoding: body) == Request("a", "b"))
        let response = ByteBuffer(bytes: Array(hex: unknown + "1203616263"))
        #expect(try Response(decoding: response).payload.bytes == [0x61, 0x62, 0x63])
    }

    @Test("a field of another wire type is skipped, as SwiftProtobuf does")
    func mismatchedType() throws {
        let body = ByteBuffer(bytes: Array(hex: "0801120162"))
        #expect(try Request(decoding: body) == Request("", "b"))
    }

    @Test("a request means what SwiftProtobuf says it means", arguments: 0..<200)
    func requestsAgree(_ seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        let theirs = Ttrpc_Request.with { request in
            request.service = random.text()
            request.method = random.text()
            request.payload = Data(random.bytes())
            request.timeoutNano = random.bool() ? 0 : Int64(truncatingIfNeeded: random.next())
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                request.metadata.append(
                    Ttrpc_KeyValue.with {
                        $0.key = random.text()
                        $0.value = random.text()
                    }
                )
            }
        }
        let bytes: [UInt8] = try theirs.serializedBytes()
        let ours = try Request(decoding: ByteBuffer(bytes: bytes))
        #expect(String(buffer: ours.service) == theirs.service)
        #expect(String(buffer: ours.method) == theirs.method)
        #expect(ours.payload.bytes == Array(theirs.payload))
        #expect(ours.timeoutNanoseconds == theirs.timeoutNano)
        #expect(ours.metadata.entries.map(\.key) == theirs.metadata.map(\.key))
        #expect(ours.metadata.entries.map(\.value) == theirs.metadata.map(\.value))
        #expect(Array(ours.encoded().readableBytesView) == bytes)
    }

    @Test("what is accepted after a byte changed, SwiftProtobuf accepts too", arguments: 0..<200)
    func mutationsAgree(_ seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        let source = GoldenFrame.all.filter { $0.type == "REQUEST" }
        for golden in source {
            var bytes = Array(hex: golden.body)
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8(
                truncatingIfNeeded: random.next()
            )
            guard let ours = try? Request(decoding: ByteBuffer(bytes: bytes)) else { continue }

            let theirs = try Ttrpc_Request(serializedBytes: bytes)
            #expect(String(buffer: ours.service) == theirs.service)
            #expect(String(buffer: ours.method) == theirs.method)
            #expect(ours.payload.bytes == Array(theirs.payload))
            #expect(ours.timeoutNanoseconds == theirs.timeoutNano)
        }
    }

    @Test("a response means what SwiftProtobuf says it means", arguments: 0..<100)
    func responsesAgree(_ seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        let theirs = Ttrpc_Response.with { response in
            response.payload = Data(random.bytes())
            if random.bool() {
                response.status.code = Int32.random(in: 1...16, using: &random)
                response.status.message = random.text()
                response.status.details = [
                    Google_Protobuf_Any.with {
                        $0.typeURL = random.text()
                        $0.value = Data(random.bytes())
                    }
                ]
            }
        }
        let bytes: [UInt8] = try theirs.serializedBytes()
        let ours = try Response(decoding: ByteBuffer(bytes: bytes))
        #expect(ours.payload.bytes == Array(theirs.payload))
        #expect(ours.status?.code.rawValue ?? 0 == theirs.status.code)
        #expect(ours.status?.message ?? "" == theirs.status.message)
        #expect(Array(ours.encoded().readableBytesView) == bytes)
    }

    @Test("a code that is not canonical is unknown")
    func unknownCode() throws {
        let body = ByteBuffer(bytes: Array(hex: "0a0408631201" + "78"))
        let status = try Response(decoding: ByteBuffer(bytes: Array(hex: "0a050863120178"))).status
        #expect(status == Status(.unknown, "x"))
        #expect(throws: Status.self) { try Response(decoding: body) }
    }

    @Test("metadata within its limits is taken, one more is not")
    func metadataLimits() throws {
        func request(entries: Int, bytes: Int) -> ByteBuffer {
            let entry = Metadata.Entry(key: "k", value: String(repeating: "v", count: bytes))
            return Request("s", "m", metadata: Metadata(Array(repeating: entry, count: entries)))
                .encoded()
        }
        #expect(try Request(decoding: request(entries: 64, bytes: 1)).metadata.entries.count == 64)
        for (entries, bytes) in [(65, 1), (1, 9000), (5, 2000)] {
            let error = #expect(throws: Status.self) {
                try Request(decoding: request(entries: entries, bytes: bytes))
            }
            #expect(error?.code == .resourceExhausted)
        }
    }
}

/// Numbers that look random and are the same every time.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var z = self.state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func bool() -> Bool { self.next() & 1 == 1 }

    mutating func bytes() -> [UInt8] {
        (0..<Int.random(in: 0...300, using: &self)).map { _ in
            UInt8(truncatingIfNeeded: self.next())
        }
    }

    mutating func text() -> String {
        let letters = Array("abcxyz.éạ漢🙂")
        return String(
            (0..<Int.random(in: 0...40, using: &self)).map { _ in
                letters[Int.random(in: 0..<letters.count, using: &self)]
            }
        )
    }
}
