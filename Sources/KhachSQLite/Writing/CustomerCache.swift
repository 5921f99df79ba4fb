internal import KhachCore

/// A customer as the writer knows it: its value, and what is stored of it.
final class CustomerEntry {
    var customer: Customer
    /// `nil` until its first row was written.
    var stored: CustomerRow?
    /// The row of its interaction that was chained last; each names the one before, 0 is none.
    var lastInteraction: Int64
    /// Whether the group being written has changed it.
    var isTouched = false
    /// Contact points that are to be made from their observations before it is written.
    var recount: Set<ContactPoint.Key> = []
    /// Whether everything that interactions say is to be made anew before it is written.
    var needsRebuild = false

    init(_ customer: Customer, stored: CustomerRow?) {
        self.customer = customer
        self.stored = stored
        self.lastInteraction = stored?.lastInteraction ?? 0
    }
}

/// What a customer's row holds.
struct CustomerRow {
    var record: [UInt8]
    var facts: [UInt8]
    var lastInteraction: Int64
    /// What the row adds to its page's digest.
    var digest: RecordDigest
}

/// Customers that were written or read lately, so that a busy one is not read for each message.
///
/// Sound because one writer makes every change; it is emptied when a group is rolled back. Two
/// generations stand for an order of use: what was not asked for during one is dropped.
struct CustomerCache {
    private struct Generation {
        var byIdentity: [ExternalID: CustomerEntry] = [:]
        var byID: [CustomerID: CustomerEntry] = [:]
    }

    private static let entriesMax = 16_384

    private var young = Generation()
    private var old = Generation()

    mutating func entry(_ page: PageID, _ user: String) -> CustomerEntry? {
        let identity = ExternalID(page, user)
        if let entry = self.young.byIdentity[identity] { return entry }
        guard let entry = self.old.byIdentity[identity] else { return nil }

        self.insert(entry)
        return entry
    }

    mutating func entry(_ id: CustomerID) -> CustomerEntry? {
        if let entry = self.young.byID[id] { return entry }
        guard let entry = self.old.byID[id] else { return nil }

        self.insert(entry)
        return entry
    }

    mutating func insert(_ entry: CustomerEntry) {
        let customer = entry.customer
        let identity = ExternalID(customer.pageID, customer.externalUserID)
        self.young.byIdentity[identity] = entry
        self.young.byID[customer.id] = entry
    }

    /// Called between groups, when every entry is stored.
    mutating func age() {
        guard self.young.byID.count >= Self.entriesMax else { return }

        self.old = self.young
        self.young = Generation()
    }

    mutating func remove(_ entry: CustomerEntry) {
        let customer = entry.customer
        let identity = ExternalID(customer.pageID, customer.externalUserID)
        self.young.byIdentity[identity] = nil
        self.young.byID[customer.id] = nil
        self.old.byIdentity[identity] = nil
        self.old.byID[customer.id] = nil
    }

    mutating func removeAll() {
        self.young = Generation()
        self.old = Generation()
    }
}
