internal import KhachClient
internal import KhachProto
internal import SwiftProtobuf

/// Customers of a cache, and of when they are.
///
/// They are shown from the records that the server sent, so that they look as they do online.
struct CachedCustomers {
    private let client: OfflineClient
    private let format: OutputFormat
    private var table: CustomerTable
    /// What a document holds when it ends; lines and rows are written as they come.
    private var whole = Khach_V1_ListCustomersResponse()
    /// Customers that were shown with edits that wait.
    private var pendingCount = 0

    init(_ client: OfflineClient, as format: OutputFormat) {
        self.client = client
        self.format = format
        self.table = CustomerTable(zoneName: (try? client.business())?.timeZone)
    }

    /// Shows one piece of a list.
    mutating func show(_ list: KhachClient.CustomerList) throws {
        let customers = try list.customers.map(Self.record)
        self.pendingCount += list.customers.count(where: \.isPending)
        self.whole.asOfSeq = list.seq
        self.whole.nextPageToken = list.next ?? ""
        switch self.format {
        case .table: Surroundings.current.console.write(self.table.lines(customers))
        case .json: self.whole.customers += customers
        case .jsonl: try Listing.showLines(customers)
        }
    }

    /// Ends a list: says of when it is, and `prefix` before it to people.
    func finish(_ prefix: String) throws {
        if self.format == .json {
            try self.showDocument(self.whole)
        }
        let pending =
            self.pendingCount == 0 ? "" : "\(self.pendingCount) of them with edits that wait, "
        try self.showStamp(prefix + pending)
    }

    /// Shows one customer: a document is a `GetCustomerResponse`, a line the customer.
    func showOne(_ customer: Customer) throws {
        let record = try Self.record(customer)
        switch self.format {
        case .table:
            let pending = customer.isPending ? "shown with edits that wait in the outbox\n" : ""
            Surroundings.current.console.write(self.table.facts(record) + pending)
        case .json:
            let response = try Khach_V1_GetCustomerResponse.with {
                $0.customer = record
                $0.businessID = try self.client.business().id
                $0.seq = customer.seq
            }
            try self.showDocument(response, isPending: customer.isPending)
        case .jsonl: try Listing.showLines([record])
        }
        // The facts of a customer name the zone already.
        try self.showStamp(hasTimes: false)
    }

    /// Shows a count to programs.
    func showCount(_ count: UInt64) throws {
        let response = try Khach_V1_CountCustomersResponse.with {
            $0.count = count
            $0.asOfSeq = try self.client.state().seq
        }
        try self.showDocument(response)
        try self.showStamp()
    }

    /// Says of when the answer is, to people beside it and to programs on the other side.
    func showStamp(_ prefix: String = "", hasTimes: Bool = true) throws {
        let console = Surroundings.current.console
        let stamp = Self.stamp(try self.client.state(), now: Surroundings.current.now())
        if self.format == .table {
            let zone = hasTimes ? "; times in \(self.table.zoneName)" : ""
            console.write("\(prefix)\(stamp)\(zone)\n")
        } else {
            console.writeError(stamp + "\n")
        }
    }

    /// `as of seq 42, 3 min ago`.
    static func stamp(_ state: CacheState, now: Double) -> String {
        let partial = state.phase == .complete ? "" : " (incomplete: the first sync has not ended)"
        guard let asOf = state.asOfMilliseconds else { return "as of seq \(state.seq)\(partial)" }

        let age = max(0, Int(now) - Int(asOf / 1_000))
        let text =
            switch age {
            case ..<60: "\(age) s"
            case ..<3_600: "\(age / 60) min"
            case ..<86_400: "\(age / 3_600) h"
            default: "\(age / 86_400) days"
            }
        return "as of seq \(state.seq), \(text) ago\(partial)"
    }

    /// The server's document with what the server does not say: the instant that it shows, and
    /// whether edits that wait are in it.
    func showDocument(_ message: some Message, isPending: Bool = false) throws {
        let pending = isPending ? ",\"isPending\":true" : ""
        let asOf = try self.client.state().asOfMilliseconds.map {
            ",\"asOf\":\"\(JSONLines.time($0))\""
        }
        let json = try String(message.jsonString().dropLast() + (asOf ?? "") + pending + "}")
        let text = self.format == .json ? JSONText.indented(json) : json
        Surroundings.current.console.write(text + "\n")
    }

    private static func record(_ customer: Customer) throws -> Khach_V1_Customer {
        try Khach_V1_Customer(serializedBytes: customer.record)
    }
}
