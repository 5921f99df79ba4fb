internal import ArgumentParser

/// How much a sample holds (domain.md §5.1).
package enum SampleSize: String, CaseIterable, Sendable, ExpressibleByArgument {
    case small = "S"
    case medium = "M"

    package init?(argument: String) {
        self.init(rawValue: argument.uppercased())
    }

    var businessesCount: Int { self == .small ? 3 : 30 }
    var pagesCount: Int { self == .small ? 8 : 110 }
    /// People with an id of the channel; each is one customer.
    package var customersCount: Int { self == .small ? 10_000 : 100_000 }
    /// Lines of the interactions, deliveries that repeat another among them.
    package var linesCount: Int { self == .small ? 60_000 : 700_000 }

    /// Deliveries of an interaction a second time.
    var redeliveriesCount: Int { self.linesCount * 15 / 1_000 }
    var editsCount: Int { self.linesCount * 5 / 1_000 }
    var removalsCount: Int { self.linesCount * 7 / 1_000 }
    /// Comments without an author, and comments of the page itself.
    var ownerlessCount: Int { self.linesCount * 6 / 1_000 }

    /// Interactions of customers, each counted once.
    var createsCount: Int {
        self.linesCount - self.redeliveriesCount - self.editsCount - self.removalsCount
            - self.ownerlessCount
    }

    /// How thin the tail of busy customers is: a higher power, fewer interactions.
    var tailPower: Int { self == .small ? 16 : 9 }
}
