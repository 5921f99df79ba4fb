internal import KhachProto
internal import SwiftProtobuf

/// A body of Facebook or Instagram: entries of one page each, of messaging events and of changes.
struct MetaBody {
    enum Platform {
        case facebook
        case instagram

        /// What `object` of a body says.
        var object: String { self == .facebook ? "page" : "instagram" }
        var channel: Khach_V1_Channel { self == .facebook ? .facebook : .instagram }
    }

    private let platform: Platform

    init(_ platform: Platform) {
        self.platform = platform
    }

    func read(_ body: JSONNode, into items: inout WebhookItems) {
        do throws(WebhookRefusal) {
            let object = try body.required("object", "\"\(self.platform.object)\"")
            let name = try object.text()
            guard name == self.platform.object else {
                throw object.refusal(ofWord: name, "\"\(self.platform.object)\"")
            }

            for entry in try body.required("entry", "a list").elements() {
                guard items.hasRoom(for: entry) else { return }

                self.read(entry: entry, into: &items)
            }
        } catch {
            items.refuse(error)
        }
    }

    private func read(entry: JSONNode, into items: inout WebhookItems) {
        let page: MetaPage
        do throws(WebhookRefusal) {
            page = MetaPage(
                channel: self.platform.channel,
                id: try entry.required("id", "an identifier").identifier(),
                sentAt: try entry.optional("time")
            )
        } catch {
            items.refuse(error)
            return
        }
        // What an application that is not in control is told is said to the page all the same.
        for name in ["messaging", "standby"] as [StaticString] {
            self.read(list: name, of: entry, into: &items) {
                (event) throws(WebhookRefusal) in try MetaMessaging.item(event, page)
            }
        }
        self.read(list: "changes", of: entry, into: &items) { (change) throws(WebhookRefusal) in
            try self.item(change, page)
        }
        // With the Business Login of Instagram the entry itself is the change.
        if let isChange = try? entry.has("field"), isChange {
            items.add(entry) { (change) throws(WebhookRefusal) in try self.item(change, page) }
        }
    }

    private func read(
        list name: StaticString,
        of entry: JSONNode,
        into items: inout WebhookItems,
        _ read: (JSONNode) throws(WebhookRefusal) -> WebhookItem
    ) {
        do throws(WebhookRefusal) {
            guard let list = try entry.optional(name) else { return }

            try items.addEach(of: list, read)
        } catch {
            items.refuse(error)
        }
    }

    private func item(_ change: JSONNode, _ page: MetaPage) throws(WebhookRefusal) -> WebhookItem {
        let field = try change.required("field", "a text").text()
        switch (self.platform, field) {
        case (.facebook, "feed"):
            return try FacebookComment.item(try change.required("value"), page)
        case (.instagram, "comments"), (.instagram, "live_comments"):
            return try InstagramComment.item(try change.required("value"), page)
        case (_, "messages"):
            // The form in which the developer console sends its samples.
            return try MetaMessaging.item(try change.required("value"), page)
        default: return .ignored(.other, path: change.path)
        }
    }
}

/// The page of an entry, and when the entry was sent.
struct MetaPage {
    var channel: Khach_V1_Channel
    var id: String
    /// `nil` when the entry does not say.
    var sentAt: JSONNode?

    /// Whether the identifier is the page's own: compared by bytes, as the server does (I1).
    func isItself(_ user: String) -> Bool { user.utf8.elementsEqual(self.id.utf8) }

    /// An interaction of this page, with what every one has.
    func interaction(
        _ kind: Khach_V1_Interaction.Kind,
        key: String,
        with user: String,
        isFromPage: Bool
    ) -> Khach_V1_Interaction {
        .with {
            $0.channel = self.channel
            $0.externalPageID = self.id
            $0.eventKey = (kind == .comment ? "c:" : "m:") + key
            $0.externalUserID = user
            $0.direction = isFromPage ? .outbound : .inbound
            $0.kind = kind
        }
    }
}
