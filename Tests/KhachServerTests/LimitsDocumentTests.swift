internal import Foundation
internal import KhachService
internal import Testing

@testable internal import KhachServer

@Suite("docs/limits.md")
struct LimitsDocumentTests {
    @Test("has a row for every limit that GetLimits tells, and no other")
    func rows() throws {
        let checkout = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(
            contentsOf: checkout.appending(path: "docs/limits.md"),
            encoding: .utf8
        )
        let rows = (EnforcedLimit.requests + EnforcedLimit.held + Daemon.limits)
            .sorted { $0.name < $1.name }
            .map { "| `\($0.name)` | \($0.value) | \($0.unit.rawValue) | \($0.meaning) |" }
        let written = text.split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(written.map(String.init) == rows)
    }
}
