internal import KhachClient

/// A list of a cache, shown piece by piece.
struct CachedListing {
    var filter: CustomerFilter
    var order: CustomerOrder
    var rows: Int
    var format: OutputFormat

    func show(_ client: OfflineClient) throws {
        var shown = CachedCustomers(client, as: self.format)
        var rest = self.rows
        var count = 0
        var next: String?
        repeat {
            let list = try client.customers(
                self.filter,
                order: self.order,
                limit: min(rest, LimitOptions.pageRowsMax),
                after: next
            )
            try shown.show(list)
            rest -= list.customers.count
            count += list.customers.count
            next = list.next
        } while next != nil && rest > 0
        try shown.finish(
            "\(PlainText.customers(count)) \(next == nil ? "" : "(there are more: --all) ")"
        )
    }
}
