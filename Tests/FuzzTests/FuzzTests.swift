internal import Foundation
internal import KhachFuzz
internal import KhachTestKit
internal import Testing

@Suite("Any bytes")
struct FuzzTests {
    /// So that all targets together cost a few seconds; `make fuzz` searches for longer.
    static let mutations: [FuzzTarget: Int] = [
        .frame: 4_000, .envelope: 4_000, .scan: 4_000, .cursor: 4_000, .settings: 300,
    ]

    @Test("each input of a corpus, and mutations of it", arguments: FuzzTarget.allCases)
    func corpus(_ target: FuzzTarget) async throws {
        let inputs = try Self.inputs(target)
        try #require(!inputs.isEmpty)
        var mutation = Mutation(of: inputs, by: .fresh("any bytes for \(target)"))
        for input in inputs { try await Self.check(input, target) }
        for _ in 0..<(Self.mutations[target] ?? 0) { try await Self.check(mutation.next(), target) }
    }

    /// Checks one; what fails is written down, and becomes a row of the corpus.
    ///
    /// A trap ends the process first: its seed, printed before, finds it again.
    private static func check(_ input: [UInt8], _ target: FuzzTarget) async throws {
        do {
            try await target.check(input)
        } catch {
            let file = FileManager.default.temporaryDirectory.appending(path: "\(target).input")
            try Data(input).write(to: file)
            Issue.record("\(target): \(error); the input is in \(file.path)")
            throw error
        }
    }

    /// In order of their names, so that a seed means the same everywhere.
    private static func inputs(_ target: FuzzTarget) throws -> [[UInt8]] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fuzz/corpus/\(target)")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            .map { [UInt8](try Data(contentsOf: folder.appending(path: $0))) }
    }
}
