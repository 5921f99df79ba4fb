/// Names a cache, and so the order of what was changed on it: 16 random bytes (sync.md §3).
package struct ClientID: Hashable, Sendable {
    package static let bytesCount = 16

    package let bytes: [UInt8]

    /// `nil` when there are not so many bytes.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.bytesCount else { return nil }

        self.bytes = bytes
    }
}

/// An edit that was made on a cache, perhaps without a network (sync.md §1 G).
package struct ClientMutation: Hashable, Sendable {
    package enum Change: Hashable, Sendable {
        case edit(CustomerID, CustomerEdit)
        case block(BlockItem)
        /// What was asked cannot be, whatever the customer is.
        case refused(MutationOutcome.Refusal)
    }

    /// Dense for each client, from 1.
    package var id: UInt64
    package var actor: String
    package var change: Change
    /// The change is the normal form of what was asked, and not that itself.
    package var isNormalised: Bool
    /// Of what was sent: the same id with another one is another client's (sync.md B6, G14).
    package var fingerprint: [UInt8]

    package init(
        id: UInt64,
        actor: String,
        change: Change,
        isNormalised: Bool = false,
        fingerprint: [UInt8]
    ) {
        self.id = id
        self.actor = actor
        self.change = change
        self.isNormalised = isNormalised
        self.fingerprint = fingerprint
    }
}

/// What became of a mutation; the same for ever.
package struct MutationOutcome: Hashable, Sendable {
    package enum Result: Hashable, Sendable {
        case applied
        /// Done, but not as it was asked: of the customer that took over, in a normal form, or
        /// nothing to do because it was so already.
        case modified
        case rejected(Refusal)
        /// Somebody saved the field since; `stored` stays.
        case superseded(HandSave.Field, stored: HandEntry?)
    }

    package enum Refusal: Hashable, Sendable {
        case unknownCustomer
        case unknownContact
        /// Its caller may not do such a thing (sync.md D2).
        case forbidden
        case tooManyMarks
        case block(BlockRules.Refusal)
        case input(field: String, message: String)
        /// It had no change: its client took it back before it was sent.
        case discarded
    }

    package var mutation: UInt64
    package var result: Result
    /// The customer that was changed, when it is not the one that was asked for.
    package var customer: CustomerID?
    /// Of the customer; 0 when there is none.
    package var seq: CommitSequence

    package init(
        mutation: UInt64,
        result: Result,
        customer: CustomerID? = nil,
        seq: CommitSequence = 0
    ) {
        self.mutation = mutation
        self.result = result
        self.customer = customer
        self.seq = seq
    }

    /// Whether it holds what somebody entered by hand.
    package var holdsValue: Bool {
        if case .superseded = self.result { true } else { false }
    }
}

/// What a client sends of its outbox.
package struct MutationBatch: Hashable, Sendable {
    package var businessID: BusinessID
    package var client: ClientID
    package var mutations: [ClientMutation]
    /// The client needs no outcome up to this id.
    package var acknowledged: UInt64

    package init(
        businessID: BusinessID,
        client: ClientID,
        mutations: [ClientMutation],
        acknowledged: UInt64
    ) {
        self.businessID = businessID
        self.client = client
        self.mutations = mutations
        self.acknowledged = acknowledged
    }
}

package enum PushAnswer: Hashable, Sendable {
    /// Of the first mutations of the batch: all, or those before one that could not be taken. Each
    /// outcome as `RecordCodec.encodeOutcome` wrote it.
    case done(outcomes: [[UInt8]], last: UInt64, durable: UInt64)
    /// The first mutation is not the next one (sync.md G3).
    case gap(expected: UInt64)
    /// The first mutation's id was another's before (sync.md B6, G14).
    case forked(mutation: UInt64)
}

/// The outboxes of caches: each mutation has one effect, in its client's order (sync.md G, N3).
package protocol ClientMutations: Sendable {
    /// Applies what is new of a batch, with its outcomes, in one transaction; what was applied
    /// before has the outcome that it had. Throws `notFound` when the business does not exist.
    func push(_ batch: MutationBatch, now: Instant) async throws(StoreError) -> PushAnswer
}

/// How far a client's mutations have come on the server.
package struct ClientProgress: Hashable, Sendable {
    /// The last mutation that was applied.
    package var last: UInt64
    /// Up to here a backup has it all.
    package var durable: UInt64
    /// When `last` was written.
    package var at: Instant

    /// Of a client that was never heard of.
    package static let new = ClientProgress(last: 0, durable: 0, at: Instant(milliseconds: 0))

    package init(last: UInt64, durable: UInt64, at: Instant) {
        self.last = last
        self.durable = durable
        self.at = at
    }

    /// What is done with a mutation of a batch.
    package enum Step: Hashable, Sendable {
        /// It was applied before: find its outcome.
        case recall
        case apply
        case gap(expected: UInt64)
    }

    package func step(_ id: UInt64) -> Step {
        if id <= self.last { return .recall }
        return id == self.last + 1 ? .apply : .gap(expected: self.last + 1)
    }

    /// Joins what a batch says of its client, before any of its mutations.
    ///
    /// Nobody will ask for mutations up to `acknowledged`, so the first of the batch may follow
    /// that one: also on a server that was restored, or never heard of the client (G13, N3).
    package mutating func begin(_ batch: MutationBatch, lastBackup: Instant?) {
        if let lastBackup, self.at <= lastBackup { self.durable = self.last }
        guard let first = batch.mutations.first?.id else { return }

        if first > self.last + 1, first - 1 <= batch.acknowledged { self.last = first - 1 }
    }
}

extension ClientMutation {
    /// Who is written in the audit: the actor, and the mutation as the name of the request.
    package func author(of client: ClientID) -> Authorship {
        let digits = Array("0123456789abcdef")
        let hex = client.bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return Authorship(actor: self.actor, requestID: "\(String(hex))/\(self.id)")
    }
}

extension MutationOutcome.Result {
    package init(_ refusal: EditRefusal) {
        switch refusal {
        case .conflict(let field, let stored): self = .superseded(field, stored: stored)
        case .unknownContact: self = .rejected(.unknownContact)
        case .tooManyMarks: self = .rejected(.tooManyMarks)
        }
    }

    package init(_ answer: BlockAnswer) {
        switch answer.result {
        case .done, .pending: self = .applied
        case .noChange: self = .modified
        case .failed: self = .rejected(answer.refusal.map { .block($0) } ?? .unknownCustomer)
        }
    }
}

extension EditRules {
    /// Tries an edit that was made without the latest state: saving what is saved already is no
    /// conflict, whoever did it.
    package static func applyLate(
        _ edit: CustomerEdit,
        to customer: inout Customer,
        by actor: String,
        now: Instant
    ) -> (result: MutationOutcome.Result, changes: [AuditChange]) {
        var edit = edit
        if case .save(let saves) = edit {
            edit = .save(
                saves.filter { save in
                    !save.text.utf8.elementsEqual((customer[save.field]?.text ?? "").utf8)
                }
            )
        }
        do throws(EditRefusal) {
            let changes = try self.apply(edit, to: &customer, by: actor, now: now)
            return (changes.isEmpty ? .modified : .applied, changes)
        } catch {
            return (
                MutationOutcome.Result(error), self.superseded(edit, error, customer: customer.id)
            )
        }
    }

    /// What lost is in the audit, beside what stayed (domain.md §4.11).
    private static func superseded(
        _ edit: CustomerEdit,
        _ refusal: EditRefusal,
        customer: CustomerID
    ) -> [AuditChange] {
        guard case .conflict(let field, let stored) = refusal, case .save(let saves) = edit,
            let save = saves.first(where: { $0.field == field })
        else { return [] }

        return [
            AuditChange(
                "customer.\(field.text).superseded",
                customer: customer,
                field: field.text,
                before: stored?.text ?? "",
                after: save.text,
                reason: "EDIT_CONFLICT"
            )
        ]
    }
}
