/// What an exported file looks like, whoever is in it (domain.md §4.10).
package struct ExportLayout: Hashable, Sendable {
    /// Raw values are those of `khach.v1.ExportFormat`.
    package enum Format: UInt8, Hashable, Sendable, CaseIterable {
        case xlsx = 1
        case csv = 2
        case jsonl = 3
    }

    /// Raw values are those of `khach.v1.ExportLanguage`.
    package enum Language: UInt8, Hashable, Sendable, CaseIterable {
        case vietnamese = 1
        case english = 2
    }

    /// A part of a layout that cannot be: a field of the request, what was expected and found.
    package struct Fault: Error, Hashable, Sendable {
        package var field: String
        package var message: String

        package init(field: String, message: String) {
            self.field = field
            self.message = message
        }
    }

    package var format: Format
    /// Keys, in the order of the file; empty means the default ones.
    package var columns: [String]
    package var language: Language
    /// CSV only.
    package var hasByteOrderMark: Bool
    /// CSV only; "" means ",".
    package var separator: String
    /// Shows phones and e-mail addresses in part only.
    package var masksContacts: Bool

    package init(
        format: Format,
        columns: [String] = [],
        language: Language = .vietnamese,
        hasByteOrderMark: Bool = true,
        separator: String = "",
        masksContacts: Bool = false
    ) {
        self.format = format
        self.columns = columns
        self.language = language
        self.hasByteOrderMark = hasByteOrderMark
        self.separator = separator
        self.masksContacts = masksContacts
    }
}

/// What the rows of a file do not say themselves.
package struct ExportSubject: Hashable, Sendable {
    package var business: Business
    package var pages: [Page]
    /// The business's sequence that the file shows.
    package var head: CommitSequence
    /// Rows that were written before and are not to be written again.
    package var rowsBefore: UInt64

    package init(
        business: Business,
        pages: [Page],
        head: CommitSequence,
        rowsBefore: UInt64 = 0
    ) {
        self.business = business
        self.pages = pages
        self.head = head
        self.rowsBefore = rowsBefore
    }
}
