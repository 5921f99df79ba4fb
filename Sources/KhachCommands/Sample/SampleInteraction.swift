internal import KhachProto

/// One line of a sample, with everything that the line says.
struct SampleInteraction: Sendable {
    private let page: SampleDirectory.Page
    private let delivery: SampleSchedule.Delivery
    private let key: UInt64
    private let occurredAt: Int64
    private var externalUserID = ""
    private var isInbound = true
    private var isComment = false
    private var post = 0
    private var name = SampleNameHint()
    private var text: SampleText?

    init(_ delivery: SampleSchedule.Delivery, of schedule: SampleSchedule) {
        let event = Int(delivery.event)
        self.delivery = delivery
        // A bijection, so that no two interactions share a key.
        self.key = SplitMix64.mix(UInt64(event) &+ 0x6B68_6163_6800_0000)
        let role = schedule.role(of: event)
        // Sixty years ahead: never to be believed, whenever the sample is used.
        self.occurredAt =
            schedule.occurredAt[event]
            + (role == .future ? 60 * 365 * SampleCalendar.dayMilliseconds : 0)
        guard let owner = schedule.owner(of: event) else {
            let index = event - schedule.size.createsCount
            self.page = schedule.directory.pages[Int(schedule.ownerlessPages[index])]
            self.makeOwnerless(index)
            return
        }

        self.page = schedule.directory.pages[owner.customer.page]
        let first = schedule.occurredAt[event - owner.ordinal]
        self.make(
            owner.customer,
            owner.ordinal,
            of: owner.count,
            sinceFirst: schedule.occurredAt[event] - first
        )
        let lacksAuthor =
            role == .completed && delivery.form == .original && self.isComment && self.isInbound
        if lacksAuthor {
            self.externalUserID = ""
            self.name = SampleNameHint()
        }
    }

    /// A comment whose author the channel does not tell; every fifth is the page's own (I2, I3).
    private mutating func makeOwnerless(_ index: Int) {
        var random = SplitMix64(seed: self.key)
        self.isComment = true
        self.post = random.below(40)
        if index % 5 == 0 {
            self.externalUserID = self.page.externalPageID
            self.isInbound = false
            self.text = .answer(&random)
        } else {
            self.text = .chatter(&random)
        }
    }

    private mutating func make(
        _ customer: SampleCustomer,
        _ ordinal: Int,
        of count: Int,
        sinceFirst: Int64
    ) {
        var random = customer.stream(.interaction, ordinal: ordinal)
        self.externalUserID = customer.externalUserID
        let contacts = SampleContacts(customer, count: count, page: self.page)
        let carries = contacts.ordinal == ordinal || contacts.mailOrdinal == ordinal
        let outboundPerMille = ordinal == 0 ? 30 : 520
        self.isInbound = !random.happens(perMille: outboundPerMille) || carries
        switch customer.habit {
        case .comments: self.isComment = true
        case .messages: self.isComment = false
        case .both: self.isComment = random.happens(perMille: 400)
        }
        self.post = Self.post(customer, &random)
        if self.isInbound || ordinal == 0 {
            self.name = SampleNameHint(
                customer,
                ordinal,
                of: count,
                sinceFirst: sinceFirst,
                isComment: self.isComment
            )
        }
        guard self.delivery.form != .removal else { return }

        if self.delivery.form == .edit { random = customer.stream(.edit, ordinal: ordinal) }
        self.text = self.isInbound ? contacts.text(ordinal, &random) : .answer(&random)
    }

    /// Most people stay with one post; eight in a hundred wander over many.
    private static func post(_ customer: SampleCustomer, _ random: inout SplitMix64) -> Int {
        var habits = customer.stream(.habits)
        _ = habits.next()
        let unit = habits.unit()
        let home = Int(40 * unit * unit)
        return habits.happens(perMille: 80) ? (home + random.below(6)) % 40 : home
    }
}

extension SampleInteraction {
    /// Writes the line as protobuf JSON of `khach.v1.Interaction`.
    func write(to lines: inout JSONLines) {
        let postID = self.isComment ? "\(self.page.externalPageID)_\(1_000 + self.post)" : ""
        lines.begin()
        lines.write("channel", Self.names[self.page.channel, default: ""])
        lines.write("externalPageId", self.page.externalPageID)
        lines.write("eventKey", self.eventKey)
        lines.write("externalUserId", self.externalUserID)
        lines.write("direction", self.isInbound ? "INBOUND" : "OUTBOUND")
        lines.write("kind", self.isComment ? "COMMENT" : "MESSAGE")
        lines.write(
            "conversationKey",
            self.isComment ? "\(postID):\(self.externalUserID)" : "t:\(self.externalUserID)"
        )
        lines.write("postId", postID)
        lines.write("occurredAt", JSONLines.time(self.occurredAt))
        lines.write("text", self.text?.text ?? "")
        lines.write("nameHint", self.name.name)
        if !self.name.name.isEmpty { lines.write("nameHintSource", self.name.source) }
        lines.write("usernameHint", self.name.account)
        switch self.delivery.form {
        case .original, .redelivery: break
        case .edit:
            lines.write("operation", "EDIT")
            lines.write("revision", "1")
        case .removal:
            lines.write("operation", "REMOVE")
            lines.write("revision", "1")
        }
        lines.end()
    }

    /// Writes what the text contains, when the text was made to be looked at.
    func writeLabel(to labels: inout JSONLines) {
        guard let text, text.isLabelled else { return }

        labels.begin()
        labels.write("externalPageId", self.page.externalPageID)
        labels.write("eventKey", self.eventKey)
        labels.write("revision", self.delivery.form == .edit ? "1" : "0")
        labels.write("template", text.template)
        labels.write("phones", text.phones)
        labels.write("emails", text.emails)
        labels.end()
    }

    private var eventKey: String {
        let digits = String(self.key, radix: 16)
        let kind = self.isComment ? "comment:" : "message:m_"
        return kind + String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static let names: [Khach_V1_Channel: String] = [
        .facebook: "FACEBOOK", .instagram: "INSTAGRAM", .zaloOa: "ZALO_OA", .shopee: "SHOPEE",
        .lazada: "LAZADA", .tiktokShop: "TIKTOK_SHOP",
    ]
}
