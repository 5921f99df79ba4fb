internal import Foundation
internal import KhachProto

/// One measure as a chart: a bar for each day of the range, those without anything too.
struct StatisticsChart {
    let from: String
    let to: String
    let measure: MeasureName

    func text(_ response: Khach_V1_GetStatisticsResponse, on console: Console) -> String {
        var values: [String: UInt64] = [:]
        // A customer is of one page and one channel: the parts of a day add up.
        for row in response.rows {
            values[row.day, default: 0] += self.measure.value(row.measures)
        }
        let chart = BarChart(
            bars: self.days.map { BarChart.Bar(name: $0, value: values[$0] ?? 0) },
            hasColors: console.showsColors
        )
        let total = response.totals.reduce(0) { $0 + self.measure.value($1.measures) }
        // A terminal that is written to its last column may begin another line.
        return "\(self.measure.title), by local day\n" + chart.text(columns: console.width() - 1)
            + "\(total) in all\n"
    }

    /// Every day of the range.
    private var days: [String] {
        let style = Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day()
        guard let first = try? style.parse(self.from), let last = try? style.parse(self.to) else {
            return []
        }

        return stride(from: first, through: last, by: 86_400).map { style.format($0) }
    }
}
