internal import KhachCore
internal import KhachService
internal import Testing

@testable internal import KhachSQLite

@Suite("Record codec")
struct RecordCodecTests {
    private static let business = BusinessID(rawValue: 9)

    static let customers: [Customer] = {
        let plain = Customer(
            id: CustomerID(rawValue: .max),
            businessID: business,
            pageID: PageID(rawValue: 0),
            channel: .other,
            externalUserID: "\u{0}é",
            createdAt: Instant(milliseconds: -1),
            firstRecordedAt: Instant(milliseconds: 0)
        )
        var full = plain
        full.channel = .facebook
        full.createdAt = Instant(milliseconds: -1_001)
        full.firstInboundAt = Instant(milliseconds: 0)
        full.lastInboundAt = Instant(milliseconds: 1_750_000_000_999)
        full.lastOutboundAt = Instant(milliseconds: -62_135_596_800_000)
        full.names = NameSource.allCases.reversed().map {
            NameObservation(
                source: $0,
                name: CustomerName(text: "Nguyễn \($0.rawValue)", folded: "nguyen"),
                observedAt: Instant(milliseconds: -7)
            )
        }
        full.contacts = ContactBook(
            phones: [Self.point(.phone, "+84912345678"), Self.point(.phone, "+842838221234")],
            emails: [Self.point(.email, "a@example.vn")]
        )
        return [plain, full]
    }()

    private static func point(_ kind: ContactFinding.Kind, _ value: String) -> ContactPoint {
        ContactPoint(
            key: ContactPoint.Key(kind: kind, value: value),
            firstSeenAt: Instant(milliseconds: -1),
            lastSeenAt: Instant(milliseconds: 1_750_000_000_001),
            position: 7
        )
    }

    @Test("a customer comes back as it was, from bytes that are always the same")
    func roundTrip() {
        for customer in Self.customers {
            let codec = RecordCodec.proto
            let (record, facts) = (codec.encodeCustomer(customer), codec.encodeFacts(customer))
            #expect(codec.decodeCustomer(record, facts, Self.business) == customer)
            #expect(codec.encodeCustomer(customer) == record)
            #expect(codec.decodeCustomer(record.dropLast(), facts, Self.business) != customer)
        }
        #expect(RecordCodec.proto.decodeCustomer([], [], Self.business) == nil)
        #expect(RecordCodec.proto.decodeCustomer([0xff], [], Self.business) == nil)
    }

    @Test("pending names come back as they were; cut bytes do not")
    func pendingNames() {
        let names = Self.customers[1].names
        let bytes = PendingNames.encode(names)
        #expect(PendingNames.decode(bytes) == names)
        #expect(PendingNames.decode([]) == [])
        for count in 1..<bytes.count {
            #expect(PendingNames.decode(Array(bytes.prefix(count))) != names)
        }
    }
}

extension [UInt8] {
    fileprivate func dropLast() -> [UInt8] { Array(self.prefix(self.count - 1)) }
}
