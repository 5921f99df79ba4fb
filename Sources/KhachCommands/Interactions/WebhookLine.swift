internal import KhachChannels

/// A line, or a document over several, that is one webhook body.
enum WebhookLine {
    /// Lines are to come in their order, which `order` keeps of their edits.
    static func items(
        _ line: LineReader.Line,
        _ reader: WebhookReader,
        after order: inout EditOrder
    ) -> [LineItem] {
        guard let bytes = line.bytes else {
            let reason = "at most \(WebhookLimits.bodyBytesMax) bytes expected, more found"
            return [.refused(LineRefusal(LineOrigin(line: line.number), reason))]
        }

        return reader.items(of: bytes, after: &order).map { item in
            switch item {
            case .interaction(let interaction, let path):
                .interaction(interaction, LineOrigin(line: line.number, path: path))
            case .profile(let profile, let path):
                .profile(profile, LineOrigin(line: line.number, path: path))
            case .ignored(let reason, _): .ignored(reason)
            case .refused(let refusal):
                .refused(
                    LineRefusal(
                        LineOrigin(line: line.number, path: refusal.path),
                        refusal.reason
                    )
                )
            }
        }
    }
}
