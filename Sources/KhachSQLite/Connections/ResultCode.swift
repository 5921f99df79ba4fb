internal import CSQLite
internal import KhachCore

/// A result code of SQLite, extended form.
struct ResultCode: Hashable, Sendable {
    let rawValue: Int32

    init(_ rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// The code without its extension.
    var primary: Int32 { self.rawValue & 0xff }

    /// What the failure of a statement, or of anything before a commit, means to a caller.
    ///
    /// The message never holds SQL or values, which could be personal data.
    func error(_ doing: StaticString) -> StoreError {
        let text = sqlite3_errstr(self.rawValue).map { String(cString: $0) } ?? "unknown"
        return StoreError(self.code, "\(doing): SQLite \(self.rawValue), \(text)")
    }

    private var code: StoreError.Code {
        switch self.primary {
        case SQLITE_FULL: .full
        case SQLITE_CORRUPT: .corrupt
        case SQLITE_NOTADB: .invalid
        case SQLITE_INTERRUPT: .deadlineExceeded
        default: .unavailable
        }
    }
}
