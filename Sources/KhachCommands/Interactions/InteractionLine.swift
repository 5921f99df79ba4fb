internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// A line that is one interaction in protobuf JSON.
enum InteractionLine {
    static func items(_ line: LineReader.Line) -> [LineItem] {
        switch Self.interaction(line) {
        case .success(let interaction):
            [.interaction(interaction, LineOrigin(line: line.number))]
        case .failure(let refusal): [.refused(refusal)]
        }
    }

    /// One line as an interaction, or why it is none.
    static func interaction(
        _ line: LineReader.Line
    ) -> Result<Khach_V1_Interaction, LineRefusal> {
        guard let bytes = line.bytes else {
            return .failure(
                line.number,
                "at most \(LineReader.lineBytesMax) bytes expected, more found"
            )
        }
        guard bytes.contains(where: { $0 != 0x20 && $0 != 0x09 }) else {
            return .failure(line.number, "an interaction expected, an empty line found")
        }

        if let interaction = try? Khach_V1_Interaction(jsonUTF8Bytes: bytes) {
            return .success(interaction)
        }
        let repaired = Array(String(decoding: bytes, as: UTF8.self).utf8)
        guard let interaction = try? Khach_V1_Interaction(jsonUTF8Bytes: repaired) else {
            let fault = JSONFault<Khach_V1_Interaction>(repaired).text
            return .failure(line.number, "an interaction in JSON expected: \(fault)")
        }
        guard let field = Self.repairedIdentifier(interaction) else { return .success(interaction) }

        return .failure(line.number, "field \(field): UTF-8 expected, other bytes found")
    }

    /// A bad byte of a text is shown as U+FFFD, as the server has it; two identifiers that differ
    /// in such a byte would become the same.
    private static func repairedIdentifier(_ interaction: Khach_V1_Interaction) -> String? {
        [
            ("externalPageId", interaction.externalPageID), ("eventKey", interaction.eventKey),
            ("externalUserId", interaction.externalUserID),
            ("conversationKey", interaction.conversationKey), ("postId", interaction.postID),
        ].first { $0.1.contains("\u{FFFD}") }?.0
    }
}

extension Result<Khach_V1_Interaction, LineRefusal> {
    fileprivate static func failure(_ line: Int, _ reason: String) -> Self {
        .failure(LineRefusal(LineOrigin(line: line), reason))
    }
}
