package import KhachCore

/// That somebody took customers out of the system: everything that the audit says of it.
package struct ExportAudit: Hashable, Sendable {
    package enum Scope: String, Hashable, Sendable {
        case filter = "FILTER"
        case ids = "IDS"
        case page = "PAGE"
    }

    package var at: Instant
    package var business: BusinessID
    package var actor: String
    package var requestID: String
    package var scope: Scope
    /// The request's filter, in protobuf JSON.
    package var filter: String
    package var layout: ExportLayout
    /// Rows of the file, and the state of the store that they show.
    package var rowsCount: Int
    package var head: CommitSequence
}
