internal import KhachProto

/// Tells edits of one event and one time apart by the order in which they come.
///
/// Facebook gives the edit of a comment the second of its notification, and an entry's changes one
/// time for all of them (domain.md §2.4). The next edit at the time of one before it is put right
/// behind it, in the milliseconds that a time in seconds leaves free; the same text at that time is
/// the same edit, delivered again.
package struct EditOrder: Sendable {
    private struct Key: Hashable {
        var page: [UInt8]
        var event: [UInt8]
    }

    /// Edits that came at one time: each is a revision behind the one before it.
    private struct Run {
        var first: UInt64
        var texts: [String]

        var last: UInt64 { self.first + UInt64(self.texts.count) - 1 }
    }

    private var runs: [Key: Run] = [:]
    private var bytesCount = 0

    package init() {}

    /// Gives an edit its revision among those before it; leaves anything else as it is.
    mutating func place(_ interaction: inout Khach_V1_Interaction) {
        guard interaction.operation == .edit else { return }

        let key = Key(
            page: Array(interaction.externalPageID.utf8),
            event: Array(interaction.eventKey.utf8)
        )
        let (given, text) = (interaction.revision, interaction.text)
        guard let run = self.runs[key], given <= run.last else {
            self.hold(Run(first: given, texts: [text]), key)
            return
        }
        // Older than all of them: it loses to them whatever it is.
        guard given >= run.first else { return }

        let same = run.texts.firstIndex { $0.utf8.elementsEqual(text.utf8) }
        let index = same ?? min(run.texts.count, WebhookLimits.editsOfTimeMax - 1)
        interaction.revision = run.first + UInt64(index)
        guard index == run.texts.count else { return }

        self.hold(Run(first: run.first, texts: run.texts + [text]), key)
    }

    /// Bounded: what is forgotten is only needed while more of the same second come.
    private mutating func hold(_ run: Run, _ key: Key) {
        let bytes = key.page.count + key.event.count + (run.texts.last?.utf8.count ?? 0)
        if self.bytesCount + bytes > WebhookLimits.editBytesHeldMax {
            self.runs.removeAll()
            self.bytesCount = 0
        }
        self.bytesCount += bytes
        self.runs[key] = run
    }
}
