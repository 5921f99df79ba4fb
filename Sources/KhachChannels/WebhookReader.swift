/// Reads webhook bodies of one platform.
///
/// A pure function of the bytes: it knows no file, no server and no clock, and never fails.
/// Whatever is in a body is an interaction, a profile, ignored with a reason, or refused with its
/// path.
package struct WebhookReader: Sendable {
    package let format: WebhookFormat

    package init(_ format: WebhookFormat) {
        self.format = format
    }

    /// What is in a body: one item at least, and at most the limit and one refusal more.
    ///
    /// A body may also be a list of bodies, as the documentation of Instagram shows them.
    package func items(of body: [UInt8]) -> [WebhookItem] {
        var order = EditOrder()
        return self.items(of: body, after: &order)
    }

    /// The same for one of several bodies: `order` knows the edits of those before it.
    package func items(of body: [UInt8], after order: inout EditOrder) -> [WebhookItem] {
        self.unordered(body).map { item in
            guard case .interaction(var interaction, let path) = item else { return item }

            order.place(&interaction)
            return .interaction(interaction, path: path)
        }
    }

    private func unordered(_ body: [UInt8]) -> [WebhookItem] {
        guard body.count <= WebhookLimits.bodyBytesMax else {
            let most = WebhookLimits.bodyBytesMax
            return [.refused(.init("", expected: "at most \(most) bytes", found: "more"))]
        }

        let root: JSONNode
        do {
            root = JSONNode(try JSONReader.value(of: body))
        } catch {
            return [.refused(.init("", expected: error.expected, found: error.found))]
        }
        var items = WebhookItems()
        if case .list = root.value, let bodies = try? root.elements() {
            for body in bodies where items.hasRoom(for: body) { self.read(body, into: &items) }
        } else {
            self.read(root, into: &items)
        }
        return items.items.isEmpty ? [.ignored(.empty, path: "")] : items.items
    }

    private func read(_ body: JSONNode, into items: inout WebhookItems) {
        switch self.format {
        case .facebook: MetaBody(.facebook).read(body, into: &items)
        case .instagram: MetaBody(.instagram).read(body, into: &items)
        case .zalo: items.add(body, ZaloEvent.item)
        case .shopee: items.add(body, ShopeePush.item)
        }
    }
}
