internal import KhachCore

/// The ids of persons on a page: the channel's ordinary kind in one table, all others in another.
extension WriteSession {
    func owner(of identity: Identity, on page: PageID) throws(StoreError) -> CustomerEntry? {
        guard !identity.kind.isEmpty else { return try self.entry(page, identity.externalUserID) }

        let select = self.mutations.selectOtherIdentity
        select.bind(1, page.rawValue)
        let id = try select.lend([(2, identity.kind), (3, identity.externalUserID)]) {
            () throws(StoreError) -> CustomerID? in
            guard try select.step() else { return nil }

            defer { select.reset() }
            return CustomerID(rawValue: select.integer(0))
        }
        return try id.flatMap { (id) throws(StoreError) in try self.entry(id) }
    }

    func insert(
        _ identity: Identity,
        on page: PageID,
        of customer: CustomerID
    ) throws(StoreError) {
        guard identity.kind.isEmpty else {
            let insert = self.mutations.insertOtherIdentity
            insert.bind(1, page.rawValue)
            insert.bind(4, customer.rawValue)
            return try self.run(insert, identity)
        }
        let insert = self.statements.insertIdentity
        insert.bind(1, page.rawValue)
        insert.bind(3, customer.rawValue)
        try insert.lend([(2, identity.externalUserID)]) { () throws(StoreError) in
            try insert.run()
        }
    }

    func move(
        _ identity: Identity,
        on page: PageID,
        to customer: CustomerID
    ) throws(StoreError) {
        let isOrdinary = identity.kind.isEmpty
        let update =
            isOrdinary ? self.mutations.moveIdentities : self.mutations.moveOtherIdentities
        update.bind(1, page.rawValue)
        update.bind(isOrdinary ? 3 : 4, customer.rawValue)
        try self.run(update, identity)
    }

    func delete(_ identity: Identity, on page: PageID) throws(StoreError) {
        let delete =
            identity.kind.isEmpty
            ? self.mutations.deleteIdentity : self.mutations.deleteOtherIdentity
        delete.bind(1, page.rawValue)
        try self.run(delete, identity)
    }

    /// Binds an id from position 2 on: its kind where it is not the ordinary one, then itself.
    private func run(_ statement: Statement, _ identity: Identity) throws(StoreError) {
        var texts: [(Int32, String)] = [(2, identity.externalUserID)]
        if !identity.kind.isEmpty {
            texts = [(2, identity.kind), (3, identity.externalUserID)]
        }
        try statement.lend(texts) { () throws(StoreError) in try statement.run() }
    }
}
