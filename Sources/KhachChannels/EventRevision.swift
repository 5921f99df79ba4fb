internal import SwiftProtobuf

/// The revisions of edits and removals (domain.md N2, N6): the same webhook gives the same one.
enum EventRevision {
    /// The start of 2004-02-04 (domain.md N5): no event of a platform is older.
    private static let epochMilliseconds: Int64 = 1_075_852_800_000

    /// Beats every edit, whatever its clock says: what was removed is gone, and an edit that is
    /// delivered late must not bring its text back.
    static let removal: UInt64 = 1 << 62

    /// Milliseconds since 2004-02-04 of the time of the edit in `node`.
    static func edit(at node: JSONNode) throws(WebhookRefusal) -> UInt64 {
        let time = try node.time()
        let milliseconds = time.seconds * 1_000 + Int64(time.nanos) / 1_000_000
        guard milliseconds > Self.epochMilliseconds else {
            throw node.refusal("a time after 2004-02-04", "an earlier one")
        }

        return UInt64(milliseconds - Self.epochMilliseconds)
    }
}
