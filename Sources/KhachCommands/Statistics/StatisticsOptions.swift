internal import ArgumentParser
internal import KhachClient
internal import KhachProto
internal import SwiftProtobuf

/// What rows of statistics are about.
enum GroupingName: String, ExpressibleByArgument, CaseIterable {
    case page
    case channel
    case business

    var online: Khach_V1_GetStatisticsRequest.Grouping {
        switch self {
        case .page: .page
        case .channel: .channel
        case .business: .business
        }
    }

    var offline: StatisticsQuery.Grouping {
        switch self {
        case .page: .page
        case .channel: .channel
        case .business: .business
        }
    }
}

/// What makes a customer new.
enum BasisName: String, ExpressibleByArgument, CaseIterable {
    case created
    case recorded
    case inbound

    var online: Khach_V1_GetStatisticsRequest.Basis {
        switch self {
        case .created: .created
        case .recorded: .firstRecorded
        case .inbound: .firstInbound
        }
    }

    var offline: StatisticsQuery.Basis {
        switch self {
        case .created: .created
        case .recorded: .firstRecorded
        case .inbound: .firstInbound
        }
    }
}

/// What is to be counted, and how it is shown; of a server and of a cache alike.
struct StatisticsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The first local day.", valueName: "YYYY-MM-DD"))
    var from: String

    @Option(help: ArgumentHelp("The last local day.", valueName: "YYYY-MM-DD"))
    var to: String

    @Option(help: ArgumentHelp("Only this page; may be repeated.", valueName: "id"))
    var page: [String] = []

    @Option(help: "Only this channel; may be repeated.")
    var channel: [ChannelName] = []

    @Option(help: "What rows are about.")
    var by = GroupingName.business

    @Option(help: "What makes a customer new.")
    var basis = BasisName.created

    @Flag(help: "Draw one of the measures, a bar for each day.")
    var chart = false

    @Option(help: "The measure that a chart draws.")
    var measure = MeasureName.new

    @OptionGroup var output: OutputOptions

    func validate() throws {
        try ConditionOptions.checkDays(self.from, self.to, "--from", "--to")
        guard !self.chart || self.output.output == .table else {
            throw ValidationError("--chart or --output expected, both found")
        }
    }

    func onlineRequest(of business: String) -> Khach_V1_GetStatisticsRequest {
        .with {
            $0.businessID = business
            $0.pageIds = self.page
            $0.channels = self.channel.map(\.channel)
            $0.dayFrom = self.from
            $0.dayTo = self.to
            $0.grouping = self.by.online
            $0.basis = self.basis.online
        }
    }

    var offlineQuery: StatisticsQuery {
        var query = StatisticsQuery(dayFrom: self.from, dayTo: self.to)
        query.pageIDs = self.page
        query.channels = Set(
            self.channel.compactMap { Customer.Channel(rawValue: Int32($0.channel.rawValue)) }
        )
        query.grouping = self.by.offline
        query.basis = self.basis.offline
        return query
    }

    /// What people see of a response; `pages` are names by id.
    func text(
        _ response: Khach_V1_GetStatisticsResponse,
        pages: [String: String]
    ) -> String {
        guard self.chart else {
            return StatisticsTable(grouping: self.by, pages: pages).text(response)
        }

        return StatisticsChart(from: self.from, to: self.to, measure: self.measure)
            .text(response, on: Surroundings.current.console)
    }
}
