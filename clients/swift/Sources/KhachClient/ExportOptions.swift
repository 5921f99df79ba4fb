internal import CKhach

/// What is exported from a cache, and how the file looks.
public struct ExportOptions: Hashable, Sendable {
    /// The kind of file.
    public enum Format: Int32, Hashable, Sendable, CaseIterable {
        /// A workbook; phones and ids are texts in it.
        case xlsx = 1
        /// RFC 4180, UTF-8.
        case csv = 2
        /// One JSON object a line, for programs.
        case jsonl = 3
    }

    /// The language of headers and values.
    public enum Language: Int32, Hashable, Sendable, CaseIterable {
        /// Vietnamese.
        case vietnamese = 1
        /// English.
        case english = 2
    }

    /// Who is in the file.
    public enum Scope: Hashable, Sendable {
        /// Everyone that the filter holds for, in an order.
        case filter(CustomerFilter, CustomerOrder)
        /// Exactly these, in this order; at most 10,000.
        case ids([String])
    }

    /// Who is in the file.
    public var scope: Scope
    /// The kind of file.
    public var format: Format
    /// The language of headers and values.
    public var language: Language
    /// Keys such as `name`, in the order of the file; empty means the default ones.
    public var columns: [String]
    /// CSV: `,` or `;`.
    public var separator: String
    /// CSV: whether the file begins with a byte order mark.
    public var hasByteOrderMark: Bool
    /// Whether phones and e-mail addresses are shown in part only.
    public var masksContacts: Bool

    /// Everyone, with the default columns, unless it says otherwise.
    public init(
        scope: Scope = .filter(CustomerFilter(), .unspecified),
        format: Format = .xlsx,
        language: Language = .vietnamese,
        columns: [String] = [],
        separator: String = ",",
        hasByteOrderMark: Bool = true,
        masksContacts: Bool = false
    ) {
        self.scope = scope
        self.format = format
        self.language = language
        self.columns = columns
        self.separator = separator
        self.hasByteOrderMark = hasByteOrderMark
        self.masksContacts = masksContacts
    }

    /// Lends the options to the C library for the time of `body`.
    func withOptions<Result>(
        _ body: (UnsafeMutablePointer<khach_export_options>) -> Result
    ) -> Result {
        switch self.scope {
        case .filter(let filter, let order):
            filter.withQuery(order: order, limit: 0, after: nil) { query in
                self.withOptions(query, ids: [], body)
            }
        case .ids(let ids): self.withOptions(nil, ids: ids, body)
        }
    }

    private func withOptions<Result>(
        _ query: UnsafePointer<khach_query>?,
        ids: [String],
        _ body: (UnsafeMutablePointer<khach_export_options>) -> Result
    ) -> Result {
        var options = khach_export_options()
        khach_export_options_init(&options)
        options.query = query
        options.format = self.format.rawValue
        options.language = self.language.rawValue
        options.mask_contacts = self.masksContacts ? 1 : 0
        options.without_bom = self.hasByteOrderMark ? 0 : 1

        // One block of texts, each ended by NUL, and where each begins.
        var texts: [CChar] = []
        var starts: [Int] = []
        for text in ids + self.columns + [self.separator] {
            starts.append(texts.count)
            texts.append(contentsOf: text.utf8CString)
        }
        return texts.withUnsafeBufferPointer { block in
            let pointers = starts.map { start in block.baseAddress.map { $0 + start } }
            return pointers.withUnsafeBufferPointer { pointers in
                options.ids = pointers.baseAddress
                options.id_count = ids.count
                options.columns = pointers.baseAddress.map { $0 + ids.count }
                options.column_count = self.columns.count
                options.separator = pointers[ids.count + self.columns.count]
                return body(&options)
            }
        }
    }
}

/// How far an export is.
public struct ExportProgress: Hashable, Sendable {
    /// Whether the cache had every customer when the export began.
    public let isComplete: Bool
    /// Rows in the file so far.
    public let rowsDone: UInt64
    /// Rows in all.
    public let rowsTotal: UInt64
    /// The commit sequence that the file shows.
    public let seq: UInt64
    /// The server's clock when the cache last had everything, in milliseconds since 1970 UTC.
    public let asOfMilliseconds: Int64?

    init(_ progress: khach_export_progress) {
        self.isComplete = progress.is_complete != 0
        self.rowsDone = progress.rows_done
        self.rowsTotal = progress.rows_total
        self.seq = progress.seq
        self.asOfMilliseconds = progress.as_of_ms == 0 ? nil : progress.as_of_ms
    }
}
