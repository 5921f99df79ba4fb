internal import KhachCore
internal import Testing

@Suite("Recording")
struct RecordingTests {
    typealias Result = InteractionOutcome.Result

    static let epoch: Int64 = 1_750_000_000_000
    static let page = Page(
        id: PageID(rawValue: 2),
        businessID: BusinessID(rawValue: 1),
        key: PageKey(channel: .facebook, externalPageID: "page"),
        name: "",
        createdAt: Instant(milliseconds: 0)
    )
    static let now = Instant(milliseconds: epoch + 1_000_000)

    /// A delivery in few words; times are milliseconds after `epoch`.
    static func delivery(
        _ operation: Interaction.Operation = .create,
        from user: String? = "user",
        at milliseconds: Int64 = 0,
        revision: UInt64 = 0,
        direction: Interaction.Direction = .inbound,
        text: String = "",
        name: String? = nil
    ) -> Interaction {
        Interaction(
            page: page.key,
            eventKey: "m",
            externalUserID: user,
            direction: direction,
            kind: .message,
            occurredAt: Instant(milliseconds: epoch + milliseconds),
            text: text,
            nameHints: name.map {
                [
                    Interaction.NameHint(
                        source: .event,
                        name: CustomerName(text: $0, folded: $0.lowercased())
                    )
                ]
            } ?? [],
            operation: operation,
            revision: revision
        )
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// All of one event.
        var deliveries: [Interaction]
        var results: [Result]
        /// Created, first inbound, last inbound, last outbound; `nil` means no customer.
        var times: [Int64?]?
        var state: InteractionRegister.State
        var text = ""
        var name: String?
    }

    static let cases: [Case] = [
        Case(
            testDescription: "N4 an inbound message makes a customer",
            deliveries: [delivery(at: 5, text: "hi", name: "An")],
            results: [.createdCustomer],
            times: [5, 5, 5, nil],
            state: .live,
            text: "hi",
            name: "An"
        ),
        Case(
            testDescription: "N4 an outbound message makes a customer who never wrote",
            deliveries: [delivery(at: 5, direction: .outbound)],
            results: [.createdCustomer],
            times: [5, nil, nil, 5],
            state: .live
        ),
        Case(
            testDescription: "N1 a repetition is a duplicate and changes nothing",
            deliveries: [delivery(at: 5, text: "a"), delivery(at: 1, text: "b", name: "B")],
            results: [.createdCustomer, .duplicate],
            times: [5, 5, 5, nil],
            state: .live,
            text: "a"
        ),
        Case(
            testDescription: "N2 an edit gives text, and joins its time and name",
            deliveries: [
                delivery(at: 5, text: "a", name: "A"),
                delivery(.edit, at: 9, revision: 1, text: "b", name: "B"),
            ],
            results: [.createdCustomer, .applied],
            times: [5, 5, 9, nil],
            state: .edited,
            text: "b",
            name: "B"
        ),
        Case(
            testDescription: "N2 a stale creation joins its time and name, not its text",
            deliveries: [
                delivery(.edit, at: 9, revision: 1, text: "b"),
                delivery(at: 5, text: "a", name: "A"),
            ],
            results: [.createdCustomer, .staleRevision],
            times: [5, 5, 9, nil],
            state: .edited,
            text: "b",
            name: "A"
        ),
        Case(
            testDescription: "N6 a removal keeps created_at and drops the text",
            deliveries: [
                delivery(at: 5, text: "a", name: "A"),
                delivery(.remove, at: 99, revision: 1, text: "x", name: "X"),
            ],
            results: [.createdCustomer, .applied],
            times: [5, 5, 5, nil],
            state: .removed,
            name: "A"
        ),
        Case(
            testDescription: "N6 a removal before its creation makes no customer; that does",
            deliveries: [
                delivery(.remove, at: 1, revision: 1), delivery(at: 5, text: "a", name: "A"),
            ],
            results: [.applied, .createdCustomer],
            times: [5, 5, 5, nil],
            state: .removed,
            name: "A"
        ),
        Case(
            testDescription: "N6 a removal alone is remembered without a customer",
            deliveries: [delivery(.remove, from: nil)],
            results: [.unattributed],
            times: nil,
            state: .removed
        ),
        Case(
            testDescription: "N6 what describes a removal gives way to the creation",
            deliveries: [
                delivery(.remove, at: 1, revision: 1),
                delivery(at: 5, direction: .outbound),
            ],
            results: [.applied, .createdCustomer],
            times: [5, nil, nil, 5],
            state: .removed
        ),
        Case(
            testDescription: "N6 a higher edit brings a removed text back",
            deliveries: [
                delivery(at: 5), delivery(.remove, at: 6, revision: 1),
                delivery(.edit, at: 7, revision: 2, text: "c"),
            ],
            results: [.createdCustomer, .applied, .applied],
            times: [5, 5, 7, nil],
            state: .edited,
            text: "c"
        ),
        Case(
            testDescription: "I3 without an author it is kept without a customer",
            deliveries: [delivery(from: nil, text: "a"), delivery(from: "", text: "a")],
            results: [.unattributed, .duplicate],
            times: nil,
            state: .live,
            text: "a"
        ),
        Case(
            testDescription: "I3 a later author gets its times and names",
            deliveries: [
                delivery(from: nil, at: 5, text: "a", name: "A"),
                delivery(from: nil, at: 9, revision: 1, text: "b"),
                delivery(from: "user", at: 9, revision: 1, text: "b"),
            ],
            results: [.unattributed, .unattributed, .createdCustomer],
            times: [5, 5, 9, nil],
            state: .live,
            text: "b",
            name: "A"
        ),
        Case(
            testDescription: "I3 a stale author is an author",
            deliveries: [
                delivery(.edit, from: nil, at: 9, revision: 1, text: "b"),
                delivery(at: 5, text: "a"),
            ],
            results: [.unattributed, .createdCustomer],
            times: [5, 5, 9, nil],
            state: .edited,
            text: "b"
        ),
        Case(
            testDescription: "I3 a removal attributes nothing",
            deliveries: [delivery(from: nil, at: 5), delivery(.remove, revision: 1)],
            results: [.unattributed, .applied],
            times: nil,
            state: .removed
        ),
        Case(
            testDescription: "I2 the page itself is nobody's customer",
            deliveries: [delivery(from: "page")],
            results: [.unattributed],
            times: nil,
            state: .live
        ),
        Case(
            testDescription: "N5 a clock five minutes ahead is believed",
            deliveries: [delivery(at: 1_300_000)],
            results: [.createdCustomer],
            times: [1_300_000, 1_300_000, 1_300_000, nil],
            state: .live
        ),
        Case(
            testDescription: "N5 a clock further ahead is the server's",
            deliveries: [delivery(at: 1_300_001)],
            results: [.createdCustomer],
            times: [1_000_000, 1_000_000, 1_000_000, nil],
            state: .live
        ),
        Case(
            testDescription: "N5 a clock before 2004-02-04 is the server's",
            deliveries: [delivery(at: Limits.occurredAtMin.milliseconds - epoch - 1)],
            results: [.createdCustomer],
            times: [1_000_000, 1_000_000, 1_000_000, nil],
            state: .live
        ),
        Case(
            testDescription: "N5 the first instant of 2004-02-04 is believed",
            deliveries: [delivery(at: Limits.occurredAtMin.milliseconds - epoch)],
            results: [.createdCustomer],
            times: [Int64?](
                repeating: Limits.occurredAtMin.milliseconds - epoch,
                count: 3
            ) + [nil],
            state: .live
        ),
        Case(
            testDescription: "M4 a placeholder never replaces a name",
            deliveries: [
                delivery(at: 5, name: "An"),
                delivery(.edit, at: 9, revision: 1, name: "Facebook User"),
            ],
            results: [.createdCustomer, .applied],
            times: [5, 5, 9, nil],
            state: .edited,
            name: "An"
        ),
    ]

    @Test(arguments: cases)
    func decide(_ example: Case) throws {
        var register: InteractionRegister?
        var customer: Customer?
        var results: [Result] = []
        for delivery in example.deliveries {
            let decision = Self.decide(delivery, register, customer, now: Self.now)
            register = decision.register
            customer = decision.customer ?? customer
            results.append(decision.outcome.result)
            #expect(decision.outcome.customerID == register?.customerID)
        }
        #expect(results == example.results)
        #expect(register?.state == example.state)
        #expect(register?.text == example.text)
        #expect(customer?.name?.name.text == example.name)
        let times = customer.map {
            [$0.createdAt, $0.firstInboundAt, $0.lastInboundAt, $0.lastOutboundAt]
                .map { $0.map { $0.milliseconds - Self.epoch } }
        }
        #expect(times == example.times)
        #expect((customer == nil) == (register?.customerID == nil))
    }

    @Test("N5 a clock that is not believed is flagged, and its repetitions agree")
    func clamped() {
        let future = Self.delivery(at: 9_000_000)
        let edit = Self.delivery(.edit, at: 1, revision: 1)
        let first = Self.decide(future, nil, nil, now: Self.now)
        #expect(first.outcome.clockClamped)
        let second = Self.decide(edit, first.register, first.customer, now: Self.now)
        #expect(!second.outcome.clockClamped)
        let later = Instant(milliseconds: Self.now.milliseconds + 77)
        let stale = Self.decide(future, second.register, second.customer, now: later)
        #expect(stale.outcome.clockClamped)
        #expect(stale.customer == second.customer)
    }

    @Test("N9 a text is cut between scalars", arguments: [-1, 0, 1, 2, 3])
    func cut(_ excess: Int) {
        let max = Limits.interactionTextBytesMax
        let text = String(repeating: "a", count: max + excess - 2) + "é"
        let kept = Self.decide(Self.delivery(text: text), nil, nil, now: Self.now).register.text
        #expect(kept.utf8.count <= max)
        #expect(text.utf8.starts(with: kept.utf8))
        #expect(kept.utf8.count == (excess <= 0 ? max + excess : excess == 1 ? max - 1 : max))
    }

    @Test("N1 the first server clock and id of a customer stay")
    func firstRecorded() throws {
        let first = Self.decide(Self.delivery(at: 5), nil, nil, now: Self.now)
        var other = Self.delivery(at: 1)
        other.eventKey = "n"
        let later = Instant(milliseconds: Self.now.milliseconds + 5)
        let second = Self.decide(other, nil, first.customer, now: later)
        #expect(second.customer?.firstRecordedAt == Self.now)
        #expect(second.customer?.id == first.customer?.id)
        #expect(second.customer?.createdAt == Instant(milliseconds: Self.epoch + 1))
        #expect(second.register.receivedAt == later)
    }

    static func decide(
        _ delivery: Interaction,
        _ register: InteractionRegister?,
        _ customer: Customer?,
        now: Instant
    ) -> Recording.Decision {
        Recording.decide(
            delivery,
            on: page,
            register: register,
            customer: customer,
            calendar: .utc,
            now: now,
            newID: { CustomerID(rawValue: 7) }
        )
    }
}
