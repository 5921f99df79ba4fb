internal import CKhach

/// A change of a customer that is made on the cache, and sent by the next sync.
public struct CustomerEdit: Hashable, Sendable {
    /// What is changed.
    public enum Change: Hashable, Sendable {
        /// At most 2,000 bytes; empty clears it.
        case address(String)
        /// At most 200 code points; empty clears it.
        case manualName(String)
        /// The reason has at most 500 bytes.
        case block(reason: String)
        case unblock(reason: String)
        case addContact(ContactKind, String)
        case rejectContact(ContactKind, String)
        case pinContact(ContactKind, String)
        case unpinContact(ContactKind, String)
    }

    /// What a contact is.
    public enum ContactKind: Int32, Hashable, Sendable {
        case phone = 1
        case email = 2
    }

    /// Whose change it is.
    public var customerID: String
    /// Who makes it: 1 to 200 bytes.
    public var actor: String
    /// What is changed.
    public var change: Change

    /// An edit of one customer by one person.
    public init(customerID: String, actor: String, change: Change) {
        self.customerID = customerID
        self.actor = actor
        self.change = change
    }

    func withEdit<Result>(_ body: (UnsafePointer<khach_edit>) -> Result) -> Result {
        let (kind, contact, text) = self.change.parts
        return self.customerID.withCString { customerID in
            self.actor.withCString { actor in
                text.withCString { text in
                    var edit = khach_edit()
                    khach_edit_init(&edit)
                    edit.kind = kind
                    edit.contact_kind = contact?.rawValue ?? 0
                    edit.customer_id = customerID
                    edit.actor = actor
                    edit.text = text
                    return body(&edit)
                }
            }
        }
    }
}

extension CustomerEdit.Change {
    /// As the library has it.
    fileprivate var parts: (kind: Int32, CustomerEdit.ContactKind?, text: String) {
        switch self {
        case .address(let text): (1, nil, text)
        case .manualName(let text): (2, nil, text)
        case .block(let reason): (3, nil, reason)
        case .unblock(let reason): (4, nil, reason)
        case .addContact(let kind, let value): (5, kind, value)
        case .rejectContact(let kind, let value): (6, kind, value)
        case .pinContact(let kind, let value): (7, kind, value)
        case .unpinContact(let kind, let value): (8, kind, value)
        }
    }

    /// Nil for an edit that was taken back.
    init?(kind: Int32, contact: Int32, text: String) {
        let contact = CustomerEdit.ContactKind(rawValue: contact) ?? .phone
        switch kind {
        case 1: self = .address(text)
        case 2: self = .manualName(text)
        case 3: self = .block(reason: text)
        case 4: self = .unblock(reason: text)
        case 5: self = .addContact(contact, text)
        case 6: self = .rejectContact(contact, text)
        case 7: self = .pinContact(contact, text)
        case 8: self = .unpinContact(contact, text)
        default: return nil
        }
    }
}

/// An edit in the outbox, and what became of it.
public struct Mutation: Hashable, Sendable {
    /// How far it has come.
    public enum State: Int32, Hashable, Sendable {
        /// It was never sent.
        case waiting = 1
        /// It was sent, and no outcome came yet.
        case sent = 2
        case applied = 3
        /// Done, and other than it was asked.
        case modified = 4
        /// Not done; the reason says why.
        case rejected = 5
        /// Not done: somebody else saved the field since.
        case superseded = 6
    }

    /// Dense for each cache, from 1.
    public let id: UInt64
    /// The customer that was asked for.
    public let customerID: String
    /// Nil for one that was taken back, or whose customer was erased.
    public let change: CustomerEdit.Change?
    /// Who made it.
    public let actor: String
    /// By the client's clock, in milliseconds since 1970 UTC.
    public let madeAtMilliseconds: Int64
    /// How far it has come.
    public let state: State
    /// The server's reason, such as "ROLE_ON_PAGE".
    public let reason: String
    /// The server's words for it.
    public let message: String
    /// What somebody else saved, when it was superseded.
    public let stored: String
    /// Who saved that.
    public let storedBy: String
    /// The commit sequence whose feed shows it; 0 while there is none.
    public let seq: UInt64

    init(_ list: OpaquePointer?, at index: Int) {
        self.id = khach_outbox_list_id_at(list, index)
        self.customerID = String(cString: khach_outbox_list_customer_at(list, index))
        self.change = CustomerEdit.Change(
            kind: khach_outbox_list_kind_at(list, index),
            contact: khach_outbox_list_contact_kind_at(list, index),
            text: String(cString: khach_outbox_list_text_at(list, index))
        )
        self.actor = String(cString: khach_outbox_list_actor_at(list, index))
        self.madeAtMilliseconds = khach_outbox_list_made_at_ms_at(list, index)
        self.state = State(rawValue: khach_outbox_list_state_at(list, index)) ?? .rejected
        self.reason = String(cString: khach_outbox_list_reason_at(list, index))
        self.message = String(cString: khach_outbox_list_message_at(list, index))
        self.stored = String(cString: khach_outbox_list_stored_at(list, index))
        self.storedBy = String(cString: khach_outbox_list_stored_by_at(list, index))
        self.seq = khach_outbox_list_seq_at(list, index)
    }
}
