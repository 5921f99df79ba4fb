package import KhachCore

/// Makes sets of deliveries as channels send them: edits, removals, a missing author that a later
/// delivery names, repetitions, names of every sort, and texts with phones and e-mail addresses.
///
/// Deliveries of one key and revision differ at most by a missing author, and every clock is
/// believable: the other two cases are the ones whose order matters (domain.md N1).
package struct InteractionGenerator: Sendable {
    package static let epoch = Instant(milliseconds: 1_750_000_000_000)

    private static let names: [(text: String, folded: String)] = [
        ("Nguyễn Văn An", "nguyen van an"), ("Trần Thị Bình", "tran thi binh"),
        ("Lê Chi", "le chi"), ("N***n", "n***n"), ("b**h", "b**h"),
        ("Facebook User", "facebook user"), ("Người dùng Zalo", "nguoi dung zalo"),
        (".", "."), ("shop_lover", "shop_lover"),
    ]

    /// Every number that has a form exists.
    static let detector = ContactDetector(isValid: { _ in true })

    package var seed: Seed
    package var pages: [PageKey]
    package var usersPerPage = 6
    package var posts = ["post"]
    /// Between two of the 2,000 instants at which events are: all of one day, unless it is more.
    package var stepMilliseconds: Int64 = 10

    package init(seed: Seed, pages: [PageKey]) {
        self.seed = seed
        self.pages = pages
    }

    /// The deliveries of `count` events, each at least once.
    package mutating func deliveries(events count: Int) -> [Interaction] {
        (0..<count).flatMap { self.event("m_\($0)") }
    }

    /// The same deliveries in another order, some of them more than once.
    package mutating func disturbed(_ deliveries: [Interaction]) -> [Interaction] {
        var all = deliveries
        for delivery in deliveries where self.seed.oneIn(3) {
            all.append(delivery)
        }
        all.shuffle(using: &self.seed)
        return all
    }

    /// Cut into batches of any size.
    package mutating func batches(_ deliveries: [Interaction]) -> [[Interaction]] {
        var batches: [[Interaction]] = []
        var rest = deliveries[...]
        while !rest.isEmpty {
            let count = min(rest.count, self.seed.number(1...40))
            batches.append(Array(rest.prefix(count)))
            rest.removeFirst(count)
        }
        return batches
    }

    private mutating func event(_ key: String) -> [Interaction] {
        let page = self.seed.pick(self.pages)
        var author: String? = "u_\(self.seed.number(1...self.usersPerPage))"
        if self.seed.oneIn(12) { author = nil }
        if self.seed.oneIn(20) { author = page.externalPageID }
        let direction: Interaction.Direction = self.seed.oneIn(4) ? .outbound : .inbound
        let kind: Interaction.Kind = self.seed.oneIn(3) ? .comment : .message
        var revision = UInt64(self.seed.number(0...1))
        var deliveries: [Interaction] = []
        for operation in self.operations() {
            var delivery = Interaction(
                page: page,
                eventKey: key,
                externalUserID: author,
                direction: direction,
                kind: kind,
                conversationKey: "t_\(self.seed.number(1...3))",
                postID: kind == .comment ? self.seed.pick(self.posts) : "",
                occurredAt: self.instant(),
                text: operation == .remove ? "" : self.text(key, revision),
                nameHints: self.hints(),
                operation: operation,
                revision: revision
            )
            delivery.contacts = Self.detector.findings(in: delivery.text)
            // What describes the event is the same in every delivery of it.
            if let first = deliveries.first {
                delivery.conversationKey = first.conversationKey
                delivery.postID = first.postID
            }
            deliveries.append(delivery)
            revision += UInt64(self.seed.number(1...3))
        }
        for delivery in deliveries where self.seed.oneIn(5) {
            var nameless = delivery
            nameless.externalUserID = nil
            deliveries.append(nameless)
        }
        return deliveries
    }

    private mutating func operations() -> [Interaction.Operation] {
        switch self.seed.number(1...8) {
        case 1: [.create, .edit]
        case 2: [.create, .remove]
        case 3: [.create, .edit, .edit, .remove]
        case 4: [.remove]
        default: [.create]
        }
    }

    /// Mostly chatter; else some contacts, rarely more than a record shows.
    private mutating func text(_ key: String, _ revision: UInt64) -> String {
        var lines = ["text \(key) \(revision)"]
        let count = self.seed.pick([0, 0, 1, 1, 2, 3, 12])
        for _ in 0..<count {
            let number = self.seed.number(1...40)
            lines.append(
                self.seed.oneIn(3) ? "mail a\(number)@example.vn" : "sđt 0\(912_345_600 + number)"
            )
        }
        return lines.joined(separator: "\n")
    }

    private mutating func instant() -> Instant {
        let step = Int64(self.seed.number(0...2_000))
        return Instant(
            milliseconds: Self.epoch.milliseconds + step * self.stepMilliseconds
        )
    }

    private mutating func hints() -> [Interaction.NameHint] {
        (0..<self.seed.number(0...2)).map { _ in
            let name = self.seed.pick(Self.names)
            return Interaction.NameHint(
                source: self.seed.pick([.username, .event, .sharedForm, .profile]),
                name: CustomerName(text: name.text, folded: name.folded)
            )
        }
    }
}
