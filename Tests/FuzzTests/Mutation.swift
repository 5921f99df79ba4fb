internal import KhachTestKit

/// Changes inputs of a corpus, by a seed that repeats.
struct Mutation {
    private static let edges: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF, 0x0A, 0x12, 0xE0]
    private static let changesMax = 6
    private static let pieceBytesMax = 10

    let corpus: [[UInt8]]
    private var seed: Seed

    init(of corpus: [[UInt8]], by seed: Seed) {
        self.corpus = corpus
        self.seed = seed
    }

    /// Some input with some changes.
    mutating func next() -> [UInt8] {
        var bytes = self.seed.pick(self.corpus)
        for _ in 0..<self.seed.number(1...Self.changesMax) { self.change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else {
            bytes = self.piece(of: self.seed.pick(self.corpus))
            return
        }

        let place = self.seed.number(0...(bytes.count - 1))
        let end = min(bytes.count, place + self.seed.number(1...Self.pieceBytesMax))
        switch self.seed.number(0...5) {
        case 0: bytes[place] ^= 1 << UInt8(self.seed.number(0...7))
        case 1: bytes[place] = self.seed.pick(Self.edges)
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: self.piece(of: self.seed.pick(self.corpus)), at: place)
        case 4: bytes.insert(contentsOf: bytes[place..<end], at: place)
        default: bytes.removeSubrange(place...)
        }
    }

    private mutating func piece(of bytes: [UInt8]) -> [UInt8] {
        guard !bytes.isEmpty else { return [0] }

        let start = self.seed.number(0...(bytes.count - 1))
        return Array(bytes[start...].prefix(self.seed.number(1...Self.pieceBytesMax)))
    }
}
