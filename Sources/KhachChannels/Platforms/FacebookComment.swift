internal import KhachProto

/// A change of a page's feed: a comment, its edit or removal, or something else of the feed.
enum FacebookComment {
    /// What happens to a comment, by `verb`.
    private enum Event {
        case create
        case edit
        case remove
        case ignored(WebhookReason)

        init?(verb: String) {
            switch verb {
            case "add": self = .create
            case "edited", "edit": self = .edit
            case "remove", "delete": self = .remove
            case "hide", "unhide", "block", "unblock", "mute": self = .ignored(.moderation)
            default: return nil
            }
        }
    }

    /// Whom `from` names; nobody, when the platform withholds it (I3).
    private struct Author {
        var id = ""
        var name = ""

        init(of value: JSONNode) throws(WebhookRefusal) {
            if let from = try value.optional("from") {
                self.id = try from.optional("id")?.identifier() ?? ""
                self.name = try from.optional("name")?.text() ?? ""
            } else {
                // The form of versions before 2.11.
                self.id = try value.optional("sender_id")?.identifier() ?? ""
                self.name = try value.optional("sender_name")?.text() ?? ""
            }
        }
    }

    static func item(_ value: JSONNode, _ page: MetaPage) throws(WebhookRefusal) -> WebhookItem {
        let item = try value.required("item", "a text").text()
        switch item {
        case "comment": break
        case "reaction", "like": return .ignored(.reaction, path: value.path)
        default: return .ignored(.post, path: value.path)
        }

        let verb = try value.required("verb", "a text")
        let word = try verb.text()
        guard let event = Event(verb: word) else {
            throw verb.refusal(ofWord: word, "add, edited, remove, hide or unhide")
        }
        if case .ignored(let reason) = event { return .ignored(reason, path: value.path) }

        return .interaction(try Self.interaction(event, value, page), path: value.path)
    }

    private static func interaction(
        _ event: Event,
        _ value: JSONNode,
        _ page: MetaPage
    ) throws(WebhookRefusal) -> Khach_V1_Interaction {
        let author = try Author(of: value)
        let isFromPage = page.isItself(author.id)
        var interaction = page.interaction(
            .comment,
            key: try value.required("comment_id", "an identifier").identifier(),
            with: author.id,
            isFromPage: isFromPage
        )
        interaction.postID = try value.optional("post_id")?.identifier() ?? ""
        interaction.conversationKey = interaction.postID
        // Nobody's name may be the page's own.
        if !author.id.isEmpty, !isFromPage { interaction.nameHint = author.name }
        guard let created = try value.optional("created_time") ?? page.sentAt else {
            throw WebhookRefusal(
                "\(value.path).created_time",
                expected: "a time",
                found: "nothing"
            )
        }

        interaction.occurredAt = try created.time()
        switch event {
        case .remove:
            interaction.operation = .remove
            interaction.revision = EventRevision.removal
        case .edit:
            // `created_time` may be the comment's; an edit is as old as its notification.
            interaction.operation = .edit
            interaction.revision = try EventRevision.edit(at: page.sentAt ?? created)
            interaction.text = try value.optional("message")?.text() ?? ""
        case .create, .ignored:
            // A comment may be a picture alone.
            interaction.text = try value.optional("message")?.text() ?? ""
        }
        return interaction
    }
}
