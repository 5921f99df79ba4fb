internal import ArgumentParser
internal import KhachClient
internal import KhachProto
internal import SwiftProtobuf

/// Conditions on customers, of a server and of a cache alike; all hold together.
struct ConditionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only customers of this page; may be repeated.", valueName: "id"))
    var page: [String] = []

    @Option(help: "Only customers of this channel; may be repeated.")
    var channel: [ChannelName] = []

    @Option(
        help: ArgumentHelp(
            "Only customers created on this local day of the business or later.",
            valueName: "YYYY-MM-DD"
        )
    )
    var createdFrom: String?

    @Option(
        help: ArgumentHelp(
            "Only customers created on this local day of the business or earlier.",
            valueName: "YYYY-MM-DD"
        )
    )
    var createdTo: String?

    @Option(
        help: ArgumentHelp(
            "Only customers who wrote on some local day from this one on.",
            valueName: "YYYY-MM-DD"
        )
    )
    var messagedFrom: String?

    @Option(
        help: ArgumentHelp(
            "Only customers who wrote on some local day up to this one.",
            valueName: "YYYY-MM-DD"
        )
    )
    var messagedTo: String?

    @Option(help: "What counts as having written on those days.")
    var messaged = ActivityName.any

    @Option(help: "Only customers with a phone that nobody rejected, or without.")
    var hasPhone: YesOrNo?

    @Option(help: "Only customers with an e-mail address that nobody rejected, or without.")
    var hasEmail: YesOrNo?

    @Option(help: "Only customers who are blocked, or who are not.")
    var blocked: YesOrNo?

    @Option(help: "Only customers whose name is of this kind; may be repeated.")
    var nameStatus: [NameStatusName] = []

    func validate() throws {
        try Self.checkDays(self.createdFrom, self.createdTo, "--created-from", "--created-to")
        try Self.checkDays(self.messagedFrom, self.messagedTo, "--messaged-from", "--messaged-to")
    }

    /// For a server; `name` is what is searched for.
    func onlineFilter(of business: String, name: String = "") -> Khach_V1_CustomerFilter {
        .with {
            $0.businessID = business
            $0.pageIds = self.page
            $0.channels = self.channel.map(\.channel)
            $0.createdFrom = self.createdFrom ?? ""
            $0.createdTo = self.createdTo ?? ""
            $0.messagedFrom = self.messagedFrom ?? ""
            $0.messagedTo = self.messagedTo ?? ""
            $0.messagedKind = self.messaged.online
            $0.hasPhone_p = YesOrNo.online(self.hasPhone)
            $0.hasEmail_p = YesOrNo.online(self.hasEmail)
            $0.blocked = YesOrNo.online(self.blocked)
            $0.nameStatuses = self.nameStatus.map(\.online)
            $0.nameQuery = name
        }
    }

    /// For a cache.
    func offlineFilter(name: String? = nil) -> CustomerFilter {
        var filter = CustomerFilter(
            pageIDs: self.page,
            createdFrom: self.createdFrom,
            createdTo: self.createdTo
        )
        filter.channels = Set(
            self.channel.compactMap { Customer.Channel(rawValue: Int32($0.channel.rawValue)) }
        )
        filter.messagedFrom = self.messagedFrom
        filter.messagedTo = self.messagedTo
        filter.messagedKind = self.messaged.offline
        filter.hasPhone = self.hasPhone.map { $0 == .yes }
        filter.hasEmail = self.hasEmail.map { $0 == .yes }
        filter.isBlocked = self.blocked.map { $0 == .yes }
        filter.nameStatuses = Set(self.nameStatus.map(\.offline))
        filter.name = name
        return filter
    }

    /// The shape of two days, and their order.
    static func checkDays(
        _ from: String?,
        _ to: String?,
        _ fromName: String,
        _ toName: String
    ) throws {
        for (name, day) in [(fromName, from), (toName, to)] {
            guard let day, !self.isDay(day) else { continue }

            throw ValidationError("a day like 2026-06-30 expected for \(name), \(day) found")
        }
        if let from, let to, from > to {
            throw ValidationError("\(fromName) on or before \(to) expected, \(from) found")
        }
    }

    /// The shape of a day; whether the month has it is the server's to say.
    private static func isDay(_ text: String) -> Bool {
        text.wholeMatch(of: /[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])/) != nil
    }
}
