internal import NIOSSL

/// TLS that cannot be: what was expected and what was found.
package struct TLSFailure: Error, Sendable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) {
        self.description = description
    }

    /// What is said of a peer that speaks no TLS, or no version or cipher of ours.
    private static let otherWords = [
        "WRONG_VERSION_NUMBER", "UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "HTTP_REQUEST",
        "NO_SHARED_CIPHER",
    ]

    /// A handshake that failed, in words that go on a line.
    ///
    /// BoringSSL tells a certificate that it refused by one word alone, whatever is wrong with it.
    init(handshake error: any Error, with peer: String) {
        let found =
            switch error {
            case NIOSSLError.handshakeFailed(let cause): Self.words(of: "\(cause)")
            case let error as NIOSSLExtraError: "\(error)"
            default: Self.words(of: "\(error)")
            }
        let isOther = Self.otherWords.contains { found.contains($0) }
        let expected =
            isOther
            ? "a handshake of TLS with \(peer)"
            : "a certificate of a known authority, in its time and for \(peer)"
        self.init("\(expected) expected, found: \(found)")
    }

    /// The name of an error in "…error:1000:library:function:REASON at /file:line…".
    static func words(of text: String) -> String {
        let parts = text.split(whereSeparator: { $0 == ":" || $0 == " " || $0 == "]" })
        let names = parts.filter { part in
            part.contains("_") && part.allSatisfy { $0.isUppercase || $0.isNumber || $0 == "_" }
        }
        return names.first.map(String.init) ?? text
    }
}
