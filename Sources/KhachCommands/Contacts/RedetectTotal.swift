internal import KhachProto
internal import SwiftProtobuf

/// What another detector finds in all texts, each difference shown as it arrives.
struct RedetectTotal {
    private static let excerptColumns = 60

    private(set) var textsCount: UInt64 = 0
    private let format: OutputFormat
    private let isAccepted: Bool
    private var table = Table([
        .init(" "), .init("CUSTOMER"), .init("VALUE"), .init("RULE"),
        .init("TEXT", max: RedetectTotal.excerptColumns),
    ])
    private var whole = Khach_V1_RedetectContactsResponse()
    private var foundCount = 0
    private var lostCount = 0

    init(as format: OutputFormat, isAccepted: Bool) {
        self.format = format
        self.isAccepted = isAccepted
    }

    mutating func show(_ response: Khach_V1_RedetectContactsResponse) throws {
        self.textsCount += response.textsCount
        self.whole.detectorVersion = response.detectorVersion
        self.foundCount += response.differences.count { $0.change == .found }
        self.lostCount += response.differences.count { $0.change == .lost }
        guard !response.differences.isEmpty else { return }

        switch self.format {
        case .table:
            Surroundings.current.console.write(
                self.table.lines(response.differences.map(Self.row))
            )
        case .json: self.whole.differences += response.differences
        case .jsonl: try Listing.showLines(response.differences)
        }
    }

    /// Says what there was, to people beside it and to programs on the other side.
    func finish() throws {
        let console = Surroundings.current.console
        let texts = PlainText.count(self.textsCount, "text", "texts")
        let total =
            "\(texts) looked at by detector \(self.whole.detectorVersion): "
            + "\(self.foundCount) found, \(self.lostCount) lost"
        let end: String
        if self.foundCount + self.lostCount == 0 {
            end = ""
        } else {
            end = self.isAccepted ? "; accepted" : "; nothing changed, --accept takes them"
        }
        let line = ShownText.oneLine(total + end) + "\n"
        guard self.format != .table else { return console.write(line) }

        if self.format == .json {
            var whole = self.whole
            whole.textsCount = self.textsCount
            try Listing.show(whole, as: .json) { _ in "" }
        }
        console.writeError(line)
    }

    private static func row(_ difference: Khach_V1_ContactDifference) -> [String] {
        let bytes = Int(difference.byteStart)..<Int(max(difference.byteStart, difference.byteEnd))
        return [
            difference.change == .lost ? "-" : "+", difference.customerID, difference.value,
            difference.rule,
            MarkedText(difference.text, bytes: bytes).bracketed(columns: Self.excerptColumns),
        ]
    }
}
