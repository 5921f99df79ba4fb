internal import KhachCore

/// What was found in texts, and the contact points that customers have of it (S6, S7).
///
/// A register without findings costs no statement here.
extension WriteSession {
    // MARK: Observations

    func insertObservations(
        of register: InteractionRegister,
        _ rowID: Int64
    ) throws(StoreError) {
        let insert = self.statements.insertObservation
        for finding in register.contacts {
            insert.bind(1, rowID)
            insert.bind(2, Int64(finding.kind.rawValue))
            // What does not count is nobody's.
            if let customer = register.customerID, !register.isIgnored {
                insert.bind(4, customer.rawValue)
            } else {
                insert.bindNull(4)
            }
            insert.bind(5, Int64(finding.bytes.lowerBound))
            insert.bind(6, Int64(finding.bytes.upperBound))
            try finding.value.lend { (value) throws(StoreError) in
                insert.bind(3, text: value)
                try finding.rule.rawValue.lend { (rule) throws(StoreError) in
                    insert.bind(7, text: rule)
                    try finding.detectorVersion.lend { (version) throws(StoreError) in
                        insert.bind(8, text: version)
                        try insert.run()
                    }
                }
            }
        }
    }

    /// Makes the observations those of the register, when they or whose they are have changed.
    func replaceObservations(
        of known: InteractionRegister,
        by next: InteractionRegister,
        _ rowID: Int64
    ) throws(StoreError) {
        guard
            known.contacts != next.contacts || known.customerID != next.customerID
                || known.isIgnored != next.isIgnored
        else { return }

        if !known.contacts.isEmpty {
            self.statements.deleteObservations.bind(1, rowID)
            try self.statements.deleteObservations.run()
        }
        try self.insertObservations(of: next, rowID)
    }

    /// What was found in the text of a register that holds `count` contacts.
    func observations(_ rowID: Int64, count: Int64) throws(StoreError) -> [ContactFinding] {
        guard count > 0 else { return [] }

        let select = self.statements.selectObservations
        select.bind(1, rowID)
        var findings: [ContactFinding] = []
        while try select.step() {
            guard let finding = ContactFinding(row: select) else {
                select.reset()
                throw StoreError(.corrupt, "a contact's row expected, one that is none found")
            }

            findings.append(finding)
        }
        guard findings.count == Int(count) else {
            throw StoreError(.corrupt, "\(count) contacts expected, \(findings.count) found")
        }
        return findings
    }

    // MARK: Contact points

    /// Makes the points that a join could not tell from the observations.
    func recount(_ entry: CustomerEntry) throws(StoreError) {
        let id = entry.customer.id
        for key in entry.recount {
            let point = try self.point(key, of: id)
            if entry.customer.contacts.replace(key, by: point) { continue }
            try self.recount(key.kind, of: &entry.customer)
        }
        entry.recount.removeAll()
    }

    /// Makes the points of a kind from all observations of the customer, one value at a time.
    func recount(_ kind: ContactFinding.Kind, of customer: inout Customer) throws(StoreError) {
        let select = self.statements.selectPoints
        select.bind(1, customer.id.rawValue)
        select.bind(2, Int64(kind.rawValue))
        defer { select.reset() }
        // Rows come by value: the first row of the next value is read with the last of this one.
        var ahead = try select.step() ? ContactPoint(row: select, kind) : nil
        try customer.contacts.replace(kind) { () throws(StoreError) in
            guard var point = ahead else { return nil }

            ahead = nil
            while ahead == nil, try select.step() {
                let next = ContactPoint(row: select, kind)
                if next.key == point.key {
                    point.join(next)
                } else {
                    ahead = next
                }
            }
            return point
        }
    }

    /// The join of one value's observations; `nil` when there are none.
    private func point(
        _ key: ContactPoint.Key,
        of id: CustomerID
    ) throws(StoreError) -> ContactPoint? {
        let select = self.statements.selectPoint
        select.bind(1, id.rawValue)
        select.bind(2, Int64(key.kind.rawValue))
        return try key.value.lend { (value) throws(StoreError) in
            select.bind(3, text: value)
            var joined: ContactPoint?
            while try select.step() {
                let point = ContactPoint(row: select, key.kind)
                if joined?.join(point) == nil {
                    joined = point
                }
            }
            return joined
        }
    }
}

extension ContactFinding {
    /// Reads a row of `selectObservations`; `nil` when it cannot be one.
    init?(row: Statement) {
        let (start, end) = (row.integer(2), row.integer(3))
        guard let kind = UInt8(exactly: row.integer(0)).flatMap(Kind.init),
            let rule = ContactRule(rawValue: row.text(4)), start >= 0, start <= end
        else { return nil }

        self.init(
            kind: kind,
            value: row.text(1),
            bytes: Int(start)..<Int(end),
            rule: rule,
            detectorVersion: row.text(5)
        )
    }
}

extension ContactPoint {
    /// Reads a row of `selectPoint` or `selectPoints`: what one interaction says.
    fileprivate init(row: Statement, _ kind: ContactFinding.Kind) {
        self.init(
            key: Key(kind: kind, value: row.text(0)),
            firstSeenAt: row.instant(1),
            lastSeenAt: row.instant(2),
            position: Int32(clamping: row.integer(3))
        )
    }
}
