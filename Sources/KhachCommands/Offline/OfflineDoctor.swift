internal import ArgumentParser
internal import KhachClient

/// `khach offline doctor`.
struct OfflineDoctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look over a cache: files, rows, locks, sync, and its server.",
        discussion: """
            Changes nothing. Ends with status 1 when something is bad. `khach offline verify` \
            compares with the server as well.
            """
    )

    @Flag(help: "Do not ask the server.")
    var local = false

    @OptionGroup var cache: CacheOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let client = try self.cache.openExisting(self.local ? nil : self.connection)
        let findings = try client.checkup()
        let console = Surroundings.current.console
        switch self.output.output {
        case .table:
            console.write(Listing.facts(findings.map { ($0.name, Self.line($0)) }))
        case .json:
            let all = findings.map(Self.json).joined(separator: ",")
            console.write(JSONText.indented("{\"findings\":[\(all)]}") + "\n")
        case .jsonl: for finding in findings { console.write(Self.json(finding) + "\n") }
        }
        let bad = findings.filter { $0.grade == .bad }
        guard bad.isEmpty else {
            let names = bad.map(\.name).joined(separator: ", ")
            throw CommandFailure(.failure, "a cache in order expected, found bad: \(names)")
        }
    }

    private static func line(_ finding: CacheFinding) -> String {
        switch finding.grade {
        case .good: finding.text
        case .note: "note: \(finding.text)"
        case .bad: "BAD: \(finding.text)"
        }
    }

    private static func json(_ finding: CacheFinding) -> String {
        var lines = JSONLines()
        lines.begin()
        lines.write("name", finding.name)
        lines.write("grade", "\(finding.grade)")
        lines.write("text", finding.text)
        lines.end()
        return String(decoding: lines.bytes.dropLast(), as: UTF8.self)
    }
}
