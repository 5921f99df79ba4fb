internal import KhachClient

/// What a comparison found, for people and for programs.
struct ComparisonText {
    private let found: Comparison

    init(_ found: Comparison) {
        self.found = found
    }

    func write(as format: OutputFormat) {
        let console = Surroundings.current.console
        switch format {
        case .table: console.write(Listing.facts(self.facts))
        case .json: console.write(JSONText.indented(self.json) + "\n")
        case .jsonl: console.write(self.json + "\n")
        }
    }

    /// Why a comparison is not good news.
    var complaint: String {
        guard !self.found.isUnverified else {
            return "digests of the server that add up and records that can be read expected, "
                + "others found: khach offline doctor says more"
        }
        let count =
            self.found.damagedCount + self.found.missingCount + self.found.surplusCount
        return "a cache equal to its server expected, \(PlainText.customers(count)) differ"
    }

    private var facts: [(String, String)] {
        [
            ("equal", self.found.isEqual ? "yes" : "no"),
            ("customers", "\(self.found.rowsCount)"),
            ("damaged", "\(self.found.damagedCount)"),
            ("missing or older", "\(self.found.missingCount)"),
            ("not on the server", "\(self.found.surplusCount)"),
            ("fetched", "\(self.found.fetchedCount)"),
            ("dropped", "\(self.found.droppedCount)"),
            ("received", "\(self.found.receivedBytes) bytes"),
            ("why", self.found.cause.words),
        ]
    }

    private var json: String {
        var lines = JSONLines()
        lines.begin()
        lines.write("isEqual", number: "\(self.found.isEqual)")
        lines.write("isUnverified", number: "\(self.found.isUnverified)")
        lines.write("customersCount", "\(self.found.rowsCount)")
        lines.write("damagedCount", "\(self.found.damagedCount)")
        lines.write("missingCount", "\(self.found.missingCount)")
        lines.write("surplusCount", "\(self.found.surplusCount)")
        lines.write("fetchedCount", "\(self.found.fetchedCount)")
        lines.write("droppedCount", "\(self.found.droppedCount)")
        lines.write("receivedBytes", "\(self.found.receivedBytes)")
        lines.write("comparedBytes", "\(self.found.comparedBytes)")
        lines.write("cause", "\(self.found.cause)")
        lines.end()
        return String(decoding: lines.bytes.dropLast(), as: UTF8.self)
    }
}

extension Comparison.Cause {
    /// For people.
    var words: String {
        switch self {
        case .none: ""
        case .asked: "asked"
        case .generation: "the server was restored, or is another"
        case .ahead: "the server has lost commits"
        case .cursor: "the server does not know the cursor"
        case .scope: "other pages may be seen than before"
        case .horizon: "deletions were forgotten"
        }
    }
}
