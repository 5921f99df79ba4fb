internal import Foundation
internal import KhachService
internal import TTRPCNIO
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
        let surrounding = Daemon.limits(
            connections: Server.Configuration.connectionsMaxDefault,
            perAddress: Server.Configuration.connectionsPerAddressMaxDefault
        )
        let rows = (EnforcedLimit.requests + EnforcedLimit.held + surrounding)
            .sorted { $0.name < $1.name }
            .map { "| `\($0.name)` | \($0.value) | \($0.unit.rawValue) | \($0.meaning) |" }
        let written = text.split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(written.map(String.init) == rows)
    }
}

/// Connections leave the store the files that it needs (reliability.md §2.2, connection flood).
@Suite("Open files")
struct OpenFilesTests {
    @Test(
        "connections take what is left of the room for files, and one at least",
        arguments: [
            (wanted: 10_000, listeners: 1, room: 1_048_576, expected: 10_000),
            (wanted: 10_000, listeners: 1, room: 1_024, expected: 768),
            (wanted: 10_000, listeners: 3, room: 1_024, expected: 256),
            (wanted: 100, listeners: 1, room: 1_024, expected: 100),
            (wanted: 10_000, listeners: 2, room: 64, expected: 1),
        ]
    )
    func fit(wanted: Int, listeners: Int, room: Int, expected: Int) {
        let fitting = OpenFiles.connectionsMax(wanted: wanted, listeners: listeners, room: room)
        #expect(fitting == expected)
    }

    @Test("the bound is raised as far as the process may")
    func raise() {
        #expect(OpenFiles.raise() >= OpenFiles.reserve)
        #expect(OpenFiles.raise() == OpenFiles.raise())
    }
}
