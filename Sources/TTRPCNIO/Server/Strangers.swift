internal import NIOCore
internal import Synchronization
package import TTRPC

/// How often callers who are not known may try, by the address that they come from.
///
/// A secret cannot be guessed in any time; what is bounded is the work and the noise of trying. A
/// caller who is known is not held back by others at its address.
package final class Strangers: Sendable {
    /// Addresses that are kept; the next one takes the place of all.
    static let addressesMax = 4_096

    private let budgets = Mutex<[String: SlidingBudget]>([:])
    private let failuresMax: Int
    private let milliseconds: Int

    package init(_ limits: Limits) {
        self.failuresMax = limits.strangerCallsMax
        self.milliseconds = limits.strangerCallsMilliseconds
    }

    /// Counts a call of nobody known; false when there were too many, and the connection is to end.
    package func mayGoOn(_ address: String, now: MonotonicInstant) -> Bool {
        self.budgets.withLock { budgets in
            if budgets[address] == nil, budgets.count >= Self.addressesMax { budgets.removeAll() }
            let new = SlidingBudget(self.failuresMax, milliseconds: self.milliseconds)
            return budgets[address, default: new].spend(now: now)
        }
    }
}
