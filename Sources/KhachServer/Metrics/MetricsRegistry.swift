internal import CoreMetrics
internal import Synchronization

/// What was measured, behind the factory of swift-metrics; written as Prometheus reads it.
///
/// Knows only declared families: what libraries measure for themselves goes nowhere.
final class MetricsRegistry: MetricsFactory {
    private struct Series {
        var labels: [(String, String)]
        var cell: any MetricCell
    }

    private let families: [MetricFamily]
    private let series = Mutex<[String: [String: Series]]>([:])

    init(_ families: [MetricFamily]) {
        self.families = families
    }

    /// Everything, in the order of declaration; gauges that were never set are left out.
    var text: String {
        let series = self.series.withLock { $0 }
        var text = ""
        for family in self.families {
            let rows = (series[family.name] ?? [:]).sorted { $0.key < $1.key }
                .flatMap { $0.value.cell.rows(family.name, $0.value.labels) }
            guard !rows.isEmpty else { continue }

            text += "# HELP \(family.name) \(family.help)\n"
            text += "# TYPE \(family.name) \(family.kind.word)\n"
            text += rows.joined(separator: "\n") + "\n"
        }
        return text
    }

    // MARK: MetricsFactory

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        self.cell(label, dimensions) { $0 == .counter ? CountCell() : nil }
            ?? NOOPMetricsHandler.instance
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        self.cell(label, dimensions) { $0 == .gauge ? GaugeCell() : nil }
            ?? NOOPMetricsHandler.instance
    }

    func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        self.histogram(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        self.histogram(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    // What is counted is kept until the process ends.
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}

    private func histogram(
        _ name: String,
        _ labels: [(String, String)]
    ) -> HistogramCell? {
        self.cell(name, labels) { kind in
            if case .histogram(let bounds) = kind { HistogramCell(bounds) } else { nil }
        }
    }

    /// The cell of a series, made when it is new; `nil` for what is not declared so.
    private func cell<Cell: MetricCell>(
        _ name: String,
        _ labels: [(String, String)],
        _ make: (MetricFamily.Kind) -> Cell?
    ) -> Cell? {
        guard let family = self.families.first(where: { $0.name == name }),
            labels.map(\.0) == family.labels
        else { return nil }

        let key = labels.map(\.1).joined(separator: "\u{0}")
        return self.series.withLock { series in
            if let known = series[name]?[key] { return known.cell as? Cell }
            guard let cell = make(family.kind) else { return nil }

            series[name, default: [:]][key] = Series(labels: labels, cell: cell)
            return cell
        }
    }
}
