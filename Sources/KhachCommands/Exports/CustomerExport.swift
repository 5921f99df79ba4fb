internal import ArgumentParser
internal import Foundation
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import Synchronization

/// `khach customers export --to FILE`.
struct CustomerExport: AsyncParsableCommand {
    private static let pauseSecondsFirst = 0.2
    private static let pauseSecondsMax = 5.0
    /// Between two looks at how long nothing has come.
    private static let lookSeconds = 0.5

    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write customers to a file: XLSX, CSV or JSONL.",
        discussion: """
            The file shows one moment, and has its name once it is whole: an interrupted command \
            leaves nothing, and is to be given again. When the connection is \
            lost, another goes on where it was, as long as the server keeps the export. \
            Exports are in the server's audit.
            """
    )

    @OptionGroup var filter: FilterOptions
    @OptionGroup var file: ExportFileOptions

    @Option(help: "Only customers whose name answers this text.")
    var name: String?

    @Option(help: "Which come first (default: the best answers to --name, else the newest).")
    var order: OrderName?

    @Option(help: "How often in a row a lost connection is made again, 0 to 20.")
    var retries = 5

    @OptionGroup var mutation: MutationOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (0...20).contains(self.retries) else {
            throw ValidationError("0 to 20 expected for --retries, \(self.retries) found")
        }
    }

    func run() async throws {
        let file = try ExportFile(self.file.target, replaces: self.file.force)
        var received = Received(request: self.file.request, file: file)
        received.request.filter = self.filter.conditions.onlineFilter(
            of: self.filter.owner.id,
            name: self.name ?? ""
        )
        received.request.order = self.order?.online ?? .unspecified
        received.request.mutation = self.mutation.mutation()
        do {
            try await self.receive(&received)
        } catch {
            received.progress.clear()
            throw error
        }
        try file.publish()
        received.progress.clear()
        received.summary.seconds = received.progress.seconds
        received.summary.show(
            self.file.target,
            stamp: "as of seq \(received.summary.seq)",
            as: self.output.output
        )
    }

    /// Receives all of it, over as many connections as it takes.
    private func receive(_ received: inout Received) async throws {
        var failuresCount = 0
        while !received.isWhole {
            let chunksBefore = received.chunksCount
            do {
                try await self.connection.withClient { client in
                    try await self.receive(&received, from: client)
                }
                guard received.isWhole else {
                    throw RPCError(.unavailable, "the last chunk of a file expected, none found")
                }
            } catch {
                if received.chunksCount > chunksBefore { failuresCount = 0 }
                guard Self.isLostConnection(error), failuresCount < self.retries else {
                    throw error
                }

                failuresCount += 1
                let pause = Self.pauseSecondsFirst * pow(2, Double(failuresCount - 1))
                try await Task.sleep(for: .seconds(min(pause, Self.pauseSecondsMax)))
            }
        }
    }

    /// Receives what one connection gives; one that is silent for too long is closed.
    private func receive(_ received: inout Received, from client: OnlineClient) async throws {
        let surroundings = Surroundings.current
        let arrival = Arrival(surroundings.now())
        // Nothing comes while a workbook is packed.
        let silenceMax = self.connection.timeout * (self.file.chosenFormat == .xlsx ? 10 : 1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while surroundings.now() - arrival.seconds <= silenceMax {
                    try await Task.sleep(for: .seconds(Self.lookSeconds))
                }
                await client.close()
            }
            defer { group.cancelAll() }
            for try await chunk in try await client.exportCustomers(received.request) {
                arrival.note(surroundings.now())
                try received.add(chunk)
            }
        }
    }

    private static func isLostConnection(_ error: any Error) -> Bool {
        switch error {
        case let error as RPCError: error.code == .unavailable
        case let failure as CommandFailure: failure.status == .unavailable
        default: false
        }
    }
}

/// When something came last.
private final class Arrival: Sendable {
    private let latest: Mutex<Double>

    init(_ seconds: Double) {
        self.latest = Mutex(seconds)
    }

    var seconds: Double { self.latest.withLock { $0 } }

    func note(_ seconds: Double) {
        self.latest.withLock { $0 = seconds }
    }
}

/// What has come of a file.
private struct Received {
    /// With the token of the last chunk that came.
    var request: Khach_V1_ExportCustomersRequest
    let file: ExportFile
    var summary = ExportSummary()
    var progress = ProgressLine(ProgressBar(label: "exporting", unit: "customers"))
    var chunksCount = 0
    var isWhole = false

    init(request: Khach_V1_ExportCustomersRequest, file: ExportFile) {
        self.request = request
        self.file = file
    }

    mutating func add(_ chunk: Khach_V1_ExportCustomersResponse) throws {
        try self.file.write(chunk.data)
        self.request.resumeToken = chunk.resumeToken
        self.chunksCount += 1
        self.isWhole = chunk.isLast
        self.summary.rowsCount = chunk.rowsDone
        self.summary.bytesCount += UInt64(chunk.data.count)
        self.summary.seq = chunk.asOfSeq
        let share = chunk.rowsTotal == 0 ? 1 : Double(chunk.rowsDone) / Double(chunk.rowsTotal)
        self.progress.show(done: chunk.rowsDone, share: self.isWhole ? 1 : min(share, 0.99))
    }
}
