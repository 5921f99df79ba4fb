internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach customers settle ID… --confirm`.
struct CustomerSettle: AsyncParsableCommand {
    enum Verdict: String, EnumerableFlag {
        case confirm
        case refuse

        static func help(for value: Self) -> ArgumentHelp? {
            switch value {
            case .confirm: "The platform did what is pending."
            case .refuse: "The platform refused it."
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "settle",
        abstract: "Say what the platform answered to pending blocks and unblocks, for gateways.",
        discussion: """
            Without --confirm or --refuse, each line of --from is a khach.v1.BlockVerdict in \
            protobuf JSON: {"customerId":"c1","confirmed":false,"error":"…"}.
            """
    )

    @OptionGroup var customers: CustomerIDs

    @Flag var verdict: Verdict?

    @Option(
        help: ArgumentHelp("What the platform said when it refused.", valueName: "text")
    )
    var error = ""

    @OptionGroup var mutation: MutationOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard self.verdict != nil || self.customers.ids.isEmpty else {
            throw ValidationError("--confirm or --refuse expected with ids, neither found")
        }
        guard self.error.isEmpty || self.verdict == .refuse else {
            throw ValidationError("--refuse expected with --error, not found")
        }
    }

    func run() async throws {
        let verdicts = try self.verdicts()
        try await self.connection.withClient { client in
            try await BlockTotal.run(verdicts, by: self.mutation, as: self.output.output) {
                batch,
                mutation in
                let request = Khach_V1_SettleBlocksRequest.with {
                    $0.verdicts = batch
                    $0.mutation = mutation
                }
                return try await client.settleBlocks(request).outcomes
            }
        }
    }

    private func verdicts() throws -> [Khach_V1_BlockVerdict] {
        if let verdict {
            return try self.customers.all().map { id in
                .with {
                    $0.customerID = id
                    $0.confirmed = verdict == .confirm
                    $0.error = self.error
                }
            }
        }

        var verdicts: [Khach_V1_BlockVerdict] = []
        var file = LineFile(self.customers.from ?? "-")
        while let line = try file.next() {
            guard let verdict = try? Khach_V1_BlockVerdict(jsonString: line.text) else {
                let fault = JSONFault<Khach_V1_BlockVerdict>(Array(line.text.utf8)).text
                throw CommandFailure(
                    .failure,
                    ShownText.oneLine("line \(line.number): a verdict in JSON expected: \(fault)")
                )
            }
            verdicts.append(verdict)
        }
        guard !verdicts.isEmpty else {
            throw CommandFailure(.failure, "at least one verdict expected, none found")
        }
        return verdicts
    }
}
