internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import Testing

@testable internal import KhachService

/// The bytes that are written by hand are those that SwiftProtobuf writes of the same message.
@Suite("Customer bytes")
struct CustomerBytesTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var change: @Sendable (inout Customer) -> Void
    }

    static let examples: [Example] = [
        Example(testDescription: "as little as there can be", change: { _ in }),
        Example(
            testDescription: "times before 1970 and after",
            change: {
                $0.createdAt = Instant(milliseconds: -1_001)
                $0.firstInboundAt = Instant(milliseconds: 0)
                $0.lastInboundAt = Instant(milliseconds: 1_750_000_000_999)
                $0.lastOutboundAt = Instant(milliseconds: -62_135_596_800_000)
            }
        ),
        Example(
            testDescription: "every source of a name",
            change: {
                $0.names = NameSource.allCases.reversed().map { source in
                    NameObservation(
                        source: source,
                        name: CustomerName(text: "Nguyễn \(source.rawValue)", folded: "nguyen"),
                        observedAt: Instant(milliseconds: -7)
                    )
                }
            }
        ),
        Example(
            testDescription: "days, before 1970 and after",
            change: { customer in
                let days = [Int32.min, -1, 0, 20_000].map { day in
                    ActivityDay(
                        day: day,
                        hasMessaged: day < 0,
                        hasCommented: day >= 0,
                        beganMessages: day == 0,
                        beganComments: day < 0 ? 0 : day / 2
                    )
                }
                customer.activity = ActivityLog(days: days, firstMessageAt: customer.createdAt)
            }
        ),
        Example(
            testDescription: "contact points whose places are numbers of every width",
            change: { customer in
                customer.contacts = ContactBook(
                    phones: [0, 127, 128, .max].map { Self.point(.phone, "+8491234567", $0) },
                    emails: [Self.point(.email, "a@example.vn", 1)]
                )
            }
        ),
        Example(
            testDescription: "marks, each flag of them",
            change: { customer in
                customer.contacts = ContactBook(
                    phones: [Self.point(.phone, "+84912345678", 3)],
                    emails: []
                )
                for (index, value) in ["a@b.vn", "c@d.vn", "e@f.vn", "g@h.vn"].enumerated() {
                    var mark = ContactMark(
                        key: ContactPoint.Key(kind: .email, value: value),
                        seenAt: customer.createdAt...customer.firstRecordedAt,
                        by: index == 3 ? "" : "agent",
                        at: customer.firstRecordedAt
                    )
                    mark.isRejected = index == 0
                    mark.isPinned = index == 1
                    mark.isAdded = index == 2
                    mark.isSupplied = index == 3
                    customer.marks.append(mark)
                }
            }
        ),
        Example(
            testDescription: "what was entered by hand, one of it longer than a byte can say",
            change: {
                $0.address = Self.entry(String(repeating: "số 12, ", count: 3_000))
                $0.manualName = Self.entry("Đặng Thị Đào")
                $0.manualNameFolded = "dang thi dao"
                $0.otherIdentities = [Identity(kind: "asid", externalUserID: "1")]
            }
        ),
        Example(
            testDescription: "a cleared entry and an open block",
            change: {
                $0.manualName = Self.entry("")
                $0.block = CustomerBlock(
                    state: .pendingBlock,
                    since: $0.createdAt,
                    by: "agent",
                    reason: "spam",
                    error: "429",
                    intervals: [
                        BlockInterval(from: $0.createdAt, until: $0.firstRecordedAt),
                        BlockInterval(from: $0.firstRecordedAt, until: nil),
                    ]
                )
            }
        ),
    ]

    @Test("are those of the message", arguments: examples)
    func bytes(_ example: Example) throws {
        var customer = Customer(
            id: CustomerID(rawValue: .max),
            businessID: BusinessID(rawValue: 9),
            pageID: PageID(rawValue: 0),
            channel: .other,
            externalUserID: "28181025008155419",
            createdAt: Instant(milliseconds: -1),
            firstRecordedAt: Instant(milliseconds: 1_750_000_000_000)
        )
        example.change(&customer)
        let record = RecordCodec.proto.encodeCustomer(customer)
        let facts = RecordCodec.proto.encodeFacts(customer)
        #expect(try Khach_V1_Customer(serializedBytes: record).serializedBytes() == record)
        #expect(
            try Khach_Store_V1_CustomerFacts(serializedBytes: facts).serializedBytes() == facts
        )
        let back = RecordCodec.proto.decodeCustomer(record, facts, customer.businessID)
        #expect(back == customer)
    }

    private static func point(
        _ kind: ContactFinding.Kind,
        _ value: String,
        _ position: Int32
    ) -> ContactPoint {
        ContactPoint(
            key: ContactPoint.Key(kind: kind, value: value),
            firstSeenAt: Instant(milliseconds: -1),
            lastSeenAt: Instant(milliseconds: 1_750_000_000_001),
            position: position
        )
    }

    private static func entry(_ text: String) -> HandEntry {
        HandEntry(
            text: text,
            updatedBy: "agent",
            updatedAt: Instant(milliseconds: 1),
            editRevision: .max
        )
    }
}
