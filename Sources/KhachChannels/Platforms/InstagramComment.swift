internal import KhachProto

/// A comment under a post or a live video of Instagram.
///
/// The platform tells neither edits nor removals, and gives a comment no time of its own: the time
/// of the notification is taken.
enum InstagramComment {
    static func item(_ value: JSONNode, _ page: MetaPage) throws(WebhookRefusal) -> WebhookItem {
        let from = try value.optional("from")
        let author = try from?.optional("id")?.identifier() ?? ""
        let isFromPage = page.isItself(author)
        var interaction = page.interaction(
            .comment,
            key: try value.required("id", "an identifier").identifier(),
            with: author,
            isFromPage: isFromPage
        )
        interaction.postID = try value.optional("media")?.optional("id")?.identifier() ?? ""
        interaction.conversationKey = interaction.postID
        interaction.text = try value.optional("text")?.text() ?? ""
        let username = try from?.optional("username")?.text() ?? ""
        if !author.isEmpty, !isFromPage { interaction.usernameHint = username }
        guard let sentAt = page.sentAt else {
            throw value.refusal("a time of the entry", "nothing")
        }

        interaction.occurredAt = try sentAt.time()
        return .interaction(interaction, path: value.path)
    }
}
