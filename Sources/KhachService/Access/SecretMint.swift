/// Makes the secrets of tokens and hashes them; knows no cryptography, which is given to it.
package struct SecretMint: Sendable {
    package static let prefix = "khach_"
    private static let scheme = "Bearer "
    private static let secretBytes = 32
    private static let digits = Array("0123456789abcdef".utf8)
    private static let textBytes = prefix.utf8.count + 2 * secretBytes

    private let random: @Sendable (Int) -> [UInt8]
    private let sha256: @Sendable ([UInt8]) -> [UInt8]

    package init(
        random: @escaping @Sendable (Int) -> [UInt8],
        sha256: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) {
        self.random = random
        self.sha256 = sha256
    }

    /// A new secret, to be shown once, and the hash that is kept.
    package func make() -> (text: String, hash: [UInt8]) {
        let digits = self.random(Self.secretBytes).flatMap {
            [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 15)]]
        }
        let text = Self.prefix + String(decoding: digits, as: UTF8.self)
        return (text, self.sha256(Array(text.utf8)))
    }

    /// The hash of what an `authorization` says; `nil` when it cannot be one of ours.
    func hash(ofAuthorization value: String) -> [UInt8]? {
        guard value.utf8.count == Self.scheme.utf8.count + Self.textBytes,
            zip(value.utf8, Self.scheme.utf8).allSatisfy({ $0 | 0x20 == $1 | 0x20 })
        else { return nil }

        return self.sha256(Array(value.utf8.dropFirst(Self.scheme.utf8.count)))
    }
}
