/// What a person changes of one customer.
package enum CustomerEdit: Hashable, Sendable {
    /// A save of what was entered by hand; all of them or none.
    case save([HandSave])
    case addContact(ContactPoint.Key)
    case rejectContact(ContactPoint.Key)
    case pinContact(ContactPoint.Key, isPinned: Bool)
}

/// One field that is saved by hand.
package struct HandSave: Hashable, Sendable {
    package enum Field: Hashable, Sendable {
        case address
        case manualName
    }

    package var field: Field
    package var text: String
    /// Of a name.
    package var folded: String
    /// What the caller saw; 0 for none.
    package var editRevision: UInt64

    package init(field: Field, text: String, folded: String = "", editRevision: UInt64) {
        self.field = field
        self.text = text
        self.folded = folded
        self.editRevision = editRevision
    }
}

/// Why an edit was not done.
package enum EditRefusal: Error, Hashable, Sendable {
    /// Saved by somebody else since; nothing was saved.
    case conflict(HandSave.Field, stored: HandEntry?)
    case unknownContact
    /// `Limits.contactMarksMax` are marked already.
    case tooManyMarks
}

/// The rules of edits (S8, P12, §4.6).
package enum EditRules {
    /// Applies an edit; says what changed, which is nothing when all was so already.
    package static func apply(
        _ edit: CustomerEdit,
        to customer: inout Customer,
        by actor: String,
        now: Instant
    ) throws(EditRefusal) -> [AuditChange] {
        switch edit {
        case .save(let saves):
            var next = customer
            var changes: [AuditChange] = []
            for save in saves {
                changes += try self.save(save, to: &next, by: actor, now: now)
            }
            customer = next
            return changes
        case .addContact(let key):
            return try self.mark(key, of: &customer, "customer.contact.add", actor, now) {
                $0.isRejected = false
                $0.isAdded = true
            }
        case .rejectContact(let key):
            try self.requireKnown(key, of: customer)
            return try self.mark(key, of: &customer, "customer.contact.reject", actor, now) {
                $0.isRejected = true
                $0.isPinned = false
                $0.isAdded = false
            }
        case .pinContact(let key, let isPinned):
            try self.requireKnown(key, of: customer)
            return try self.pin(key, isPinned, of: &customer, actor, now)
        }
    }

    private static func save(
        _ save: HandSave,
        to customer: inout Customer,
        by actor: String,
        now: Instant
    ) throws(EditRefusal) -> [AuditChange] {
        let stored = customer[save.field]
        guard save.editRevision == stored?.editRevision ?? 0 else {
            throw .conflict(save.field, stored: stored)
        }
        guard !save.text.utf8.elementsEqual((stored?.text ?? "").utf8) else { return [] }

        customer[save.field] = HandEntry(
            text: save.text,
            updatedBy: actor,
            updatedAt: now,
            editRevision: save.editRevision + 1
        )
        if save.field == .manualName {
            customer.manualNameFolded = save.folded
        }
        return [
            AuditChange(
                "customer.\(save.field.text).save",
                customer: customer.id,
                field: save.field.text,
                before: stored?.text ?? "",
                after: save.text
            )
        ]
    }

    private static func requireKnown(
        _ key: ContactPoint.Key,
        of customer: Customer
    ) throws(EditRefusal) {
        guard
            customer.mark(key) != nil
                || customer.contacts[key.kind].contains(where: { $0.key == key })
        else {
            throw .unknownContact
        }
    }

    /// One value of a kind is pinned at most.
    private static func pin(
        _ key: ContactPoint.Key,
        _ isPinned: Bool,
        of customer: inout Customer,
        _ actor: String,
        _ now: Instant
    ) throws(EditRefusal) -> [AuditChange] {
        let action = isPinned ? "customer.contact.pin" : "customer.contact.unpin"
        var changes: [AuditChange] = []
        let others = customer.marks.filter {
            isPinned && $0.isPinned && $0.key.kind == key.kind && $0.key != key
        }
        for other in others {
            changes += try self.mark(
                other.key,
                of: &customer,
                "customer.contact.unpin",
                actor,
                now
            ) { $0.isPinned = false }
        }
        changes += try self.mark(key, of: &customer, action, actor, now) {
            $0.isPinned = isPinned
            if isPinned { $0.isRejected = false }
        }
        return changes
    }

    private static func mark(
        _ key: ContactPoint.Key,
        of customer: inout Customer,
        _ action: String,
        _ actor: String,
        _ now: Instant,
        _ change: (inout ContactMark) -> Void
    ) throws(EditRefusal) -> [AuditChange] {
        let before = customer.mark(key)
        guard customer.mark(key, by: actor, at: now, change) else { throw .tooManyMarks }

        let after = customer.mark(key)
        guard before != after else { return [] }

        return [
            AuditChange(
                action,
                customer: customer.id,
                field: key.kind == .phone ? "phone" : "email",
                before: before?.text ?? "",
                after: after.map { "\(key.value) \($0.text)" } ?? key.value
            )
        ]
    }
}

extension HandSave.Field {
    package var text: String {
        switch self {
        case .address: "address"
        case .manualName: "manual_name"
        }
    }
}

extension ContactMark {
    /// For the audit.
    fileprivate var text: String {
        var words: [String] = []
        if self.isRejected { words.append("rejected") }
        if self.isPinned { words.append("pinned") }
        if self.isAdded { words.append("added") }
        if self.isSupplied { words.append("supplied") }
        return words.joined(separator: " ")
    }
}

extension Customer {
    package subscript(field: HandSave.Field) -> HandEntry? {
        get {
            switch field {
            case .address: self.address
            case .manualName: self.manualName
            }
        }
        set {
            switch field {
            case .address: self.address = newValue
            case .manualName: self.manualName = newValue
            }
        }
    }
}
