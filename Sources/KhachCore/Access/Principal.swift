/// Whom a connection itself makes known, without a secret: the URI of a client's certificate, or
/// the user at the other end of a Unix socket.
package enum Principal: Hashable, Sendable, CustomStringConvertible {
    /// The one URI among the names of a certificate that was verified, such as
    /// `spiffe://khach.example/agent`.
    case certificate(uri: String)
    case unixUser(UInt32)

    package static let bytesMax = 1_024
    private static let unixPrefix = "unix-user:"

    /// Reads a URI with `://`, or `unix-user:UID`; neither can be taken for the other.
    package init?(text: String) {
        if let id = Self.unixUserID(text) {
            self = .unixUser(id)
        } else if Self.isURI(text) {
            self = .certificate(uri: text)
        } else {
            return nil
        }
    }

    package var description: String {
        switch self {
        case .certificate(let uri): uri
        case .unixUser(let id): "\(Self.unixPrefix)\(id)"
        }
    }

    private static func unixUserID(_ text: String) -> UInt32? {
        guard text.hasPrefix(self.unixPrefix),
            let id = UInt32(text.dropFirst(self.unixPrefix.count)),
            text == "\(self.unixPrefix)\(id)"
        else { return nil }

        return id
    }

    private static func isURI(_ text: String) -> Bool {
        guard let mark = text.firstRange(of: "://"), mark.lowerBound > text.startIndex,
            mark.upperBound < text.endIndex, text.utf8.count <= self.bytesMax
        else { return false }

        return text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
