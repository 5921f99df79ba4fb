/// What tells of commits, so that nobody has to ask again and again whether there were any.
package protocol CommitSource: Sendable {
    /// From now on calls `observer` after each commit, once it is on disk and can be read.
    ///
    /// It is called on the thread that committed, which waits for it: it must only take note.
    func observeCommits(_ observer: @escaping CommitObserver)
}

/// Takes the businesses that a commit changed, each with its last sequence.
package typealias CommitObserver = @Sendable ([CommittedHead]) -> Void

/// How far a business is after a commit.
package struct CommittedHead: Hashable, Sendable {
    package var business: BusinessID
    package var seq: CommitSequence

    package init(business: BusinessID, seq: CommitSequence) {
        self.business = business
        self.seq = seq
    }
}
