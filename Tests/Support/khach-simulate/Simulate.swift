internal import ArgumentParser
internal import CKhachSim
internal import Foundation
internal import KhachCore
internal import KhachTestKit

/// Drives caches, a server and a network from one number each.
@main
struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "khach-simulate",
        abstract: "Runs caches against a server over a network that loses things, seed by seed.",
        discussion: """
            Prints the seed that fails, and how to run it again. With --planted it switches on \
            bugs that others have had, one after another, and shows which oracle sees each.
            """
    )

    @Option(help: "How many seeds.")
    var seeds = 10_000

    @Option(help: "The first seed; a random one when it is left out.")
    var first: UInt64?

    @Flag(help: "Print what happens, for a seed that fails.")
    var trace = false

    @Flag(help: "Switch on each planted bug, and demand that it is seen.")
    var planted = false

    @Option(help: "At most so many seeds for each planted bug.")
    var plantedSeeds = 10_000

    func run() async throws {
        guard khach_sim_prepare() else { throw Violation(.liveness, "SQLite is in use already") }

        let first = self.first ?? UInt64.random(in: 0...UInt64(UInt32.max))
        self.planted ? try await self.runPlanted(first) : try await self.runSeeds(first)
    }

    private func runSeeds(_ first: UInt64) async throws {
        print("\(self.seeds) seeds from \(first)")
        let began = ContinuousClock.now
        let failure = await Self.failure(
            in: first..<(first &+ UInt64(self.seeds)),
            bug: nil,
            isTraced: self.trace
        )
        if let failure {
            print("seed \(failure.seed): \(failure.violation)")
            print("replay: khach-simulate --trace --seeds 1 --first \(failure.seed)")
            throw ExitCode.failure
        }
        let seconds = (ContinuousClock.now - began).components.seconds
        print("all hold, after every step of every seed (\(seconds) s)")
    }

    private func runPlanted(_ first: UInt64) async throws {
        var unseen = 0
        for bug in PlantedBug.allCases {
            let range = first..<(first &+ UInt64(self.plantedSeeds))
            let failure = await Self.failure(in: range, bug: bug)
            let isSeen = failure?.isOfOracle ?? false
            let found = failure.map { "seed \($0.seed - first + 1): \($0.violation)" }
            if !isSeen { unseen += 1 }
            print("\(isSeen ? "seen" : "NOT SEEN") | \(bug.rawValue) | \(found ?? "")")
        }
        print("\(PlantedBug.allCases.count - unseen) of \(PlantedBug.allCases.count) are seen")
        guard unseen == 0 else { throw ExitCode.failure }
    }

    struct Failure: Sendable {
        var seed: UInt64
        var violation: String
        /// Whether an oracle said so; else the run itself could not go on.
        var isOfOracle: Bool
    }

    /// The first seed of a range that fails, over all processors.
    private static func failure(
        in seeds: Range<UInt64>,
        bug: PlantedBug?,
        isTraced: Bool = false
    ) async -> Failure? {
        let workers = ProcessInfo.processInfo.activeProcessorCount
        return await withTaskGroup(of: Failure?.self) { group in
            for worker in 0..<workers {
                group.addTask {
                    await self.work(
                        seeds,
                        worker: worker,
                        of: workers,
                        bug: bug,
                        isTraced: isTraced
                    )
                }
            }
            var first: Failure?
            for await failure in group {
                guard let failure else { continue }

                if first.map({ failure.seed < $0.seed }) ?? true { first = failure }
                if bug != nil { group.cancelAll() }
            }
            return first
        }
    }

    /// Every so-manieth seed, in caches of its own.
    private static func work(
        _ seeds: Range<UInt64>,
        worker: Int,
        of workers: Int,
        bug: PlantedBug?,
        isTraced: Bool
    ) async -> Failure? {
        var files: CacheFiles?
        for seed in seeds where seed % UInt64(workers) == UInt64(worker) {
            if Task.isCancelled { return nil }
            do {
                let made = try await self.files(files, worker)
                files = made
                var simulation = try await Simulation(
                    seed,
                    bug: bug,
                    files: made,
                    isTraced: isTraced
                )
                try await simulation.run()
            } catch {
                return Failure(
                    seed: seed,
                    violation: "\(error)",
                    isOfOracle: error is Violation
                )
            }
        }
        return nil
    }

    private static func files(_ made: CacheFiles?, _ worker: Int) async throws -> CacheFiles {
        if let made { return made }
        // The clock of every run begins at the same moment, so the business has the same id.
        let server = try await SimulatedServer(SimulatedServer.Clock())
        return try CacheFiles(business: server.business.text, worker: worker)
    }
}
