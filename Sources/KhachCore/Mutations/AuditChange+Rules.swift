/// What the audit says of each change; both stores write the same.
extension AuditChange {
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

    /// Nothing when the same accounts hold the same roles as before.
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

    /// The lines of `roles` with "ERASED" in the place of the ids of somebody who was erased (I6).
    ///
    /// What roles there were stays: a page's history is not the person's.
    package static func erasing(_ identities: [Identity], fromRoles lines: String) -> String {
        let ids = identities.map { Array($0.externalUserID.utf8) }
        var kept: [UInt8] = []
        var rest = Array(lines.utf8)[...]
        while !rest.isEmpty {
            let id = ids.first { id in
                let next = rest.dropFirst(id.count).first
                return rest.starts(with: id) && (next == nil || next == 0x20 || next == 0x0A)
            }
            if let id {
                kept += Array("ERASED".utf8)
                rest = rest.dropFirst(id.count)
            }
            // On to the next line.
            let end = rest.firstIndex(of: 0x0A).map { $0 + 1 } ?? rest.endIndex
            kept += rest[..<end]
            rest = rest[end...]
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

    /// So many texts of a customer were found to hold something else.
    package static func redetect(_ counts: [CustomerID: Int]) -> [AuditChange] {
        counts.sorted { $0.key < $1.key }.map { id, count in
            AuditChange(
                "customer.contact.redetect",
                customer: id,
                field: "texts",
                after: String(count)
            )
        }
    }
}

extension RoleAccount {
    fileprivate var line: String {
        ([self.externalUserID] + self.roles).joined(separator: " ")
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
