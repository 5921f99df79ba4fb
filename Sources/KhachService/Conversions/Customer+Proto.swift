internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf

extension Khach_V1_ContactPoint {
    init(_ contact: ShownContact) {
        self.init()
        self.value = contact.point.key.value
        self.rejected = contact.isRejected
        self.pinned = contact.isPinned
        self.addedByHand = contact.isAdded
        self.firstSeenAt = Google_Protobuf_Timestamp(contact.point.firstSeenAt)
        self.lastSeenAt = Google_Protobuf_Timestamp(contact.point.lastSeenAt)
    }
}

extension Khach_V1_HandEntry {
    init(_ entry: HandEntry) {
        self.init()
        self.text = entry.text
        self.updatedBy = entry.updatedBy
        self.updatedAt = Google_Protobuf_Timestamp(entry.updatedAt)
        self.editRevision = entry.editRevision
    }
}

extension HandEntry {
    init?(_ message: Khach_V1_HandEntry) {
        guard let updatedAt = Instant(message.updatedAt) else { return nil }

        self.init(
            text: message.text,
            updatedBy: message.updatedBy,
            updatedAt: updatedAt,
            editRevision: message.editRevision
        )
    }
}

extension CustomerBlock {
    init?(_ message: Khach_V1_Block) {
        guard let state = UInt8(exactly: message.state.rawValue).flatMap(State.init),
            let since = Instant(message.since)
        else { return nil }

        var intervals: [BlockInterval] = []
        for interval in message.intervals {
            guard let from = Instant(interval.from) else { return nil }

            intervals.append(
                BlockInterval(from: from, until: interval.hasUntil ? Instant(interval.until) : nil)
            )
        }
        self.init(
            state: state,
            since: since,
            by: message.by,
            reason: message.reason,
            error: message.error,
            intervals: intervals
        )
    }
}

extension ActivityDay {
    init(_ message: Khach_V1_ActivityDay) {
        self.init(
            day: message.day,
            hasMessaged: message.messaged,
            hasCommented: message.commented,
            beganMessages: message.messageConversation,
            beganComments: Int32(clamping: message.commentConversations)
        )
    }
}

extension Customer {
    /// A customer from its record and facts; `nil` when they are not what was written.
    init?(
        _ record: Khach_V1_Customer,
        _ facts: Khach_Store_V1_CustomerFacts,
        business: BusinessID
    ) {
        guard let id = CustomerID(text: record.id), let pageID = PageID(text: record.pageID),
            let channel = UInt8(exactly: record.channel.rawValue).flatMap(Channel.init),
            let createdAt = Instant(record.createdAt),
            let firstRecordedAt = Instant(record.firstRecordedAt),
            let contacts = ContactBook(record, facts), let marks = facts.contactMarks,
            let names = facts.nameObservations
        else { return nil }

        self.init(
            id: id,
            businessID: business,
            pageID: pageID,
            channel: channel,
            externalUserID: record.externalUserID,
            createdAt: createdAt,
            firstRecordedAt: firstRecordedAt,
            firstInboundAt: record.hasFirstInboundAt ? Instant(record.firstInboundAt) : nil,
            lastInboundAt: record.hasLastInboundAt ? Instant(record.lastInboundAt) : nil,
            lastOutboundAt: record.hasLastOutboundAt ? Instant(record.lastOutboundAt) : nil,
            names: names,
            contacts: contacts
        )
        self.marks = marks
        self.activity = ActivityLog(
            days: record.days.map { ActivityDay($0) },
            firstMessageAt: facts.firstMessageAtMs == 0
                ? nil : Instant(milliseconds: facts.firstMessageAtMs)
        )
        self.manualNameFolded = facts.manualNameFolded
        self.otherIdentities = record.otherIdentities.map {
            Identity(kind: $0.kind, externalUserID: $0.externalUserID)
        }
        guard self.adoptEntries(of: record) else { return nil }
    }

    private mutating func adoptEntries(of record: Khach_V1_Customer) -> Bool {
        if record.hasAddress {
            guard let address = HandEntry(record.address) else { return false }
            self.address = address
        }
        if record.hasManualName {
            guard let name = HandEntry(record.manualName) else { return false }
            self.manualName = name
        }
        if record.hasBlock {
            guard let block = CustomerBlock(record.block) else { return false }
            self.block = block
        }
        return true
    }
}
