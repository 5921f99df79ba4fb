internal import CKhach

/// Which customers; all conditions hold together.
public struct CustomerFilter: Hashable, Sendable {
    /// Empty means every page of the business; at most 1,000.
    public var pageIDs: [String]
    /// The first local day of the business, "YYYY-MM-DD"; nil means open.
    public var createdFrom: String?
    /// The last local day of the business, "YYYY-MM-DD"; nil means open.
    public var createdTo: String?

    /// A filter that holds for every customer, unless conditions are given.
    public init(pageIDs: [String] = [], createdFrom: String? = nil, createdTo: String? = nil) {
        self.pageIDs = pageIDs
        self.createdFrom = createdFrom
        self.createdTo = createdTo
    }

    /// Lends the filter to the C library for the time of `body`.
    func withQuery<Result>(
        limit: Int,
        after: String?,
        _ body: (UnsafePointer<khach_query>) -> Result
    ) -> Result {
        var query = khach_query()
        khach_query_init(&query)
        query.limit = UInt32(clamping: limit)

        // One block of texts, each ended by NUL, and their places in it.
        var texts: [CChar] = []
        func place(_ text: String?) -> Int? {
            guard let text else { return nil }

            defer { texts.append(contentsOf: text.utf8CString) }
            return texts.count
        }
        let from = place(self.createdFrom)
        let to = place(self.createdTo)
        let token = place(after)
        let pages = self.pageIDs.map { place($0) ?? 0 }

        return texts.withUnsafeBufferPointer { block in
            func text(_ place: Int?) -> UnsafePointer<CChar>? {
                guard let place, let first = block.baseAddress else { return nil }

                return first + place
            }
            query.created_from = text(from)
            query.created_to = text(to)
            query.after = text(token)
            let pageTexts = pages.map { text($0) }
            return pageTexts.withUnsafeBufferPointer { pagesBlock in
                query.page_ids = pagesBlock.baseAddress
                query.page_id_count = pagesBlock.count
                return body(&query)
            }
        }
    }
}
