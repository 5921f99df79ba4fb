internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf

extension Interaction {
    /// Checks every field; throws the first one that breaks a rule (domain.md §4.3).
    ///
    /// Contacts are looked for in inbound texts only (P11), as they are kept (N9).
    init(_ item: Khach_V1_Interaction, _ detector: ContactDetector) throws(InputError) {
        guard let channel = Channel(item.channel) else {
            throw InputError("channel", "a channel expected, found \(item.channel.rawValue)")
        }
        try Self.check("external_page_id", item.externalPageID, 1...Limits.externalIDBytesMax)
        try Self.check("event_key", item.eventKey, 1...Limits.eventKeyBytesMax)
        try Self.check("external_user_id", item.externalUserID, 0...Limits.externalIDBytesMax)
        try Self.check("conversation_key", item.conversationKey, 0...Limits.keyBytesMax)
        try Self.check("post_id", item.postID, 0...Limits.keyBytesMax)
        guard let direction = Direction(rawValue: UInt8(clamping: item.direction.rawValue)) else {
            throw InputError(
                "direction",
                "INBOUND or OUTBOUND expected, found \(item.direction.rawValue)"
            )
        }
        guard let kind = Kind(rawValue: UInt8(clamping: item.kind.rawValue)) else {
            throw InputError("kind", "MESSAGE or COMMENT expected, found \(item.kind.rawValue)")
        }
        guard item.hasOccurredAt, let occurredAt = Instant(item.occurredAt) else {
            throw InputError(
                "occurred_at",
                "a time of the years 1 to 9999 expected, found "
                    + (item.hasOccurredAt ? "\(item.occurredAt.seconds) s" : "none")
            )
        }

        let operation = try Self.operation(item)
        let text = Self.keptText(item.text)
        let isScanned = direction == .inbound && operation != .remove
        self.init(
            page: PageKey(channel: channel, externalPageID: item.externalPageID),
            eventKey: item.eventKey,
            externalUserID: item.externalUserID.isEmpty ? nil : item.externalUserID,
            direction: direction,
            kind: kind,
            conversationKey: item.conversationKey,
            postID: item.postID,
            occurredAt: occurredAt,
            text: text,
            contacts: isScanned ? try Self.contacts(item, text, detector) : [],
            nameHints: try Self.nameHints(item),
            operation: operation,
            revision: item.revision
        )
    }

    private static func check(
        _ field: String,
        _ value: String,
        _ bytes: ClosedRange<Int>
    ) throws(InputError) {
        guard bytes.contains(value.utf8.count) else {
            throw InputError(
                field,
                "\(bytes.lowerBound) to \(bytes.upperBound) bytes expected, "
                    + "found \(value.utf8.count)"
            )
        }
        guard !value.utf8.contains(0) else {
            throw InputError(field, "no NUL expected, found one")
        }
    }

    private static func operation(_ item: Khach_V1_Interaction) throws(InputError) -> Operation {
        switch item.operation {
        case .unspecified, .create:
            guard item.revision == 0 else {
                throw InputError("revision", "0 expected for CREATE, found \(item.revision)")
            }
            return .create
        case .edit, .remove:
            guard item.revision > 0, item.revision <= UInt64(Int64.max) else {
                throw InputError(
                    "revision",
                    "1 to \(Int64.max) expected for EDIT and REMOVE, found "
                        + "\(item.revision)"
                )
            }
            return item.operation == .edit ? .edit : .remove
        case .UNRECOGNIZED(let number):
            throw InputError("operation", "CREATE, EDIT or REMOVE expected, found \(number)")
        }
    }

    /// Only the customer's own side names the customer.
    private static func nameHints(_ item: Khach_V1_Interaction) throws(InputError) -> [NameHint] {
        let source = try self.hintSource(
            item.nameHintSource,
            default: .event,
            field: "name_hint_source"
        )
        var hints: [NameHint] = []
        if let name = CustomerName(cleaning: item.nameHint) {
            hints.append(NameHint(source: source, name: name))
        }
        if let name = CustomerName(cleaning: item.usernameHint) {
            hints.append(NameHint(source: .username, name: name))
        }
        return hints
    }
}

extension Interaction {
    /// Where a hint may come from.
    static func hintSource(
        _ source: Khach_V1_NameSource,
        default unspecified: NameSource,
        field: String
    ) throws(InputError) -> NameSource {
        switch source {
        case .unspecified: return unspecified
        case .event: return .event
        case .profile: return .profile
        case .sharedForm: return .sharedForm
        default:
            throw InputError(
                field,
                "EVENT, PROFILE or SHARED_FORM expected, found \(source.rawValue)"
            )
        }
    }

    /// What the channel supplied, then what the text holds besides (P10).
    private static func contacts(
        _ item: Khach_V1_Interaction,
        _ text: String,
        _ detector: ContactDetector
    ) throws(InputError) -> [ContactFinding] {
        let hint = try checkedText(
            item.phoneHint,
            "phone_hint",
            0...Limits.suppliedPhoneBytesMax
        )
        let findings = detector.findings(in: text)
        guard let phone = detector.phone(supplied: hint),
            !findings.contains(where: { $0.kind == .phone && $0.value == phone })
        else { return findings }

        let supplied = ContactFinding(
            kind: .phone,
            value: phone,
            bytes: 0..<0,
            rule: .supplied,
            detectorVersion: detector.version
        )
        return [supplied] + findings
    }
}

extension Channel {
    init?(_ channel: Khach_V1_Channel) {
        self.init(rawValue: UInt8(clamping: channel.rawValue))
    }
}

extension Khach_V1_InteractionOutcome {
    init(_ outcome: InteractionOutcome) {
        self.init()
        self.clockClamped = outcome.clockClamped
        self.customerID = outcome.customerID?.text ?? ""
        switch outcome.result {
        case .createdCustomer: self.result = .createdCustomer
        case .applied: self.result = .applied
        case .duplicate: self.result = .duplicate
        case .staleRevision: self.result = .staleRevision
        case .ignoredBlocked: self.result = .ignoredBlocked
        case .unattributed: self.result = .unattributed
        case .unknownPage:
            self.reject(
                reason: "UNKNOWN_PAGE",
                InputError(
                    "external_page_id",
                    "a page made with CreatePage expected, found none with "
                        + "this channel and id"
                )
            )
        }
    }

    init(rejected error: InputError, reason: String) {
        self.init()
        self.reject(reason: reason, error)
    }

    private mutating func reject(reason: String, _ error: InputError) {
        self.result = .rejected
        self.error = .with {
            $0.reason = reason
            $0.field = error.field
            $0.message = error.message
        }
    }
}
