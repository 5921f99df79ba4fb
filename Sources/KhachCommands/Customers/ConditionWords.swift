internal import ArgumentParser
internal import KhachClient
internal import KhachProto

/// A condition as it is typed: `yes`, `no`.
enum YesOrNo: String, ExpressibleByArgument, CaseIterable {
    case yes
    case no

    static func online(_ wanted: Self?) -> Khach_V1_Ternary {
        switch wanted {
        case nil: .unspecified
        case .yes: .yes
        case .no: .no
        }
    }
}

/// What counts as having written.
enum ActivityName: String, ExpressibleByArgument, CaseIterable {
    case any
    case messages
    case comments

    var online: Khach_V1_ActivityKind {
        switch self {
        case .any: .any
        case .messages: .messages
        case .comments: .comments
        }
    }

    var offline: CustomerFilter.Activity {
        switch self {
        case .any: .any
        case .messages: .messages
        case .comments: .comments
        }
    }
}

/// How far a name can be trusted.
enum NameStatusName: String, ExpressibleByArgument, CaseIterable {
    case real
    case username
    case masked
    case placeholder

    var online: Khach_V1_NameStatus {
        switch self {
        case .real: .real
        case .username: .username
        case .masked: .masked
        case .placeholder: .placeholder
        }
    }

    var offline: Customer.NameStatus {
        switch self {
        case .real: .real
        case .username: .username
        case .masked: .masked
        case .placeholder: .placeholder
        }
    }
}

/// The order of a list as it is typed.
enum OrderName: String, ExpressibleByArgument, CaseIterable {
    case newest
    case oldest
    case lastMessage = "last-message"

    var online: Khach_V1_CustomerOrder {
        switch self {
        case .newest: .createdDescending
        case .oldest: .createdAscending
        case .lastMessage: .lastInboundDescending
        }
    }

    var offline: CustomerOrder {
        switch self {
        case .newest: .createdDescending
        case .oldest: .createdAscending
        case .lastMessage: .lastInboundDescending
        }
    }
}
