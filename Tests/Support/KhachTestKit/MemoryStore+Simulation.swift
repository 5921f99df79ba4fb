package import KhachCore

/// A copy of a store at one moment.
package struct MemoryBackup: Sendable {
    let state: MemoryState
}

/// What a simulation looks at, and does to a store.
extension MemoryStore {
    package struct StoredRow: Hashable, Sendable {
        package var seq: CommitSequence
        package var record: [UInt8]

        package init(seq: CommitSequence, record: [UInt8]) {
            self.seq = seq
            self.record = record
        }
    }

    /// Copies everything; from now on, all that is in the copy is in a backup.
    package func backup(now: Instant) -> MemoryBackup {
        let copy = MemoryBackup(state: self.state.withLock { $0 })
        self.state.withLock { $0.lastBackup = now }
        return copy
    }

    /// The store of a copy, as another history.
    package convenience init(restoring backup: MemoryBackup, generation: [UInt8]) {
        self.init(generation: generation)
        self.state.withLock { $0 = backup.state }
    }

    /// Every customer of a business.
    package func rows(of business: BusinessID) -> [CustomerID: StoredRow] {
        self.state.withLock { state in
            state.customers.filter { $0.value.value.businessID == business }
                .mapValues { StoredRow(seq: $0.seq, record: $0.record) }
        }
    }

    package func head(of business: BusinessID) -> CommitSequence {
        self.state.withLock { $0.head(business) }
    }

    /// The texts that were saved as addresses, in order, with the names of their requests.
    package func savedAddresses(of business: BusinessID) -> [(text: String, request: String)] {
        self.state.withLock { state in
            (state.audit[business] ?? []).filter { $0.change.action == "customer.address.save" }
                .map { ($0.change.after, $0.requestID) }
        }
    }

    /// Outcomes that are kept for caches to ask for.
    package func outcomesCount(of business: BusinessID) -> Int {
        self.state.withLock { state in
            state.outboxes.filter { $0.key.business == business }
                .reduce(0) { $0 + $1.value.outcomes.count }
        }
    }
}
