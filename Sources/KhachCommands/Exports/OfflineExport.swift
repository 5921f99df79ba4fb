internal import ArgumentParser
internal import Glibc
internal import KhachClient

/// `khach offline export --to FILE`.
struct OfflineExport: AsyncParsableCommand {
    private static let pieceBytes = 1 << 18

    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write customers of a cache to a file: XLSX, CSV or JSONL.",
        discussion: """
            The bytes are those of `khach customers export` at the same seq; of when they are goes \
            to standard error.
            """
    )

    @OptionGroup var cache: CacheOptions
    @OptionGroup var conditions: ConditionOptions

    @Option(help: "Only customers whose name answers this text.")
    var name: String?

    @Option(help: "Which come first (default: the best answers to --name, else the newest).")
    var order: OrderName?

    @OptionGroup var file: ExportFileOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let client = try self.cache.openExisting()
        let stamp = CachedCustomers.stamp(try client.state(), now: Surroundings.current.now())
        let file = try ExportFile(self.file.target, replaces: self.file.force)
        var progress = ProgressLine(ProgressBar(label: "exporting", unit: "customers"))
        defer { progress.clear() }
        let options = self.file.options(
            self.conditions.offlineFilter(name: self.name),
            order: self.order?.offline ?? .unspecified
        )
        // A workbook is written to a file: a pipe gets a copy of that.
        let isCopied = options.format == .xlsx && !file.isRegular
        let descriptor = isCopied ? try Self.temporaryFile(file.folder) : file.descriptor
        defer { if isCopied { close(descriptor) } }

        let done = try client.export(
            to: descriptor,
            options,
            temporaryFolder: file.folder
        ) { step in
            let share =
                step.rowsTotal == 0 ? 1 : Double(step.rowsDone) / Double(step.rowsTotal)
            progress.show(done: step.rowsDone, share: min(share, 0.99))
        }
        if isCopied { try Self.copy(descriptor, to: file) }
        var summary = ExportSummary()
        summary.bytesCount = Self.bytesCount(descriptor)
        try file.publish()
        progress.clear()
        summary.seconds = progress.seconds
        summary.rowsCount = done.rowsDone
        summary.seq = done.seq
        summary.asOf = done.asOfMilliseconds.map(JSONLines.time) ?? ""
        summary.show(self.file.target, stamp: stamp, as: self.output.output)
        if self.output.output != .table { Surroundings.current.console.writeError(stamp + "\n") }
    }

    private static func temporaryFile(_ folder: String) throws(CommandFailure) -> Int32 {
        var path = Array("\(folder)/khach-export.XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        guard descriptor >= 0 else {
            throw CommandFailure(
                .failure,
                "a folder for temporary files expected, found: \(PlainText.reason(errno))"
            )
        }
        unlink(path)
        return descriptor
    }

    private static func copy(_ descriptor: Int32, to file: ExportFile) throws {
        lseek(descriptor, 0, SEEK_SET)
        var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
        while true {
            let count = read(descriptor, &piece, piece.count)
            guard count > 0 else { return }

            try file.write(piece.prefix(count))
        }
    }

    /// 0 for a pipe, of which nobody knows.
    private static func bytesCount(_ descriptor: Int32) -> UInt64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? UInt64(clamping: status.st_size) : 0
    }
}
