package import KhachProto

/// What one event of a webhook body is read as.
package enum WebhookItem: Hashable, Sendable {
    /// A message or comment, or an edit or removal of one.
    case interaction(Khach_V1_Interaction, path: String)
    /// What the platform says of a person apart from any conversation.
    case profile(Khach_V1_ProfileObservation, path: String)
    /// Understood, and no conversation (domain.md N4).
    case ignored(WebhookReason, path: String)
    /// Not understood; its siblings are not affected.
    case refused(WebhookRefusal)
}

/// Why an event is no conversation.
package enum WebhookReason: String, CaseIterable, Sendable {
    /// The platform tells that a message arrived.
    case delivery
    /// The platform tells that a message was seen.
    case read
    /// A like or an emoji on a message, a comment or a post.
    case reaction
    case follow
    /// A person opened the chat, or came by a link; nothing was said yet.
    case click
    /// Consent to be written to.
    case optIn = "opt_in"
    /// A button was pressed, and the platform gave the press no message id.
    case postback
    /// A post of the page, or a share of one.
    case post
    /// A comment was hidden or shown again: it still exists, and so does what it says.
    case moderation
    /// Applications hand a conversation to each other.
    case handover
    /// A chat of a group: its members did not write to the page.
    case group
    case tag
    case call
    /// A form that holds neither a name nor a phone.
    case emptyForm = "empty_form"
    /// A person asks for their data to be erased. Nothing here does that.
    case erasureRequest = "erasure_request"
    /// The state of a conversation changed.
    case notification
    /// Affiliates of the platform are no customers.
    case affiliate
    /// A body without any event.
    case empty
    /// Anything else that the platform publishes and that is no conversation.
    case other
}

/// Why something of a body cannot be read: where, what was expected, what was found.
package struct WebhookRefusal: Error, Hashable, Sendable {
    /// As in `entry[0].changes[1].value.from.id`; empty for the body as a whole.
    package var path: String
    package var expected: String
    package var found: String

    package init(_ path: String, expected: String, found: String) {
        self.path = path
        self.expected = expected
        self.found = found
    }

    package var reason: String { "\(self.expected) expected, \(self.found) found" }
}

/// The items of one body, never more than the limit.
struct WebhookItems {
    private(set) var items: [WebhookItem] = []

    /// False when the limit is reached; the first time, a refusal at `node` says so.
    mutating func hasRoom(for node: JSONNode) -> Bool {
        if self.items.count == WebhookLimits.itemsMax {
            self.items.append(
                .refused(node.refusal("at most \(WebhookLimits.itemsMax) events of a body", "more"))
            )
        }
        return self.items.count < WebhookLimits.itemsMax
    }

    /// Adds what `read` makes of the node, or its refusal.
    mutating func add(
        _ node: JSONNode,
        _ read: (JSONNode) throws(WebhookRefusal) -> WebhookItem
    ) {
        guard self.hasRoom(for: node) else { return }

        do {
            self.items.append(try read(node))
        } catch {
            self.items.append(.refused(error))
        }
    }

    /// Adds each element of the list in `node`; one that cannot be read does not spoil the others.
    mutating func addEach(
        of list: JSONNode,
        _ read: (JSONNode) throws(WebhookRefusal) -> WebhookItem
    ) throws(WebhookRefusal) {
        for element in try list.elements() {
            self.add(element, read)
            guard self.items.count <= WebhookLimits.itemsMax else { return }
        }
    }

    mutating func refuse(_ refusal: WebhookRefusal) {
        guard self.items.count <= WebhookLimits.itemsMax else { return }

        self.items.append(.refused(refusal))
    }
}
