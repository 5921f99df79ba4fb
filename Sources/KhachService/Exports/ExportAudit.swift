internal import KhachCore

/// That somebody takes customers out of the system: what the audit says of it (§4.10).
struct ExportAudit: Hashable, Sendable {
    enum Scope: String, Hashable, Sendable {
        case filter = "FILTER"
        case ids = "IDS"
        case page = "PAGE"
    }

    static let action = "customers.export"

    var scope: Scope
    /// The request's filter, in protobuf JSON, without the name that was searched for: the audit
    /// must be able to forget a person (I6), and cannot know whose name it was.
    var filter: String
    var hasNameQuery: Bool
    var layout: ExportLayout
    /// Rows of the file, and the state of the store that they show.
    var rowsCount: Int
    var head: CommitSequence

    /// The line of the audit: the scope as its field, all the rest as one JSON object.
    func change(of business: BusinessID) -> AuditChange {
        let format =
            switch self.layout.format {
            case .xlsx: "XLSX"
            case .csv: "CSV"
            case .jsonl: "JSONL"
            }
        // Keys of columns were checked: none has a character that JSON escapes.
        let columns = self.layout.columns.map { "\"\($0)\"" }.joined(separator: ",")
        let given = self.hasNameQuery ? ",\"nameQueryGiven\":true" : ""
        let parts = [
            "\"filter\":\(self.filter)\(given)", "\"format\":\"\(format)\"",
            "\"columns\":[\(columns)]",
            "\"masked\":\(self.layout.masksContacts)", "\"rows\":\(self.rowsCount)",
            "\"asOfSeq\":\"\(self.head)\"",
        ]
        return AuditChange(
            Self.action,
            entity: business.text,
            field: self.scope.rawValue,
            after: "{\(parts.joined(separator: ","))}"
        )
    }
}
