internal import ArgumentParser
internal import KhachProto

/// A measure as it is typed and shown.
enum MeasureName: String, ExpressibleByArgument, CaseIterable {
    case new
    case active
    case messaging
    case commenting
    case messageConversations = "message-conversations"
    case commentConversations = "comment-conversations"
    case phones
    case emails
    case blocked
    case unblocked

    var heading: String {
        switch self {
        case .new: "NEW"
        case .active: "ACTIVE"
        case .messaging: "MESSAGED"
        case .commenting: "COMMENTED"
        case .messageConversations: "MSG CONV"
        case .commentConversations: "CMT CONV"
        case .phones: "PHONES"
        case .emails: "EMAILS"
        case .blocked: "BLOCKED"
        case .unblocked: "UNBLOCKED"
        }
    }

    /// As a chart says it.
    var title: String {
        switch self {
        case .new: "new customers"
        case .active: "customers who wrote"
        case .messaging: "customers who wrote a message"
        case .commenting: "customers who wrote a comment"
        case .messageConversations: "new conversations by message"
        case .commentConversations: "new conversations by comment"
        case .phones: "phones found"
        case .emails: "e-mail addresses found"
        case .blocked: "customers blocked"
        case .unblocked: "customers unblocked"
        }
    }

    func value(_ measures: Khach_V1_StatisticsMeasures) -> UInt64 {
        switch self {
        case .new: measures.newCustomers
        case .active: measures.activeCustomers
        case .messaging: measures.messagingCustomers
        case .commenting: measures.commentingCustomers
        case .messageConversations: measures.newMessageConversations
        case .commentConversations: measures.newCommentConversations
        case .phones: measures.phonesFound
        case .emails: measures.emailsFound
        case .blocked: measures.blocked
        case .unblocked: measures.unblocked
        }
    }
}
