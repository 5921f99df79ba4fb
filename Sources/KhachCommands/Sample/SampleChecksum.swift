/// FNV-1a over bytes: names a stream of bytes in a test, and makes a seed of a text.
package struct SampleChecksum: Hashable, Sendable {
    package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    package init() {}

    package mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { self.value = (self.value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }

    static func of(_ text: String) -> UInt64 {
        var checksum = Self()
        checksum.add(text.utf8)
        return checksum.value
    }
}
