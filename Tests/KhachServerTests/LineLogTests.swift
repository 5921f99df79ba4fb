internal import Foundation
internal import Logging
internal import Testing

@testable internal import KhachServer

@Suite("Lines of the log")
struct LineLogTests {
    static let hostile = [
        "x\nlevel=error message=\"admin login\"", "tab\there", "esc\u{1B}[2J", "next\u{85}line",
        "para\u{2029}graph", "back\\slash \"quoted\"", "right\u{202E}to left", "a=b", "", "Nguyễn",
        "nul\u{0}", "\r\n",
    ]

    @Test("a value stays in its line and is read back", arguments: hostile, LogFormat.allCases)
    func oneLine(_ value: String, _ format: LogFormat) throws {
        let line = Self.logged(value, format)
        #expect(line.hasSuffix("\n"))
        let ends: [Unicode.Scalar] = [
            "\n", "\r", "\u{0}", "\u{1B}", "\u{85}", "\u{2028}", "\u{2029}",
        ]
        #expect(!line.dropLast().unicodeScalars.contains { ends.contains($0) }, "\(line)")
        switch format {
        case .json:
            let object =
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
            #expect(object?["message"] == "m")
            #expect(object?["value"] == value)
            #expect(object?["level"] == "info")
        case .logfmt:
            let text = try #require(line.split(separator: " value=", maxSplits: 1).last).dropLast()
            let read =
                text.hasPrefix("\"")
                ? try JSONDecoder().decode(String.self, from: Data(text.utf8)) : String(text)
            #expect(read == value)
            #expect(line.contains(" level=info message=m value="), "\(line)")
        }
    }

    private static func logged(_ value: String, _ format: LogFormat) -> String {
        let sink = Sink()
        let logger = Logger(label: "test") { _ in LineLogHandler(format: format) { sink.add($0) } }
        logger.info("m", metadata: ["value": "\(value)"])
        return sink.all.joined()
    }
}
