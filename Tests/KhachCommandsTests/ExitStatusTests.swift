internal import Foundation
internal import TTRPC
internal import Testing

@testable internal import KhachCommands

@Suite("Exit statuses of khach")
struct ExitStatusTests {
    @Test("docs/cli.md names every one, and no other")
    func documented() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/cli.md").standardized
        let text = try String(contentsOf: page, encoding: .utf8)
        let sections = text.components(separatedBy: "\n## ")
        let section = try #require(sections.first { $0.hasPrefix("Exit status\n") })
        let named = section.split(separator: "\n").compactMap { row in
            row.split(separator: "|").first.flatMap {
                Int32($0.trimmingCharacters(in: .whitespaces))
            }
        }
        #expect(named == ExitStatus.allCases.map(\.rawValue))
    }

    @Test("the help names every one too")
    func helped() async {
        let server = FakeServer { (_, _) throws(Status) in Payload() }
        #expect(await server.run(["--help"]) == 0)
        let words = server.out.split { $0 == " " || $0 == "\n" }
        for status in ExitStatus.allCases {
            #expect(words.contains("\(status.rawValue)"))
        }
    }
}
