internal import Foundation
internal import Testing

/// What was acknowledged is there after the power was cut under load, on both file systems that
/// servers have (I1); and these tests see it when it is not.
///
/// `make test-power` cuts more often.
@Suite("Power cuts", .serialized, .timeLimit(.minutes(15)))
struct PowerCutTests {
    struct Cut: CustomTestStringConvertible, Sendable {
        var fileSystem: LoopDisk.FileSystem
        var number: Int

        var testDescription: String { "\(self.fileSystem), cut \(self.number)" }
    }

    private static let acknowledgedMax = 100

    static let cuts: [Cut] = {
        let text = ProcessInfo.processInfo.environment["KHACH_POWER_CUTS"] ?? "4"
        guard let count = Int(text) else {
            preconditionFailure("KHACH_POWER_CUTS: a number expected, found \(text)")
        }
        let systems = LoopDisk.FileSystem.allCases
        return (0..<max(systems.count, count)).map { number in
            Cut(fileSystem: systems[number % systems.count], number: number / systems.count)
        }
    }()

    @Test("the power is cut under load, and nothing that was acknowledged is lost", arguments: cuts)
    func cut(_ cut: Cut) async throws {
        let seed = try ReplayableSeed()
        var random = seed.generator
        print("\(cut.testDescription): \(seed)")
        let folder = try TemporaryFolder()
        let scene = try await PowerScene(cut.fileSystem, in: folder)
        // The first of each: as soon as the store has anything.
        let count = cut.number == 0 ? 0 : 1 + random.below(Self.acknowledgedMax)
        if cut.number > 0 { try await scene.fill() }
        let said = try await scene.cut(after: count)
        scene.end(notices: random.below(2) == 0)
        let losses = try await scene.losses()
        #expect(losses.isEmpty, "\(cut.testDescription): \(seed): \(losses)")
        print("\(cut.testDescription): \(said.text), all there")
        await scene.stop()
    }

    @Test("a server and a cache that do not write through lose what they acknowledged")
    func control() async throws {
        for fileSystem in LoopDisk.FileSystem.allCases {
            let folder = try TemporaryFolder()
            let trigger = folder.path("skip")
            let fault = try SyncFault(.skip, of: "-wal", while: trigger, folder)
            let scene = try await PowerScene(
                fileSystem,
                in: folder,
                environment: fault.environment
            )
            try await scene.fill()
            try Data().write(to: URL(filePath: trigger))
            let said = try await scene.cut(after: 40)
            scene.end(notices: false)
            let losses = try await scene.losses()
            let ofCache = losses.filter { $0.hasPrefix("edit ") }
            #expect(!ofCache.isEmpty, "\(fileSystem): a loss of the cache expected, none found")
            #expect(
                losses.count > ofCache.count,
                "\(fileSystem): a loss of the server expected, none found"
            )
            print("\(fileSystem), without writing through: \(said.text), \(losses.count) lost")
            await scene.stop()
        }
    }
}

extension Acknowledged {
    fileprivate var text: String {
        "\(self.batches.count) batches, \(self.mutations) mutations and \(self.edits.count) edits "
            + "acknowledged"
    }
}
