/// An oracle that does not hold (sync.md §1).
enum Oracle: String, Sendable, CaseIterable {
    case watermark = "O1 watermark truth"
    case prefix = "O2 prefix atomicity"
    case monotonic = "O3 monotonic reads"
    case ownWrites = "O4 read your writes"
    case oneEffect = "O5 exactly one effect"
    case noLoss = "O6 no silent loss"
    case scope = "O7 scope safety"
    case convergence = "O8 convergence"
    case liveness = "O9 liveness"
    case bounds = "O10 bounds"
    case honest = "O11 honest status"
}

/// What was found instead.
struct Violation: Error, CustomStringConvertible {
    var oracle: Oracle
    var found: String

    init(_ oracle: Oracle, _ found: String) {
        self.oracle = oracle
        self.found = found
    }

    var description: String { "\(self.oracle.rawValue): \(self.found)" }
}
