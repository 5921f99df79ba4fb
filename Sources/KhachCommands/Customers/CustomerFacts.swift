internal import KhachProto
internal import SwiftProtobuf

/// Everything of one customer for people, one fact a line.
struct CustomerFacts {
    private let times: LocalTime

    init(_ times: LocalTime) {
        self.times = times
    }

    func text(_ customer: Khach_V1_Customer) -> String {
        Listing.facts([
            ("id", customer.id), ("name", CustomerTable.name(customer)),
            ("name by hand", self.entry(customer.manualName)),
            ("phones", Self.contacts(customer.phones)),
            ("emails", Self.contacts(customer.emails)),
            ("address", self.entry(customer.address)),
            ("channel", ChannelName(customer.channel).name), ("page", customer.pageID),
            ("channel user", customer.externalUserID),
            ("further ids", Self.identities(customer.otherIdentities)),
            ("blocked", self.block(customer.block)),
            ("block reason", customer.block.reason), ("platform said", customer.block.error),
            ("created", self.time(customer.createdAt, customer.hasCreatedAt)),
            ("first recorded", self.time(customer.firstRecordedAt, customer.hasFirstRecordedAt)),
            ("last message", self.time(customer.lastInboundAt, customer.hasLastInboundAt)),
            ("last answer", self.time(customer.lastOutboundAt, customer.hasLastOutboundAt)),
            ("days", Self.days(customer.days)),
            ("times in", self.times.zoneName),
        ])
    }

    private func time(_ instant: Google_Protobuf_Timestamp, _ isKnown: Bool) -> String {
        isKnown ? self.times.text(instant) : ""
    }

    /// The text, and who saved it and when.
    private func entry(_ entry: Khach_V1_HandEntry) -> String {
        guard !entry.text.isEmpty else { return "" }

        return "\(entry.text) (by \(entry.updatedBy), \(self.times.text(entry.updatedAt)), "
            + "revision \(entry.editRevision))"
    }

    /// `no`; `yes, since … by …`; what is pending.
    private func block(_ block: Khach_V1_Block) -> String {
        let word: String
        switch block.state {
        case .blocked: word = "yes"
        case .pendingBlock: word = "no, pending block"
        case .pendingUnblock: word = "yes, pending unblock"
        case .none, .unspecified, .UNRECOGNIZED: word = "no"
        }
        guard block.hasSince else { return word }

        return "\(word), since \(self.times.text(block.since)) by \(block.by)"
    }

    private static func contacts(_ points: [Khach_V1_ContactPoint]) -> String {
        points.map { point in
            let marks = ContactTable.marks(point)
            return marks.isEmpty ? point.value : "\(point.value) (\(marks))"
        }.joined(separator: ", ")
    }

    private static func identities(_ identities: [Khach_V1_Identity]) -> String {
        identities.map { "\($0.kind):\($0.externalUserID)" }.joined(separator: ", ")
    }

    /// `12, from 2026-01-03 to 2026-06-30`: the days with something to count.
    private static func days(_ days: [Khach_V1_ActivityDay]) -> String {
        guard let first = days.first, let last = days.last else { return "" }

        let from = LocalTime.day(first.day)
        return days.count == 1
            ? "1, \(from)" : "\(days.count), from \(from) to \(LocalTime.day(last.day))"
    }
}
