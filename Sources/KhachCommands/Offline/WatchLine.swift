internal import KhachClient
internal import Synchronization

/// The place of a watch on the console: one line of a terminal that is drawn again, or lines.
final class WatchLine: Sendable {
    private struct State {
        var told: WatchStatus?
        var isDrawn = false
    }

    private let surroundings = Surroundings.current
    private let format: OutputFormat
    private let state = Mutex(State())

    init(_ format: OutputFormat) {
        self.format = format
    }

    func show(_ report: WatchReport) {
        let status = WatchStatus(report)
        self.state.withLock { state in
            if self.drawsLine {
                self.draw(status)
                state.isDrawn = true
            } else if status.isNews(after: state.told) {
                self.surroundings.console.write(
                    (self.format == .table ? status.text : status.json) + "\n"
                )
            } else {
                return
            }
            state.told = status
        }
    }

    /// Ends a line that was drawn, so that another can be written; it stays to be read.
    func end() {
        let isDrawn = self.state.withLock { exchange(&$0.isDrawn, with: false) }
        if isDrawn { self.surroundings.console.writeError("\n") }
    }

    private var drawsLine: Bool {
        self.format == .table && self.surroundings.console.showsProgress
    }

    private func draw(_ status: WatchStatus) {
        // A terminal that is written to its last column may begin another line.
        let columns = self.surroundings.console.width() - 1
        let line = ShownText.cut(status.text, columns: columns)
        self.surroundings.console.writeError("\r\(line)\u{1B}[K")
    }
}
