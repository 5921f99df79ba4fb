/// Who changes something, and the name of the request.
package struct Authorship: Hashable, Sendable {
    package var actor: String
    /// Empty, or chosen by the caller, and no other request of the business has it.
    package var requestID: String
    /// Of the request: the same id with another one is a mistake.
    package var fingerprint: [UInt8]

    package init(actor: String, requestID: String = "", fingerprint: [UInt8] = []) {
        self.actor = actor
        self.requestID = requestID
        self.fingerprint = fingerprint
    }

    /// The server itself, for what follows from something else.
    package static let service = Authorship(actor: "khachd")
}

/// One line of the audit: who changed what, and when.
package struct AuditEntry: Hashable, Sendable {
    /// Ascending in a business.
    package var number: UInt64
    package var at: Instant
    package var actor: String
    package var requestID: String
    package var change: AuditChange

    package init(
        number: UInt64,
        at: Instant,
        actor: String,
        requestID: String,
        change: AuditChange
    ) {
        self.number = number
        self.at = at
        self.actor = actor
        self.requestID = requestID
        self.change = change
    }
}

/// What was changed.
package struct AuditChange: Hashable, Sendable {
    /// Such as "customer.address.save".
    package var action: String
    package var customerID: CustomerID?
    /// The text of the id of what was changed.
    package var entityID: String
    package var field: String
    package var before: String
    package var after: String
    package var reason: String

    package init(
        _ action: String,
        customer: CustomerID? = nil,
        entity: String = "",
        field: String = "",
        before: String = "",
        after: String = "",
        reason: String = ""
    ) {
        self.action = action
        self.customerID = customer
        self.entityID = customer?.text ?? entity
        self.field = field
        self.before = before
        self.after = after
        self.reason = reason
    }
}
