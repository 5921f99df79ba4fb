/// A made-up set of shops, customers and interactions: the same bytes for the same size and seed,
/// on every machine (domain.md §5).
///
/// Knows no file and no clock; it hands out lines in the order in which a gateway would deliver
/// them. It keeps 32 bytes for each line while it works, and no text.
package struct Sample: Sendable {
    /// How much a chunk holds before it is handed out, in bytes.
    private static let chunkBytes = 1 << 16

    package let size: SampleSize
    package let seed: UInt64
    private let schedule: SampleSchedule

    package init(size: SampleSize, seed: UInt64 = 1) {
        self.size = size
        self.seed = seed
        self.schedule = SampleSchedule(size: size, seed: seed)
    }

    package var directory: SampleDirectory { self.schedule.directory }

    /// Hands out the interactions and their labels in chunks of whole lines.
    ///
    /// - Parameters:
    ///   - linesMax: stops after that many interactions; `nil` means all.
    ///   - sink: takes lines of `khach.v1.Interaction`, and lines of labels for some of them.
    package func write<Failure: Error>(
        linesMax: Int? = nil,
        to sink: (_ interactions: [UInt8], _ labels: [UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        var lines = JSONLines()
        var labels = JSONLines()
        for delivery in self.schedule.deliveries.prefix(linesMax ?? .max) {
            let interaction = SampleInteraction(delivery, of: self.schedule)
            interaction.write(to: &lines)
            if delivery.form != .redelivery { interaction.writeLabel(to: &labels) }
            if lines.bytes.count >= Self.chunkBytes {
                try sink(lines.bytes, labels.bytes)
                lines.removeAll()
                labels.removeAll()
            }
        }
        try sink(lines.bytes, labels.bytes)
    }
}
