/// How many connections there are, in all and from each address, against how many there may be.
package struct ConnectionCounts: Sendable {
    /// Those that are open.
    package private(set) var count = 0
    private var byAddress: [String: Int] = [:]
    private let countMax: Int
    private let perAddressMax: Int

    /// At most `countMax` connections, and from one address at most `perAddressMax`.
    package init(countMax: Int, perAddressMax: Int = .max) {
        self.countMax = countMax
        self.perAddressMax = perAddressMax
    }

    /// Counts one more; false, and nothing is counted, when there are too many.
    ///
    /// One without an address, `""`, is of a Unix socket and counts among all of them only.
    package mutating func admit(from address: String) -> Bool {
        let own = self.byAddress[address, default: 0]
        guard self.count < self.countMax, own < self.perAddressMax else { return false }

        self.count += 1
        if !address.isEmpty { self.byAddress[address] = own + 1 }
        return true
    }

    /// One that was admitted has ended.
    package mutating func ended(from address: String) {
        self.count -= 1
        guard let own = self.byAddress[address] else { return }

        self.byAddress[address] = own == 1 ? nil : own - 1
    }
}
