internal import KhachProto
internal import SwiftProtobuf

/// The contacts of one customer for people, primary first, with what was said of them.
struct ContactTable {
    private let times: LocalTime

    init(zoneName: String?) {
        self.times = LocalTime(zoneName: zoneName)
    }

    func text(_ customer: Khach_V1_Customer) -> String {
        var table = Table([
            .init("KIND"), .init("VALUE", max: 64), .init("MARKS"), .init("FIRST SEEN"),
            .init("LAST SEEN"),
        ])
        let rows =
            customer.phones.map { self.row("phone", $0) }
            + customer.emails.map { self.row("email", $0) }
        let count = PlainText.count(rows.count, "contact", "contacts")
        return table.lines(rows) + "\(count) of \(customer.id); times in \(self.times.zoneName)\n"
    }

    private func row(_ kind: String, _ point: Khach_V1_ContactPoint) -> [String] {
        [
            kind, point.value, Self.marks(point), self.times.text(point.firstSeenAt),
            self.times.text(point.lastSeenAt),
        ]
    }

    /// `pinned, by hand`; empty when nothing was said of it.
    static func marks(_ point: Khach_V1_ContactPoint) -> String {
        [(point.rejected, "rejected"), (point.pinned, "pinned"), (point.addedByHand, "by hand")]
            .filter(\.0).map(\.1).joined(separator: ", ")
    }
}
