internal import Foundation
internal import Testing

/// Every exit status of khachd that docs/khachd.md names, shown by the real binary.
@Suite("Exit statuses of khachd", .timeLimit(.minutes(15)))
struct ExitStatusTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var status: Int32
        var end: @Sendable (TemporaryFolder) throws -> Int32?
    }

    static let cases: [Case] = [
        Case(testDescription: "SIGTERM", status: 0) { folder in
            try Daemon.khachd(folder).kill(SIGTERM)
        },
        Case(testDescription: "SIGINT", status: 0) { folder in
            try Daemon.khachd(folder).kill(SIGINT)
        },
        Case(testDescription: "a data folder in use", status: 1) { folder in
            let daemon = try Daemon.khachd(folder)
            let second = try run(
                Binaries.url("khachd"),
                ["serve", "--data", folder.path("data"), "--listen", "tcp:127.0.0.1:0"]
            )
            #expect(second.errors.contains("one server for"))
            #expect(daemon.kill(SIGTERM) == 0)
            return second.status
        },
        Case(testDescription: "an option that there is not", status: 64) { folder in
            try run(Binaries.url("khachd"), ["serve", "--data", folder.path("data"), "--nope"])
                .status
        },
        Case(testDescription: "a setting that cannot be", status: 78) { folder in
            try run(
                Binaries.url("khachd"),
                ["serve", "--data", folder.path("data"), "--loops", "0"]
            ).status
        },
    ]

    @Test("is what the end was", arguments: cases)
    func status(_ example: Case) throws {
        #expect(try example.end(try TemporaryFolder()) == example.status)
    }

    @Test("docs/khachd.md names those that are tested, and no other")
    func documented() throws {
        let page = Binaries.checkout.appending(path: "docs/khachd.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let sections = text.components(separatedBy: "\n## ")
        let section = try #require(sections.first { $0.hasPrefix("Exit status\n") })
        let named = section.split(separator: "\n").compactMap { row -> Int32? in
            row.split(separator: "|").first.flatMap {
                Int32($0.trimmingCharacters(in: .whitespaces))
            }
        }
        let tested = Self.cases.map(\.status) + [FailStopTests.status, OperationTests.status]
        #expect(Set(named) == Set(tested))
        #expect(named.count == Set(named).count)
    }
}
