internal import CLibCrypto
internal import KhachService

extension Seal {
    /// HMAC-SHA-256 by libcrypto (docs/decisions/0002).
    init(key: [UInt8]) {
        self.init { message in
            var tag = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
            var count: UInt32 = 0
            let result = HMAC(
                EVP_sha256(),
                key,
                Int32(key.count),
                message,
                message.count,
                &tag,
                &count
            )
            precondition(result != nil, "HMAC-SHA-256 over memory does not fail")
            return Array(tag.prefix(Int(count)))
        }
    }
}

extension SecretMint {
    /// The system's random bytes, and SHA-256 by libcrypto.
    static let libcrypto = SecretMint(
        random: { count in (0..<count).map { _ in UInt8.random(in: .min ... .max) } },
        sha256: { message in
            var hash = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
            var count: UInt32 = 0
            let result = EVP_Digest(message, message.count, &hash, &count, EVP_sha256(), nil)
            precondition(result == 1, "SHA-256 over memory does not fail")
            return Array(hash.prefix(Int(count)))
        }
    )
}
