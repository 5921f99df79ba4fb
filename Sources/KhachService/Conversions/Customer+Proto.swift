internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf

extension Khach_V1_Customer {
    /// The record of a customer.
    init(_ customer: Customer) {
        self.init()
        self.id = customer.id.text
        self.pageID = customer.pageID.text
        self.channel = Khach_V1_Channel(rawValue: Int(customer.channel.rawValue)) ?? .unspecified
        self.externalUserID = customer.externalUserID
        if let name = customer.name {
            self.name = name.name.text
            self.nameSource =
                Khach_V1_NameSource(rawValue: Int(name.source.rawValue)) ?? .unspecified
        }
        self.nameStatus =
            Khach_V1_NameStatus(rawValue: Int(customer.nameStatus.rawValue)) ?? .unspecified
        self.createdAt = Google_Protobuf_Timestamp(customer.createdAt)
        self.firstRecordedAt = Google_Protobuf_Timestamp(customer.firstRecordedAt)
        if let instant = customer.firstInboundAt {
            self.firstInboundAt = Google_Protobuf_Timestamp(instant)
        }
        if let instant = customer.lastInboundAt {
            self.lastInboundAt = Google_Protobuf_Timestamp(instant)
        }
        if let instant = customer.lastOutboundAt {
            self.lastOutboundAt = Google_Protobuf_Timestamp(instant)
        }
        self.phones = customer.contacts.phones.map { Khach_V1_ContactPoint($0) }
        self.emails = customer.contacts.emails.map { Khach_V1_ContactPoint($0) }
    }
}

extension Khach_V1_ContactPoint {
    init(_ point: ContactPoint) {
        self.init()
        self.value = point.key.value
        self.firstSeenAt = Google_Protobuf_Timestamp(point.firstSeenAt)
        self.lastSeenAt = Google_Protobuf_Timestamp(point.lastSeenAt)
    }
}

extension ContactBook {
    /// The points of a record, each with its position from the facts; `nil` when they do not fit.
    fileprivate init?(_ record: Khach_V1_Customer, _ facts: Khach_Store_V1_CustomerFacts) {
        func points(
            _ kind: ContactFinding.Kind,
            _ points: [Khach_V1_ContactPoint],
            _ positions: [Int32]
        ) -> [ContactPoint]? {
            guard points.count == positions.count else { return nil }

            let found = zip(points, positions).compactMap { point, position -> ContactPoint? in
                guard let first = Instant(point.firstSeenAt), let last = Instant(point.lastSeenAt)
                else { return nil }

                return ContactPoint(
                    key: ContactPoint.Key(kind: kind, value: point.value),
                    firstSeenAt: first,
                    lastSeenAt: last,
                    position: position
                )
            }
            return found.count == points.count ? found : nil
        }
        guard let phones = points(.phone, record.phones, facts.phonePositions),
            let emails = points(.email, record.emails, facts.emailPositions)
        else { return nil }

        self.init(phones: phones, emails: emails)
    }
}

extension Khach_Store_V1_CustomerFacts {
    init(_ customer: Customer) {
        self.init()
        self.names = customer.names.map { observation in
            var name = Khach_Store_V1_NameObservation()
            name.source = Int32(observation.source.rawValue)
            name.text = observation.name.text
            name.folded = observation.name.folded
            name.observedAtMs = observation.observedAt.milliseconds
            return name
        }
        self.phonePositions = customer.contacts.phones.map(\.position)
        self.emailPositions = customer.contacts.emails.map(\.position)
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
            let contacts = ContactBook(record, facts)
        else { return nil }

        var names: [NameObservation] = []
        names.reserveCapacity(facts.names.count)
        for name in facts.names {
            guard let source = UInt8(exactly: name.source).flatMap(NameSource.init) else {
                return nil
            }

            names.append(
                NameObservation(
                    source: source,
                    name: CustomerName(text: name.text, folded: name.folded),
                    observedAt: Instant(milliseconds: name.observedAtMs)
                )
            )
        }
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
    }
}
