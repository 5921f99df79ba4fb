internal import KhachCore
internal import KhachService

extension StoreConformance {
    static let outboxClaims: [Claim] = [
        Claim(description: "G1 a mutation that is sent again has the same outcome, and no effect") {
            store in
            var outbox = try await Outbox(store)
            let mutations = [outbox.address("1 Hàng Bạc", against: 0), outbox.block()]
            let first = try await outbox.outcomes(of: mutations)
            let head = try await outbox.head()
            try requireEqual(try await outbox.outcomes(of: mutations), first)
            try requireEqual(try await outbox.head(), head)
            try requireEqual(first.count, 2)
        },
        Claim(description: "G2 a batch that overlaps another applies what is new") { store in
            var outbox = try await Outbox(store)
            let all = (1...5).map { outbox.address("\($0)", against: UInt64($0 - 1)) }
            let first = try await outbox.outcomes(of: all[..<3])
            let second = try await outbox.outcomes(of: all[1...])
            try requireEqual(Array(second.prefix(2)), Array(first.suffix(2)))
            try requireEqual(try await outbox.addresses(), ["5"])
        },
        Claim(description: "G3 a gap is refused with what was expected; what is before it counts") {
            store in
            var outbox = try await Outbox(store)
            let all = (1...4).map { outbox.address("\($0)", against: UInt64($0 - 1)) }
            let some = [all[0], all[1], all[3]]
            guard case .done(let outcomes, 2, _) = try await outbox.push(some) else {
                throw Broken(description: "two outcomes expected")
            }
            try requireEqual(outcomes.count, 2)
            try requireEqual(try await outbox.push([all[3]]), .gap(expected: 3))
            try requireEqual(try await outbox.outcomes(of: all[2...]).count, 2)
        },
        Claim(description: "B6, G14 an id with another content is another client's") { store in
            var outbox = try await Outbox(store)
            let mine = outbox.address("mine", against: 0)
            var other = mine
            other.fingerprint = [9]
            _ = try await outbox.outcomes(of: [mine])
            try requireEqual(try await outbox.push([other]), .forked(mutation: 1))
            // Whose outcome was forgotten cannot be told from another: it is not applied again.
            let next = outbox.address("next", against: 1)
            _ = try await outbox.push([next], acknowledged: 1)
            try requireEqual(try await outbox.push([mine]), .forked(mutation: 1))
            try requireEqual(try await outbox.addresses(), ["next"])
        },
        Claim(description: "G13 a client that was forgotten goes on after what it acknowledged") {
            store in
            let outbox = try await Outbox(store)
            var late = outbox
            late.last = 41
            let mutation = late.address("late", against: 0)
            try requireEqual(try await outbox.push([mutation]), .gap(expected: 1))
            guard case .done(_, 42, _) = try await outbox.push([mutation], acknowledged: 41) else {
                throw Broken(description: "42 expected as the last mutation")
            }
            try requireEqual(try await outbox.addresses(), ["late"])
        },
        Claim(description: "G9 a save against an older edit is superseded, and is in the audit") {
            store in
            var outbox = try await Outbox(store)
            _ = try await store.edit(
                outbox.customer,
                .save([HandSave(field: .address, text: "theirs", editRevision: 0)]),
                by: author,
                now: now
            )
            let head = try await outbox.head()
            let lost = outbox.address("mine", against: 0)
            let same = outbox.address("theirs", against: 0)
            let expected = [
                MutationOutcome(
                    mutation: 1,
                    result: .superseded(
                        .address,
                        stored: HandEntry(
                            text: "theirs",
                            updatedBy: "an",
                            updatedAt: now,
                            editRevision: 1
                        )
                    ),
                    seq: head
                ),
                MutationOutcome(mutation: 2, result: .modified, seq: head),
            ]
            let outcomes = try await outbox.outcomes(of: [lost, same])
            try requireEqual(outcomes, expected.map(outbox.codec.encodeOutcome))
            let entries = try await store.auditEntries(
                of: outbox.business,
                customer: outbox.customer,
                before: nil,
                rowsMax: 1
            )
            try requireEqual(entries.map(\.change.action), ["customer.address.superseded"])
            try requireEqual(entries.map(\.change.after), ["mine"])
        },
        Claim(description: "G4 what can never be done is rejected, and holds up nothing") { store in
            var outbox = try await Outbox(store)
            let stranger = CustomerID(rawValue: 1)
            let seq = try await store.customer(outbox.customer)?.seq ?? 0
            let refusal = MutationOutcome.Refusal.input(field: "value", message: "a phone expected")
            let outcomes = try await outbox.outcomes(of: [
                outbox.mutation(.refused(refusal)), outbox.mutation(.refused(.discarded)),
                outbox.mutation(.block(BlockItem(id: stranger, action: .block, reason: ""))),
                outbox.mutation(.edit(outbox.customer, .rejectContact(outbox.phone))),
                outbox.address("kept", against: 0),
            ])
            let head = try await outbox.head()
            let expected = [
                MutationOutcome(mutation: 1, result: .rejected(refusal)),
                MutationOutcome(mutation: 2, result: .rejected(.discarded)),
                MutationOutcome(mutation: 3, result: .rejected(.unknownCustomer)),
                MutationOutcome(mutation: 4, result: .rejected(.unknownContact), seq: seq),
                MutationOutcome(mutation: 5, result: .applied, seq: head),
            ]
            try requireEqual(outcomes, expected.map(outbox.codec.encodeOutcome))
        },
        Claim(
            description:
                "C6 what was changed of a customer that was linked is of the one that stayed"
        ) { store in
            var outbox = try await Outbox(store)
            let target = LinkTarget.customer(outbox.other)
            guard
                case .linked(_, let gone) = try await store.link(
                    outbox.customer,
                    with: target,
                    by: author,
                    now: now
                )
            else { throw Broken(description: "a link expected") }
            outbox.customer = gone ?? outbox.customer
            let outcomes = try await outbox.outcomes(of: [outbox.address("new", against: 0)])
            let stayed = [outbox.other, outbox.first].first { $0 != outbox.customer }
            let expected = MutationOutcome(
                mutation: 1,
                result: .modified,
                customer: stayed,
                seq: try await outbox.head()
            )
            try requireEqual(outcomes, [outbox.codec.encodeOutcome(expected)])
        },
        Claim(description: "C7 an erasure takes what outcomes hold of the customer") { store in
            var outbox = try await Outbox(store)
            let save = HandSave(field: .address, text: "theirs", editRevision: 0)
            _ = try await store.edit(outbox.customer, .save([save]), by: author, now: now)
            let lost = outbox.address("mine", against: 0)
            _ = try await outbox.outcomes(of: [lost])
            _ = try await store.erase(outbox.customer, by: author, now: now)
            let erased = MutationOutcome(mutation: 1, result: .rejected(.unknownCustomer))
            try requireEqual(
                try await outbox.outcomes(of: [lost]),
                [outbox.codec.encodeOutcome(erased)]
            )
        },
        Claim(description: "a client is of one business: another's customers are not found") {
            store in
            var outbox = try await Outbox(store)
            let mutation = outbox.address("x", against: 0)
            var batch = outbox.batch([mutation])
            batch.businessID = outbox.otherBusiness
            let missing = MutationOutcome(mutation: 1, result: .rejected(.unknownCustomer))
            try requireEqual(
                try await store.push(batch, now: now),
                .done(outcomes: [outbox.codec.encodeOutcome(missing)], last: 1, durable: 0)
            )
            batch.businessID = BusinessID(rawValue: 1)
            do throws(StoreError) {
                _ = try await store.push(batch, now: now)
                throw StoreError(.invalid, "a refusal expected")
            } catch {
                try requireEqual(error.code, .notFound)
            }
        },
    ]

    /// A cache of the first business, and two customers of one page that it knows.
    private struct Outbox {
        let store: any CustomerStore
        let codec: RecordCodec
        let business: BusinessID
        let otherBusiness: BusinessID
        let first: CustomerID
        var customer: CustomerID
        let other: CustomerID
        let phone = ContactPoint.Key(kind: .phone, value: "+84912345678")
        var last: UInt64 = 0

        init(_ store: any CustomerStore) async throws {
            let world = try await World(in: store)
            let recorded = try await store.record(
                [world.message("a", from: "u1"), world.message("b", from: "u2")],
                now: now
            )
            let ids = recorded.compactMap(\.customerID)
            self.store = store
            self.codec = .proto
            self.business = world.businesses[0].id
            self.otherBusiness = world.businesses[1].id
            (self.first, self.customer, self.other) = (ids[0], ids[0], ids[1])
        }

        mutating func mutation(_ change: ClientMutation.Change) -> ClientMutation {
            self.last += 1
            return ClientMutation(
                id: self.last,
                actor: "lan",
                change: change,
                fingerprint: [UInt8(self.last)]
            )
        }

        mutating func address(_ text: String, against revision: UInt64) -> ClientMutation {
            let save = HandSave(field: .address, text: text, editRevision: revision)
            return self.mutation(.edit(self.customer, .save([save])))
        }

        mutating func block() -> ClientMutation {
            self.mutation(.block(BlockItem(id: self.customer, action: .block, reason: "spam")))
        }

        func batch(_ mutations: [ClientMutation], acknowledged: UInt64 = 0) -> MutationBatch {
            MutationBatch(
                businessID: self.business,
                client: ClientID(Array(repeating: 7, count: ClientID.bytesCount))!,
                mutations: mutations,
                acknowledged: acknowledged
            )
        }

        func push(
            _ mutations: [ClientMutation],
            acknowledged: UInt64 = 0
        ) async throws -> PushAnswer {
            try await self.store.push(
                self.batch(mutations, acknowledged: acknowledged),
                now: now
            )
        }

        func outcomes(of mutations: some Collection<ClientMutation>) async throws -> [[UInt8]] {
            guard case .done(let outcomes, _, _) = try await self.push(Array(mutations)) else {
                throw Broken(description: "outcomes expected")
            }
            return outcomes
        }

        func head() async throws -> CommitSequence {
            try await self.store.digests(of: self.business, pages: nil, deadline: nil).head
        }

        /// What the audit says was saved last as an address.
        func addresses() async throws -> [String] {
            try await self.store.auditEntries(
                of: self.business,
                customer: self.customer,
                before: nil,
                rowsMax: 1
            ).map(\.change.after)
        }
    }
}
