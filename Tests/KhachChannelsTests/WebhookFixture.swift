internal import Foundation
internal import KhachChannels
internal import SwiftProtobuf
internal import Testing

/// A file of `Tests/Vectors/webhooks`: one body on each line, and beside it what is read of them.
struct WebhookFixture: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var format: WebhookFormat
    var bodies: [[UInt8]]
    var expected: [String]

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Vectors/webhooks")

    static let all: [WebhookFixture] = WebhookFormat.allCases.flatMap { format in
        let start = folder.appending(path: format.rawValue)
        let found = FileManager.default.enumerator(at: start, includingPropertiesForKeys: nil)
        let files = (found?.compactMap { $0 as? URL } ?? []).filter {
            $0.pathExtension == "jsonl" && !$0.lastPathComponent.hasSuffix(".expected.jsonl")
        }
        return files.sorted { $0.path < $1.path }.map { WebhookFixture(format, $0) }
    }

    private init(_ format: WebhookFormat, _ file: URL) {
        let name = file.deletingPathExtension().lastPathComponent
        let expected = file.deletingLastPathComponent().appending(path: "\(name).expected.jsonl")
        self.testDescription = "\(format): \(name.replacing("-", with: " "))"
        self.format = format
        self.bodies = Self.lines(file).map { Array($0) }
        self.expected = Self.lines(expected).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func lines(_ file: URL) -> [Data] {
        ((try? Data(contentsOf: file)) ?? Data()).split(separator: UInt8(ascii: "\n"))
            .map { Data($0) }
    }

    /// What is read of the bodies, in the form of the expected file.
    func found() throws -> [String] {
        let reader = WebhookReader(self.format)
        return try self.bodies.enumerated().flatMap { number, body in
            try reader.items(of: body).map { try Self.shown($0, line: number + 1) }
        }
    }

    /// An item as a line of JSON.
    private static func shown(_ item: WebhookItem, line: Int) throws -> String {
        switch item {
        case .interaction(let interaction, let path):
            #"{"line":\#(line),"at":"\#(path)","interaction":\#(try interaction.jsonString())}"#
        case .profile(let profile, let path):
            #"{"line":\#(line),"at":"\#(path)","profile":\#(try profile.jsonString())}"#
        case .ignored(let reason, let path):
            #"{"line":\#(line),"at":"\#(path)","ignored":"\#(reason.rawValue)"}"#
        case .refused(let refusal):
            #"{"line":\#(line),"at":"\#(refusal.path)","refused":"#
                + "\(String(decoding: try JSONEncoder().encode(refusal.reason), as: UTF8.self))}"
        }
    }
}
