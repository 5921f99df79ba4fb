internal import KhachProto

/// Statistics for people: a row for each day, then the totals of the range.
struct StatisticsTable {
    let grouping: GroupingName
    /// Names by id.
    let pages: [String: String]

    func text(_ response: Khach_V1_GetStatisticsResponse) -> String {
        var columns = [Table.Column("DAY")]
        switch self.grouping {
        case .page: columns += [.init("PAGE", max: 24), .init("CHANNEL")]
        case .channel: columns.append(.init("CHANNEL"))
        case .business: break
        }
        columns += MeasureName.allCases.map { .init($0.heading, isTrailing: true) }
        var table = Table(columns)
        return table.lines((response.rows + response.totals).map(self.cells))
    }

    private func cells(_ row: Khach_V1_StatisticsRow) -> [String] {
        var cells = [row.day.isEmpty ? "total" : row.day]
        let channel = ChannelName(row.channel).name
        switch self.grouping {
        case .page: cells += [self.pages[row.pageID] ?? row.pageID, channel]
        case .channel: cells.append(channel)
        case .business: break
        }
        return cells + MeasureName.allCases.map { "\($0.value(row.measures))" }
    }
}
