internal import KhachProto

/// A body of a Zalo Official Account: one event, told apart by its name.
enum ZaloEvent {
    private enum Event: Equatable {
        case message(isFromPage: Bool, isAnonymous: Bool)
        case form
        case ignored(WebhookReason)
    }

    /// What a message can hold: the last part of the event's name.
    private static let contents: Set<String> = [
        "text", "image", "gif", "link", "audio", "video", "sticker", "location", "business_card",
        "contact", "file", "list",
    ]

    /// Longer names come first: each is the beginning of no later one.
    private static let messages: [(prefix: String, event: Event)] = [
        ("user_send_group_", .ignored(.group)), ("oa_send_group_", .ignored(.group)),
        ("oa_send_anonymous_", .message(isFromPage: true, isAnonymous: true)),
        ("anonymous_send_", .message(isFromPage: false, isAnonymous: true)),
        ("user_send_", .message(isFromPage: false, isAnonymous: false)),
        ("oa_send_", .message(isFromPage: true, isAnonymous: false)),
    ]

    private static let others: [String: Event] = [
        "user_submit_info": .form, "follow": .ignored(.follow), "unfollow": .ignored(.follow),
        "user_seen_message": .ignored(.read), "user_received_message": .ignored(.delivery),
        "user_reacted_message": .ignored(.reaction), "oa_reacted_message": .ignored(.reaction),
        "anonymous_reacted_message": .ignored(.reaction), "user_click_chatnow": .ignored(.click),
        "user_withdraw": .ignored(.erasureRequest), "add_user_to_tag": .ignored(.tag),
        "remove_user_from_tag": .ignored(.tag), "remove_tag": .ignored(.tag),
        "oa_send_consent": .ignored(.call), "user_reply_consent": .ignored(.call),
        "user_call_oa": .ignored(.call), "oa_call_user": .ignored(.call),
        "create_group": .ignored(.group), "delete_group": .ignored(.group),
        "update_group_info": .ignored(.group), "user_join_group": .ignored(.group),
        "user_request_join_group": .ignored(.group), "accept_request_join_group": .ignored(.group),
        "reject_request_join_group": .ignored(.group), "add_group_admin": .ignored(.group),
        "remove_group_admin": .ignored(.group), "user_out_group": .ignored(.group),
        "oa_send_template": .ignored(.other), "update_user_info": .ignored(.other),
        "user_feedback": .ignored(.other), "change_template_status": .ignored(.other),
        "change_oa_daily_quota": .ignored(.other), "extension_purchased": .ignored(.other),
        "widget_interaction_accepted": .ignored(.other),
        "widget_failed_to_sync_user_external_id": .ignored(.other),
        "shop_has_order": .ignored(.other),
    ]

    static func item(_ body: JSONNode) throws(WebhookRefusal) -> WebhookItem {
        let name = try body.required("event_name", "a text")
        let word = try name.text()
        switch Self.event(word) {
        case .message(let isFromPage, let isAnonymous):
            return try Self.message(body, isFromPage: isFromPage, isAnonymous: isAnonymous)
        case .form: return try Self.form(body)
        case .ignored(let reason): return .ignored(reason, path: "")
        case nil: throw name.refusal(ofWord: word, "the name of a published event")
        }
    }

    private static func event(_ name: String) -> Event? {
        if let event = Self.others[name] { return event }

        for (prefix, event) in Self.messages where name.hasPrefix(prefix) {
            return Self.contents.contains(String(name.dropFirst(prefix.count))) ? event : nil
        }
        return nil
    }

    private static func message(
        _ body: JSONNode,
        isFromPage: Bool,
        isAnonymous: Bool
    ) throws(WebhookRefusal) -> WebhookItem {
        let message = try body.required("message")
        let page = try Self.side(body, isFromPage ? "sender" : "recipient", or: "oa_id")
        var interaction = Khach_V1_Interaction()
        interaction.channel = .zaloOa
        interaction.externalPageID = page
        interaction.eventKey = "m:" + (try message.required("msg_id", "an identifier").identifier())
        if isAnonymous {
            // Who it is is not told; the conversation stands for the person (domain.md §4.2).
            let holder = try message.has("conversation_id") ? message : body
            interaction.conversationKey =
                try holder.required("conversation_id", "an identifier").identifier()
            interaction.externalUserID = "anon:" + interaction.conversationKey
        } else {
            interaction.externalUserID = try Self.side(body, isFromPage ? "recipient" : "sender")
            interaction.conversationKey = interaction.externalUserID
        }
        interaction.direction = isFromPage ? .outbound : .inbound
        interaction.kind = .message
        interaction.occurredAt = try body.required("timestamp", "a time").time()
        interaction.text = try message.optional("text")?.text() ?? ""
        return .interaction(interaction, path: "")
    }

    /// The form that a person filled in and sent: a name and a phone.
    private static func form(_ body: JSONNode) throws(WebhookRefusal) -> WebhookItem {
        let info = try body.required("info")
        var profile = Khach_V1_ProfileObservation()
        profile.channel = .zaloOa
        profile.externalPageID = try Self.side(body, "recipient", or: "oa_id")
        profile.externalUserID = try Self.side(body, "sender")
        profile.observedAt = try body.required("timestamp", "a time").time()
        profile.name = try info.optional("name")?.text() ?? ""
        if !profile.name.isEmpty { profile.nameSource = .sharedForm }
        // The documentation shows it as a number, and older samples as a text.
        if let phone = try info.optional("phone"), phone.value != .text("") {
            profile.phone = try phone.identifier()
        }
        guard !profile.name.isEmpty || !profile.phone.isEmpty else {
            return .ignored(.emptyForm, path: "")
        }

        return .profile(profile, path: "")
    }

    /// The identifier of one side; `other` is asked when the side is not there.
    private static func side(
        _ body: JSONNode,
        _ name: StaticString,
        or other: StaticString? = nil
    ) throws(WebhookRefusal) -> String {
        guard let other, try !body.has(name) else {
            return try body.required(name).required("id", "an identifier").identifier()
        }

        return try body.required(other, "an identifier").identifier()
    }
}
