/// What an export did, once its file is whole.
struct ExportSummary {
    var rowsCount: UInt64 = 0
    var bytesCount: UInt64 = 0
    var seq: UInt64 = 0
    var seconds = 0.0
    /// RFC 3339, of a cache; empty for a server.
    var asOf = ""

    /// `2 customers exported to a.csv in 0.10 s (20/s): 512 bytes, as of seq 42`.
    func text(_ target: String, stamp: String) -> String {
        let rate = self.rowsPerSecond > 0 ? " (\(self.rowsPerSecond)/s)" : ""
        let place = target == "-" ? "" : " to \(ShownText.oneLine(target))"
        return "\(PlainText.customers(self.rowsCount)) exported\(place) in "
            + "\(Self.hundredths(self.seconds)) s\(rate): \(self.bytesCount) bytes, \(stamp)\n"
    }

    var json: String {
        var lines = JSONLines()
        lines.begin()
        lines.write("rows", "\(self.rowsCount)")
        lines.write("bytes", "\(self.bytesCount)")
        lines.write("seconds", number: "\(Double(Int(self.seconds * 1_000)) / 1_000)")
        lines.write("rowsPerSecond", number: "\(self.rowsPerSecond)")
        lines.write("seq", "\(self.seq)")
        lines.write("asOf", self.asOf)
        lines.end()
        return String(decoding: lines.bytes.dropLast(), as: UTF8.self)
    }

    private var rowsPerSecond: UInt64 {
        self.seconds > 0 ? UInt64(Double(self.rowsCount) / self.seconds) : 0
    }

    /// Says it: to people and programs on standard output, unless the file went there.
    func show(_ target: String, stamp: String, as format: OutputFormat) {
        let console = Surroundings.current.console
        let write = target == "-" ? console.writeError : console.write
        switch format {
        case .table: write(self.text(target, stamp: stamp))
        case .json: write(JSONText.indented(self.json) + "\n")
        case .jsonl: write(self.json + "\n")
        }
    }

    private static func hundredths(_ seconds: Double) -> String {
        let whole = Int((seconds * 100).rounded())
        return "\(whole / 100).\(whole % 100 < 10 ? "0" : "")\(whole % 100)"
    }
}
