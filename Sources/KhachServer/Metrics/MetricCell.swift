internal import CoreMetrics
internal import Synchronization

/// The numbers of one series, and its lines.
protocol MetricCell: AnyObject, Sendable {
    func rows(_ name: String, _ labels: [(String, String)]) -> [String]
}

/// What only grows.
final class CountCell: CounterHandler, MetricCell {
    private let count = Atomic<Int64>(0)

    func increment(by amount: Int64) {
        self.count.add(amount, ordering: .relaxed)
    }

    func reset() {
        self.count.store(0, ordering: .relaxed)
    }

    func rows(_ name: String, _ labels: [(String, String)]) -> [String] {
        let count = self.count.load(ordering: .relaxed)
        return count == 0 && !labels.isEmpty ? [] : ["\(name)\(labels.text) \(count)"]
    }
}

/// What goes up and down.
final class GaugeCell: MeterHandler, MetricCell {
    private let value = Mutex<Double>(0)

    func set(_ value: Int64) {
        self.set(Double(value))
    }

    func set(_ value: Double) {
        self.value.withLock { $0 = value }
    }

    func increment(by amount: Double) {
        self.value.withLock { $0 += amount }
    }

    func decrement(by amount: Double) {
        self.value.withLock { $0 -= amount }
    }

    func rows(_ name: String, _ labels: [(String, String)]) -> [String] {
        ["\(name)\(labels.text) \(self.value.withLock { $0 }.metricText)"]
    }
}

/// How many were at most so large; of times, in seconds.
final class HistogramCell: RecorderHandler, TimerHandler, MetricCell {
    private struct State {
        /// Of each bucket alone; the last is of what is above every bound.
        var counts: [Int]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    init(_ bounds: [Double]) {
        self.bounds = bounds
        self.state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func recordNanoseconds(_ duration: Int64) {
        self.record(Double(duration) / 1_000_000_000)
    }

    func record(_ value: Int64) {
        self.record(Double(value))
    }

    func record(_ value: Double) {
        let bucket = self.bounds.firstIndex { value <= $0 } ?? self.bounds.count
        self.state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func rows(_ name: String, _ labels: [(String, String)]) -> [String] {
        let state = self.state.withLock { $0 }
        let total = state.counts.reduce(0, +)
        guard total > 0 || labels.isEmpty else { return [] }

        var upTo = 0
        let buckets = zip(self.bounds.map(\.metricText) + ["+Inf"], state.counts).map {
            upTo += $1
            return "\(name)_bucket\((labels + [("le", $0)]).text) \(upTo)"
        }
        return buckets + [
            "\(name)_sum\(labels.text) \(state.sum.metricText)",
            "\(name)_count\(labels.text) \(total)",
        ]
    }
}

extension [(String, String)] {
    fileprivate var text: String {
        guard !self.isEmpty else { return "" }

        let pairs = self.map { name, value in
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                .replacing("\n", with: "\\n")
            return "\(name)=\"\(escaped)\""
        }
        return "{\(pairs.joined(separator: ","))}"
    }
}

extension Double {
    /// Without a fraction where there is none.
    fileprivate var metricText: String {
        Int(exactly: self).map { "\($0)" } ?? "\(self)"
    }
}
