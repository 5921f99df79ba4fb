internal import KhachProto
internal import SwiftProtobuf

/// What became of the customers of a command, each shown as its call is answered.
struct BlockTotal {
    /// Customers in one call.
    private static let batchMax = 1_000
    private static let results: [Khach_V1_BlockOutcome.Result] = [
        .done, .pending, .noChange, .failed, .unspecified,
    ]

    private let format: OutputFormat
    private var table = Table([
        .init("CUSTOMER"), .init("OUTCOME"), .init("STATE"), .init("WHY", max: 100),
    ])
    private var outcomes: [Khach_V1_BlockOutcome] = []
    private var counts: [Khach_V1_BlockOutcome.Result: Int] = [:]
    private var failures: [Khach_V1_BlockError] = []

    private var count: Int { self.counts.values.reduce(0, +) }

    private init(_ format: OutputFormat) {
        self.format = format
    }

    /// Makes the calls for all items and shows every outcome, in the order of the items.
    static func run<Item>(
        _ items: [Item],
        by mutation: MutationOptions,
        as format: OutputFormat,
        call: ([Item], Khach_V1_Mutation) async throws -> [Khach_V1_BlockOutcome]
    ) async throws {
        var total = Self(format)
        for (index, start) in stride(from: 0, to: items.count, by: self.batchMax).enumerated() {
            let batch = Array(items[start..<min(start + self.batchMax, items.count)])
            do {
                let outcomes = try await call(batch, mutation.mutation(call: index))
                guard outcomes.count == batch.count else {
                    throw CommandFailure(
                        .failure,
                        "\(batch.count) outcomes expected, \(outcomes.count) found"
                    )
                }
                try total.show(outcomes)
            } catch {
                guard total.count > 0 else { throw error }

                // What was answered is done, whatever came later.
                try total.showEnd()
                throw CommandFailure.explaining(error).adding(
                    "\(PlainText.customers(total.count)) of \(items.count) answered; "
                        + "the same command again is safe"
                )
            }
        }
        try total.showEnd()
        if let failure = total.failure { throw failure }
    }

    private mutating func show(_ outcomes: [Khach_V1_BlockOutcome]) throws {
        for outcome in outcomes {
            self.counts[outcome.result, default: 0] += 1
            if outcome.result == .failed { self.failures.append(outcome.error) }
        }
        switch self.format {
        case .table:
            let rows = outcomes.map { outcome in
                let error = outcome.error
                return [
                    outcome.customerID, BlockText.result(outcome.result),
                    BlockText.state(outcome.state),
                    error.reason.isEmpty ? "" : "\(error.reason): \(error.message)",
                ]
            }
            Surroundings.current.console.write(self.table.lines(rows))
        case .json: self.outcomes += outcomes
        case .jsonl: try Listing.showLines(outcomes)
        }
    }

    private func showEnd() throws {
        switch self.format {
        case .table:
            let parts = Self.results.compactMap { result in
                self.counts[result].map { "\($0) \(BlockText.result(result))" }
            }
            Surroundings.current.console.write(
                "\(PlainText.customers(self.count)): \(parts.joined(separator: ", "))\n"
            )
        case .json:
            // The responses of all these methods look alike.
            let whole = Khach_V1_BlockCustomersResponse.with { $0.outcomes = self.outcomes }
            try Listing.show(whole, as: .json) { _ in "" }
        case .jsonl: break
        }
    }

    /// Why the whole is not done; `nil` when it is.
    private var failure: CommandFailure? {
        guard let first = self.failures.first else { return nil }

        let isWhole = self.failures.count == self.count
        let isMissing = self.failures.allSatisfy { $0.reason == "NOT_FOUND" }
        return CommandFailure(
            !isWhole ? .partial : isMissing ? .notFound : .failure,
            ShownText.oneLine(
                "every customer done expected, \(PlainText.customers(self.failures.count)) failed"
                    + (self.failures.count == 1 ? ": " : ", the first: ")
                    + "\(first.reason): \(first.message)"
            )
        )
    }
}
