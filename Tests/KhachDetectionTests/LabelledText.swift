internal import Foundation
internal import KhachCore
internal import Testing

/// A row of `Tests/Vectors/detection*.tsv`: a text, and what is to be found in it.
///
/// Neither trimmed nor normalised: some rows hold no-break and zero-width spaces on purpose.
struct LabelledText: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var text: String
    var phones: [String]
    var emails: [String]

    static let sample = Self.read("detection.tsv")
    static let more = Self.read("detection-more.tsv")

    private static func read(_ name: String) -> [LabelledText] {
        let vectors = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Vectors")
        guard let text = try? String(contentsOf: vectors.appending(path: name), encoding: .utf8)
        else {
            return []
        }

        // Scalars, since a carriage return and its newline are one character.
        let rows = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        return rows.enumerated().compactMap { number, row in
            let columns = row.split(separator: "\t", omittingEmptySubsequences: false)
                .map { String($0) }
            guard columns.count == 3 else { return nil }

            return LabelledText(
                testDescription: "\(name):\(number + 1) \(columns[0])",
                text: columns[0],
                phones: columns[1].split(separator: ",").map(String.init),
                emails: columns[2].split(separator: ",").map(String.init)
            )
        }
    }
}

extension [ContactFinding] {
    var phones: [String] { self.filter { $0.kind == .phone }.map(\.value) }
    var emails: [String] { self.filter { $0.kind == .email }.map(\.value) }
}
