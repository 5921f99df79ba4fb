internal import KhachCore
internal import KhachProto

extension ClientMutation {
    /// Reads a mutation.
    ///
    /// What is wrong in it is its outcome, not the request's: a mutation that can never be done
    /// must not hold up those behind it (sync.md G4).
    init(
        _ message: Khach_V1_ClientMutation,
        fingerprint: [UInt8],
        _ detector: ContactDetector
    ) {
        self.init(
            id: message.mutationID,
            actor: message.actor,
            change: .refused(.discarded),
            fingerprint: fingerprint
        )
        guard let change = message.change else { return }

        do throws(InputError) {
            self.actor = try checkedActor(message.actor, field: "actor")
            let customer = try CustomerID(message.customerID, field: "customer_id")
            self.change = try Self.change(change, of: customer, detector)
            self.isNormalised = self.change.value != change.value
        } catch {
            self.actor = ""
            self.change = .refused(.input(field: error.field, message: error.message))
        }
    }

    private static func change(
        _ change: Khach_V1_ClientMutation.OneOf_Change,
        of customer: CustomerID,
        _ detector: ContactDetector
    ) throws(InputError) -> Change {
        func key(_ contact: Khach_V1_EditContact) throws(InputError) -> ContactPoint.Key {
            let kind = Khach_V1_ContactKind(rawValue: Int(contact.kind)) ?? .unspecified
            return try ContactPoint.Key(kind, contact.value, detector)
        }
        func block(
            _ action: BlockRules.Action,
            _ edit: Khach_V1_EditBlock
        ) throws(InputError) -> Change {
            let reason = try checkedText(edit.reason, "reason", 0...Limits.reasonBytesMax)
            return .block(BlockItem(id: customer, action: action, reason: reason))
        }
        switch change {
        case .address(let edit):
            let save = try HandSave(address: edit.text, against: edit.editRevision)
            return .edit(customer, .save([save]))
        case .manualName(let edit):
            let save = try HandSave(manualName: edit.text, against: edit.editRevision)
            return .edit(customer, .save([save]))
        case .block(let edit): return try block(.block, edit)
        case .unblock(let edit): return try block(.unblock, edit)
        case .addContact(let edit): return .edit(customer, .addContact(try key(edit)))
        case .rejectContact(let edit): return .edit(customer, .rejectContact(try key(edit)))
        case .pinContact(let edit):
            return .edit(customer, .pinContact(try key(edit), isPinned: true))
        case .unpinContact(let edit):
            return .edit(customer, .pinContact(try key(edit), isPinned: false))
        }
    }
}

extension ClientMutation.Change {
    /// The text that is entered, in its normal form.
    fileprivate var value: String? {
        switch self {
        case .edit(_, .save(let saves)): saves.first?.text
        case .edit(_, .addContact(let key)), .edit(_, .rejectContact(let key)),
            .edit(_, .pinContact(let key, _)):
            key.value
        case .block, .refused: nil
        }
    }
}

extension Khach_V1_ClientMutation.OneOf_Change {
    fileprivate var value: String? {
        switch self {
        case .address(let edit), .manualName(let edit): edit.text
        case .addContact(let edit), .rejectContact(let edit), .pinContact(let edit),
            .unpinContact(let edit):
            edit.value
        case .block, .unblock: nil
        }
    }
}

extension Khach_V1_MutationOutcome {
    init(_ outcome: MutationOutcome) {
        self.init()
        self.mutationID = outcome.mutation
        self.customerID = outcome.customer?.text ?? ""
        self.seq = outcome.seq
        switch outcome.result {
        case .applied: self.result = .applied
        case .modified: self.result = .appliedModified
        case .rejected(let refusal):
            self.result = .rejected
            self.reason = refusal.reason
            self.message = refusal.message
        case .superseded(let field, let stored):
            self.result = .superseded
            self.reason = "EDIT_CONFLICT"
            self.message =
                "\(field.text): an edit of the stored value expected, found one of another"
            if let stored { self.stored = Khach_V1_HandEntry(stored) }
        }
    }
}
