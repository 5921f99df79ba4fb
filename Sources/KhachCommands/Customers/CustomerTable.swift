internal import KhachProto
internal import SwiftProtobuf

/// Customers for people: one row each, or one fact a line.
struct CustomerTable {
    private let times: LocalTime
    private var table = Table([
        .init("ID"), .init("NAME", max: 32), .init("PHONE", max: 14), .init("EMAIL", max: 30),
        .init("CHANNEL"), .init("BLOCKED"), .init("CREATED"), .init("LAST MESSAGE"),
    ])

    init(zoneName: String?) {
        self.times = LocalTime(zoneName: zoneName)
    }

    var zoneName: String { self.times.zoneName }

    mutating func lines(_ customers: [Khach_V1_Customer]) -> String {
        self.table.lines(
            customers.map { customer in
                [
                    customer.id, Self.name(customer), Self.phone(customer),
                    customer.emails.first { !$0.rejected }?.value ?? "",
                    ChannelName(customer.channel).name, Self.isBlocked(customer) ? "yes" : "",
                    self.times.text(customer.createdAt),
                    customer.hasLastInboundAt ? self.times.text(customer.lastInboundAt) : "",
                ]
            }
        )
    }

    func facts(_ customer: Khach_V1_Customer) -> String {
        CustomerFacts(self.times).text(customer)
    }

    /// The name; in brackets, the general one of the channel when none is known (M3).
    static func name(_ customer: Khach_V1_Customer) -> String {
        customer.name.isEmpty ? "(\(ChannelName(customer.channel).placeholder))" : customer.name
    }

    /// The first phone that nobody rejected, as dialled in Vietnam.
    static func phone(_ customer: Khach_V1_Customer) -> String {
        let phone = customer.phones.first { !$0.rejected }?.value ?? ""
        return phone.hasPrefix("+84") ? "0" + phone.dropFirst(3) : phone
    }

    private static func isBlocked(_ customer: Khach_V1_Customer) -> Bool {
        customer.block.state == .blocked || customer.block.state == .pendingUnblock
    }
}
