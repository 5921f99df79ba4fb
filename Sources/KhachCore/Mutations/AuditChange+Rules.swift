/// What the audit says of each change; both stores write the same.
extension AuditChange {
    /// What else it began with, later changes say as what was before them.
    package static func creation(of business: Business) -> AuditChange {
        AuditChange(
            "business.create",
            entity: business.id.text,
            field: "name",
            after: business.name
        )
    }

    package static func creation(of page: Page) -> AuditChange {
        AuditChange("page.create", entity: page.id.text, field: "name", after: page.name)
    }

    package static func block(
        _ item: BlockItem,
        of customer: CustomerID,
        from before: CustomerBlock.State,
        to after: CustomerBlock.State
    ) -> AuditChange {
        AuditChange(
            "customer.\(item.action.text)",
            customer: customer,
            field: "block",
            before: before.text,
            after: after.text,
            reason: item.action == .grantRole ? "ROLE_GRANTED" : item.reason
        )
    }

    package static let rolesAction = "page.roles.set"

    /// A line of its text for each account: its id, its roles, and behind a tab its name.
    ///
    /// Nothing when the same accounts of the same names hold the same roles as before.
    package static func roles(
        of page: PageID,
        from before: [RoleAccount],
        to after: [RoleAccount]
    ) -> [AuditChange] {
        let (before, after) = (before.map(\.line), after.map(\.line))
        guard before != after else { return [] }

        return [
            AuditChange(
                self.rolesAction,
                entity: page.text,
                field: "role_accounts",
                before: before.joined(separator: "\n"),
                after: after.joined(separator: "\n")
            )
        ]
    }

    /// The lines of `roles` with "ERASED" in the place of the ids of somebody who was erased, and
    /// without the name (I6).
    ///
    /// What roles there were stays: a page's history is not the person's.
    package static func erasing(_ identities: [Identity], fromRoles lines: String) -> String {
        let ids = identities.map { Array($0.externalUserID.utf8) }
        var kept: [UInt8] = []
        var rest = Array(lines.utf8)[...]
        while !rest.isEmpty {
            let id = ids.first { id in
                let next = rest.dropFirst(id.count).first
                return rest.starts(with: id) && (next == nil || [0x20, 0x09, 0x0A].contains(next))
            }
            if let id {
                kept += Array("ERASED".utf8)
                rest = rest.dropFirst(id.count)
            }
            let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
            let line = rest[..<end]
            let name = id == nil ? nil : line.lastIndex(of: 0x09)
            kept += line[..<(name ?? end)]
            // On to the next line.
            rest = rest[end...]
            kept += rest.prefix(1)
            rest = rest.dropFirst()
        }
        return String(decoding: kept, as: UTF8.self)
    }

    /// The entries by hand that were not taken over are kept here.
    package static func link(_ gone: Customer, into survivor: Customer) -> [AuditChange] {
        var changes = [
            AuditChange(
                "customer.link",
                customer: survivor.id,
                field: "id",
                before: gone.id.text,
                after: survivor.id.text
            )
        ]
        for field in [HandSave.Field.address, .manualName] {
            guard let entry = gone[field], !entry.text.isEmpty,
                entry.text != survivor[field]?.text
            else { continue }

            changes.append(
                AuditChange(
                    "customer.link",
                    customer: survivor.id,
                    field: field.text,
                    before: entry.text,
                    after: survivor[field]?.text ?? ""
                )
            )
        }
        return changes
    }

    package static func identity(_ identity: Identity, of customer: CustomerID) -> AuditChange {
        AuditChange(
            "customer.identity.add",
            customer: customer,
            field: identity.kind,
            after: identity.externalUserID
        )
    }

    package static func erase(_ customer: CustomerID) -> AuditChange {
        AuditChange("customer.erase", customer: customer)
    }

    /// What another detector found in the texts of customers was taken.
    package static func redetect(_ changes: [CustomerID: Redetection]) -> [AuditChange] {
        changes.sorted { $0.key < $1.key }.map { id, change in
            AuditChange(
                "customer.contact.redetect",
                customer: id,
                field: "detector",
                before: change.from.sorted().joined(separator: ", "),
                after: change.to.sorted().joined(separator: ", "),
                reason: change.text
            )
        }
    }
}

/// What became of one customer's texts when another detector looked at them.
package struct Redetection: Hashable, Sendable {
    /// The versions of the detectors whose findings were there.
    package private(set) var from: Set<String> = []
    package private(set) var to: Set<String> = []
    package private(set) var textsCount = 0
    package private(set) var foundCount = 0
    package private(set) var lostCount = 0

    package init() {}

    /// Adds one text.
    package mutating func add(
        from before: [ContactFinding],
        to after: [ContactFinding],
        by version: String
    ) {
        let (old, new) = (
            Set(before.map { ContactPoint.Key($0) }), Set(after.map { ContactPoint.Key($0) })
        )
        // What a channel supplied, no detector found.
        self.from.formUnion(before.filter { $0.rule != .supplied }.map(\.detectorVersion))
        self.to.insert(version)
        self.textsCount += 1
        self.foundCount += new.subtracting(old).count
        self.lostCount += old.subtracting(new).count
    }

    fileprivate var text: String {
        let texts = self.textsCount == 1 ? "1 text" : "\(self.textsCount) texts"
        return "\(texts): \(self.foundCount) found, \(self.lostCount) lost"
    }
}

extension RoleAccount {
    fileprivate var line: String {
        let words = ([self.externalUserID] + self.roles.map(\.withoutTabs)).joined(separator: " ")
        return self.name.isEmpty ? words : "\(words)\t\(self.name.withoutTabs)"
    }
}

extension String {
    /// A tab begins the name in a line, and is nowhere else but in an id.
    fileprivate var withoutTabs: String {
        String(decoding: self.utf8.map { $0 == 0x09 ? 0x20 : $0 }, as: UTF8.self)
    }
}

extension BlockRules.Action {
    fileprivate var text: String {
        switch self {
        case .block: "block"
        case .unblock, .grantRole: "unblock"
        case .confirm: "block.confirm"
        case .refuse: "block.refuse"
        }
    }
}

extension CustomerBlock.State {
    fileprivate var text: String {
        switch self {
        case .none: "NONE"
        case .pendingBlock: "PENDING_BLOCK"
        case .blocked: "BLOCKED"
        case .pendingUnblock: "PENDING_UNBLOCK"
        }
    }
}
