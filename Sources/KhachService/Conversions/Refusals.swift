internal import KhachCore

// What a refusal of the domain is called on the wire, wherever it is told.

extension BlockRules.Refusal {
    var reason: String {
        switch self {
        case .roleOnPage: "ROLE_ON_PAGE"
        case .noConversation: "NO_CONVERSATION"
        case .notFound: "NOT_FOUND"
        case .notPending: "NOT_PENDING"
        case .unsupportedOnChannel: "UNSUPPORTED_ON_CHANNEL"
        }
    }

    var message: String {
        switch self {
        case .roleOnPage: "an account without a role on the page expected, found one with"
        case .noConversation: "a conversation by message expected, found none"
        case .notFound: "a customer expected, found none"
        case .notPending: "a pending block or unblock expected, found none"
        case .unsupportedOnChannel: "a channel that can block expected, found one that cannot"
        }
    }
}

extension MutationOutcome.Refusal {
    var reason: String {
        switch self {
        case .unknownCustomer, .unknownContact: "NOT_FOUND"
        case .forbidden: "FORBIDDEN"
        case .tooManyMarks: "TOO_MANY_MARKS"
        case .block(let refusal): refusal.reason
        case .input: "INVALID_FIELD"
        case .discarded: "DISCARDED"
        }
    }

    var message: String {
        switch self {
        case .unknownCustomer: "customer_id: a customer expected, found none"
        case .unknownContact: "value: a contact point of the customer expected, found none"
        case .forbidden: "a token that allows such a change expected, found another"
        case .tooManyMarks:
            "at most \(Limits.contactMarksMax) contact points of a kind marked by hand expected, "
                + "found as many"
        case .block(let refusal): refusal.message
        case .input(let field, let message): "\(field): \(message)"
        case .discarded: "a change expected, found none"
        }
    }
}
