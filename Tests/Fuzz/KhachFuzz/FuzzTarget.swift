/// What is given bytes that a peer, or a file, may have: each must be right about all of them.
///
/// Knows no driver: a test replays and mutates a corpus, libFuzzer searches from it.
package enum FuzzTarget: String, CaseIterable, Sendable, CustomStringConvertible {
    /// The frames of a connection.
    case frame
    /// A request, a response, a status, or what extends ttrpc.
    case envelope
    /// The scan of a message before it is decoded.
    case scan
    /// A cursor of the change feed.
    case cursor
    /// A configuration file.
    case settings

    /// A longer input says nothing that a shorter one does not.
    package static let inputBytesMax = 65_536

    package var description: String { self.rawValue }

    /// Throws a finding when something that must hold does not.
    package func check(_ bytes: [UInt8]) async throws {
        guard bytes.count <= Self.inputBytesMax else { return }

        switch self {
        case .frame: try FrameTarget.check(bytes)
        case .envelope: try EnvelopeTarget.check(bytes)
        case .scan: try ScanTarget.check(bytes)
        case .cursor: try CursorTarget.check(bytes)
        case .settings: try await SettingsTarget.check(bytes)
        }
    }
}

/// What must hold, and does not.
package struct Finding: Error, CustomStringConvertible {
    package var description: String
}

/// Says what must hold of every input.
func holds(_ condition: Bool, _ sentence: @autoclosure () -> String) throws(Finding) {
    guard condition else { throw Finding(description: sentence()) }
}
