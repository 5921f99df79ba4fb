internal import KhachChannels
internal import KhachProto

/// What a line of a file holds.
enum LineItem: Sendable {
    case interaction(Khach_V1_Interaction, LineOrigin)
    case profile(Khach_V1_ProfileObservation, LineOrigin)
    case ignored(WebhookReason)
    case refused(LineRefusal)
}

/// Where in a file something stands.
struct LineOrigin: Hashable, Sendable {
    var line: Int
    /// Within the line, as in `entry[0].messaging[1]`; empty for the line as a whole.
    var path = ""
}

/// Why something was not recorded.
struct LineRefusal: Error, Hashable, Sendable {
    var origin: LineOrigin
    var reason: String

    init(_ origin: LineOrigin, _ reason: String) {
        self.origin = origin
        self.reason = reason
    }

    /// What the server says against an item.
    init(_ origin: LineOrigin, _ error: Khach_V1_InteractionError) {
        let field = error.field.isEmpty ? "" : " \(error.field):"
        self.init(origin, "\(error.reason)\(field) \(error.message)")
    }

    /// `line 3, entry[0].id: an identifier expected, a list found`.
    var text: String {
        let path = self.origin.path.isEmpty ? "" : ", \(self.origin.path)"
        return ShownText.oneLine("line \(self.origin.line)\(path): \(self.reason)")
    }
}
