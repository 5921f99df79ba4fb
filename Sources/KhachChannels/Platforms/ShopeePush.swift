internal import KhachProto

/// A push of Shopee: of the chat (code 10), or of something else.
enum ShopeePush {
    private static let webchatCode = "10"
    /// `business_type` of a chat between an affiliate and a seller.
    private static let affiliateType = "11"

    static func item(_ push: JSONNode) throws(WebhookRefusal) -> WebhookItem {
        let code = try push.required("code", "a code").identifier()
        guard code == Self.webchatCode else { return .ignored(.other, path: "") }

        let data = try push.required("data")
        let type = try data.required("type", "a text")
        let word = try type.text()
        switch word {
        case "message": return try Self.message(try data.required("content"), of: push)
        case "notification": return .ignored(.notification, path: data.path)
        default: throw type.refusal(ofWord: word, "message or notification")
        }
    }

    private static func message(
        _ message: JSONNode,
        of push: JSONNode
    ) throws(WebhookRefusal) -> WebhookItem {
        guard try message.optional("business_type")?.identifier() != Self.affiliateType else {
            return .ignored(.affiliate, path: message.path)
        }

        let shop = try push.required("shop_id", "an identifier").identifier()
        let isFromShop = try Self.isFromShop(shop, message)
        let customer: JSONNode
        let name: JSONNode?
        if isFromShop {
            customer = try message.required("to_id", "an identifier")
            name = try message.optional("to_user_name")
        } else {
            customer = try message.required("from_id", "an identifier")
            name = try message.optional("from_user_name")
        }
        var interaction = Khach_V1_Interaction()
        interaction.channel = .shopee
        interaction.externalPageID = shop
        interaction.eventKey =
            "m:" + (try message.required("message_id", "an identifier").identifier())
        interaction.externalUserID = try customer.identifier()
        interaction.direction = isFromShop ? .outbound : .inbound
        interaction.kind = .message
        interaction.conversationKey =
            try message.required("conversation_id", "an identifier").identifier()
        if let createdAt = try message.optional("created_timestamp") {
            interaction.occurredAt = try createdAt.time()
        } else {
            interaction.occurredAt = try push.required("timestamp", "a time").time()
        }
        interaction.text = try message.optional("content")?.optional("text")?.text() ?? ""
        interaction.usernameHint = try name?.text() ?? ""
        return .interaction(interaction, path: message.path)
    }

    /// Whether the shop of the push wrote the message.
    ///
    /// A buyer may have a shop too, so only being *this* shop decides. Pushes before 2025-04-18 do
    /// not name the shops; of those only a sub-account's can be told, which are the shop's.
    private static func isFromShop(
        _ shop: String,
        _ message: JSONNode
    ) throws(WebhookRefusal) -> Bool {
        let from = try message.optional("from_shop_id")?.identifier()
        let to = try message.optional("to_shop_id")?.identifier()
        switch (from == shop, to == shop) {
        case (true, false): return true
        case (false, true): return false
        case (true, true):
            throw WebhookRefusal(
                "\(message.path).from_shop_id",
                expected: "the shop on one side",
                found: "it on both"
            )
        case (false, false):
            let account = try message.optional("sub_account_id")?.identifier() ?? "0"
            guard account == "0" else { return true }

            throw WebhookRefusal(
                "\(message.path).from_shop_id",
                expected: "the shop on one side",
                found: "it on neither"
            )
        }
    }
}
