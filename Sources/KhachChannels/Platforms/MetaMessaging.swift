internal import KhachProto

/// A messaging event of Messenger or Instagram: a message, its edit or removal, or a signal.
enum MetaMessaging {
    /// Events that are no conversation (N4), by the member that tells them apart.
    private static let signals: [(member: StaticString, reason: WebhookReason)] = [
        ("delivery", .delivery), ("read", .read), ("reaction", .reaction), ("optin", .optIn),
        ("referral", .click), ("pass_thread_control", .handover),
        ("take_thread_control", .handover), ("request_thread_control", .handover),
        ("app_roles", .handover), ("account_linking", .other), ("policy_enforcement", .other),
        ("game_play", .other), ("payment", .other), ("pre_checkout", .other),
        ("checkout_update", .other), ("messaging_feedback", .other),
        ("messaging_customer_information", .other),
    ]

    static func item(_ event: JSONNode, _ page: MetaPage) throws(WebhookRefusal) -> WebhookItem {
        if let message = try event.optional("message") {
            return try Self.message(message, of: event, page)
        }
        for name in ["message_edit", "message_edits"] as [StaticString] {
            if let edit = try event.optional(name) { return try Self.edit(edit, of: event, page) }
        }
        if let postback = try event.optional("postback") {
            return try Self.postback(postback, of: event, page)
        }
        for signal in Self.signals where try event.has(signal.member) {
            return .ignored(signal.reason, path: event.path)
        }
        throw event.refusal("a message or another known event", "neither")
    }

    private static func message(
        _ message: JSONNode,
        of event: JSONNode,
        _ page: MetaPage
    ) throws(WebhookRefusal) -> WebhookItem {
        let isEcho = try message.optional("is_echo")?.flag() ?? false
        var interaction = try Self.interaction(message, of: event, page, isEcho: isEcho)
        if try message.optional("is_deleted")?.flag() ?? false {
            interaction.operation = .remove
            interaction.revision = EventRevision.removal
        } else {
            // A picture or a sticker is a message too, without a text.
            interaction.text = try message.optional("text")?.text() ?? ""
        }
        return .interaction(interaction, path: event.path)
    }

    private static func edit(
        _ edit: JSONNode,
        of event: JSONNode,
        _ page: MetaPage
    ) throws(WebhookRefusal) -> WebhookItem {
        var interaction = try Self.interaction(edit, of: event, page, isEcho: false)
        interaction.text = try edit.required("text", "a text").text()
        interaction.operation = .edit
        interaction.revision = try EventRevision.edit(at: event.required("timestamp", "a time"))
        return .interaction(interaction, path: event.path)
    }

    /// A pressed button stands in the conversation as a message of the customer.
    ///
    /// Its words are the page's, and a phone in them is no phone of the customer: they are left out
    /// (P11).
    private static func postback(
        _ postback: JSONNode,
        of event: JSONNode,
        _ page: MetaPage
    ) throws(WebhookRefusal) -> WebhookItem {
        guard try postback.has("mid") else { return .ignored(.postback, path: event.path) }

        let interaction = try Self.interaction(postback, of: event, page, isEcho: false)
        return .interaction(interaction, path: event.path)
    }

    private static func interaction(
        _ message: JSONNode,
        of event: JSONNode,
        _ page: MetaPage,
        isEcho: Bool
    ) throws(WebhookRefusal) -> Khach_V1_Interaction {
        let key = try message.required("mid", "an identifier").identifier()
        let sender = try event.required("sender").required("id", "an identifier").identifier()
        let isFromPage = isEcho || page.isItself(sender)
        let customer =
            isFromPage
            ? try event.required("recipient").required("id", "an identifier").identifier()
            : sender
        var interaction = page.interaction(
            .message,
            key: key,
            with: customer,
            isFromPage: isFromPage
        )
        interaction.conversationKey = customer
        // Of a removal the time says nothing (N6), so that of the entry is as good.
        let isRemoval = try message.optional("is_deleted")?.flag() ?? false
        if isRemoval, let sentAt = page.sentAt, try !event.has("timestamp") {
            interaction.occurredAt = try sentAt.time()
        } else {
            interaction.occurredAt = try event.required("timestamp", "a time").time()
        }
        return interaction
    }
}
