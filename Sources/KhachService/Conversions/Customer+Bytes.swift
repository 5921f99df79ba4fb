internal import KhachCore

/// A customer's record: the bytes of a `khach.v1.Customer`.
extension MessageBytes {
    mutating func record(_ customer: Customer) {
        self.text(1, customer.id.text)
        self.text(2, customer.pageID.text)
        self.number(3, UInt64(customer.channel.rawValue))
        self.text(4, customer.externalUserID)
        let name = customer.name
        self.text(5, name?.name.text ?? "")
        self.number(6, UInt64(customer.nameStatus.rawValue))
        self.number(7, UInt64(name?.source.rawValue ?? 0))
        self.instant(8, customer.createdAt)
        self.instant(9, customer.firstRecordedAt)
        self.instant(10, customer.firstInboundAt)
        self.instant(11, customer.lastInboundAt)
        self.instant(12, customer.lastOutboundAt)
        self.points(13, customer, .phone)
        self.points(14, customer, .email)
        self.entry(15, customer.address)
        if let block = customer.block {
            self.message(16) { $0.block(block) }
        }
        for day in customer.activity.days {
            self.message(17) { message in
                message.number(1, signed: day.day)
                message.flag(2, day.hasMessaged)
                message.flag(3, day.hasCommented)
                message.flag(4, day.beganMessages)
                message.number(5, UInt64(UInt32(clamping: day.beganComments)))
            }
        }
        self.entry(18, customer.manualName)
        for identity in customer.otherIdentities {
            self.message(19) { message in
                message.text(1, identity.kind)
                message.text(2, identity.externalUserID)
            }
        }
    }

    private mutating func points(
        _ field: UInt64,
        _ customer: Customer,
        _ kind: ContactFinding.Kind
    ) {
        for contact in customer.shown(kind) {
            self.message(field) { message in
                message.text(1, contact.point.key.value)
                message.flag(2, contact.isRejected)
                message.flag(3, contact.isPinned)
                message.instant(4, contact.point.firstSeenAt)
                message.instant(5, contact.point.lastSeenAt)
                message.flag(6, contact.isAdded)
            }
        }
    }

    private mutating func entry(_ field: UInt64, _ entry: HandEntry?) {
        guard let entry else { return }

        self.message(field) { message in
            message.text(1, entry.text)
            message.text(2, entry.updatedBy)
            message.instant(3, entry.updatedAt)
            message.number(4, entry.editRevision)
        }
    }

    private mutating func block(_ block: CustomerBlock) {
        self.number(1, UInt64(block.state.rawValue))
        self.instant(2, block.since)
        self.text(3, block.by)
        self.text(4, block.reason)
        self.text(5, block.error)
        for interval in block.intervals {
            self.message(6) { message in
                message.instant(1, interval.from)
                message.instant(2, interval.until)
            }
        }
    }

    /// A `google.protobuf.Timestamp`.
    private mutating func instant(_ field: UInt64, _ instant: Instant?) {
        guard let instant else { return }

        let (seconds, nanoseconds) = instant.timestamp
        self.message(field) { message in
            message.number(1, signed: seconds)
            message.number(2, signed: nanoseconds)
        }
    }
}

/// What is kept of a customer beside the record: the bytes of a `khach.store.v1.CustomerFacts`.
extension MessageBytes {
    mutating func facts(_ customer: Customer) {
        for observation in customer.names {
            self.message(1) { message in
                message.number(1, UInt64(observation.source.rawValue))
                message.text(2, observation.name.text)
                message.text(3, observation.name.folded)
                message.number(4, signed: observation.observedAt.milliseconds)
            }
        }
        let (phones, emails) = (customer.contacts.phones, customer.contacts.emails)
        let isShown = max(phones.count, emails.count) <= Limits.contactPointsMax
        if customer.marks.isEmpty, isShown {
            self.numbers(2, signed: phones.lazy.map(\.position))
            self.numbers(3, signed: emails.lazy.map(\.position))
        } else {
            for mark in customer.marks {
                self.message(4) { $0.mark(mark) }
            }
            for point in phones + emails {
                self.message(5) { $0.point(point) }
            }
        }
        self.number(6, signed: customer.activity.firstMessageAt?.milliseconds ?? 0)
        self.text(7, customer.manualNameFolded)
    }

    private mutating func mark(_ mark: ContactMark) {
        self.number(1, UInt64(mark.key.kind.rawValue))
        self.text(2, mark.key.value)
        self.flag(3, mark.isRejected)
        self.flag(4, mark.isPinned)
        self.flag(5, mark.isAdded)
        self.flag(6, mark.isSupplied)
        self.number(7, signed: mark.seenAt.lowerBound.milliseconds)
        self.number(8, signed: mark.seenAt.upperBound.milliseconds)
        self.text(9, mark.markedBy)
        self.number(10, signed: mark.markedAt.milliseconds)
    }

    private mutating func point(_ point: ContactPoint) {
        self.number(1, UInt64(point.key.kind.rawValue))
        self.text(2, point.key.value)
        self.number(3, signed: point.firstSeenAt.milliseconds)
        self.number(4, signed: point.lastSeenAt.milliseconds)
        self.number(5, signed: point.position)
    }
}
