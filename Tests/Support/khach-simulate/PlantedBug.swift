/// Bugs that others have had, to be switched on: the oracles have to see each of them.
///
/// They are planted at the seams of server, network and cache, so that what is shipped has no
/// switch for them.
enum PlantedBug: String, CaseIterable, Sendable {
    case skippedSeq = "a change is left out of a page"
    case headToken = "a page that was cut has the cursor of the head"
    case falseEnd = "a page that was cut says that there is no more"
    case staleRow = "a page has an older state of a customer"
    case droppedTombstone = "tombstones are not sent"
    case foreignRow = "a page has a customer of another business"
    case sameGeneration = "a restored server says it is the same"
    case watermarkFirst = "the cursor is kept, and the page is lost"
    case resetInsteadOfRepair = "a cursor that is refused begins everything anew"
    case doubleApply = "a mutation that is sent again is done again"
    case ackBeforeCommit = "outcomes are given, and their effect is lost"
    case durableTooEarly = "what no backup has is said to be in one"
    case lostOutbox = "a call that fails takes its mutations out of the outbox"
    case hiddenEdit = "an edit is not shown once it was sent"
    case keptErased = "an erased customer's row comes back"
    case keptOutcomes = "outcomes that a cache has are kept for it"
    case busyLoop = "a page says that there is more, for ever"
}
