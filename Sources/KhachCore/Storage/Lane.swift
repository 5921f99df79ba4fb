/// Whose work something is, as far as taking turns goes.
///
/// What waits for a thread of the store waits in the lane of its caller, and lanes take turns: who
/// asks for much waits behind what it asked for itself, and not before everybody else
/// (reliability.md §2.5, noisy neighbour).
package enum Lane: Hashable, Sendable {
    /// The work of whoever is in no lane: the server's own, and that of callers without tokens.
    case common
    /// The work of all tokens of one business.
    case business(BusinessID)
    /// The work of one token that sees every business.
    case token(TokenID)

    /// The lane of what this task asks for.
    @TaskLocal package static var current = Lane.common
}
