internal import NIOCore
internal import TTRPC
internal import Testing

@Suite("Limits of metadata")
struct MetadataLimitTests {
    @Test("n-1 and n entries are taken, n+1 are refused")
    func entries() throws {
        let most = Limits().metadataEntriesMax
        try Self.expect([most - 1, most], taken: true) { count in
            (0..<count).map { .init(key: "k\($0)", value: "") }
        }
        try Self.expect([most + 1], taken: false) { count in
            (0..<count).map { .init(key: "k\($0)", value: "") }
        }
    }

    @Test("n-1 and n bytes are taken, n+1 are refused")
    func bytes() throws {
        let most = Limits().metadataBytesMax
        // A key of one byte and a value: three bytes, and a tag and a length of two bytes.
        let entries = { (count: Int) -> [Metadata.Entry] in
            [.init(key: "k", value: String(repeating: "v", count: count - 6))]
        }
        try Self.expect([most - 1, most], taken: true, entries)
        try Self.expect([most + 1], taken: false, entries)
    }

    private static func expect(
        _ counts: [Int],
        taken: Bool,
        _ entries: (Int) -> [Metadata.Entry]
    ) throws {
        for count in counts {
            let bytes = Request("s", "m", metadata: Metadata(entries(count))).encoded()
            if taken {
                let request = try Request(decoding: bytes)
                #expect(request.metadata.entries.count == entries(count).count)
            } else {
                let status = #expect(throws: Status.self) { try Request(decoding: bytes) }
                #expect(status?.code == .resourceExhausted)
            }
        }
    }
}
