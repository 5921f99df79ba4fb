internal import CKhachSim
internal import FoundationEssentials
internal import KhachCore
internal import KhachProto
internal import KhachTestKit
internal import SwiftProtobuf
internal import TTRPC

/// Calls on their way, and the bugs that are planted there.
struct SimulatedNetwork {
    typealias Held = (reply: SimulatedServer.Reply, method: String)

    private let server: SimulatedServer
    private let bug: PlantedBug?
    /// Requests whose senders have given up.
    var late: [(method: String, request: [UInt8])] = []
    /// Whether calls are printed.
    var isTraced = false
    /// The most mutations that a client has sent at once, by its name.
    private(set) var batches: [[UInt8]: Int] = [:]
    /// Mutations that were sent.
    private var sent: Set<String> = []

    init(_ server: SimulatedServer, _ bug: PlantedBug?) {
        self.server = server
        self.bug = bug
    }

    /// A call that goes well.
    mutating func pass(
        _ method: String,
        _ request: [UInt8],
        _ client: SimulatedClient,
        now: Int64
    ) async {
        let reply = await self.reply(method, request, client)
        self.deliver(reply, to: client, now: now)
    }

    /// The server gets a request, and answers.
    mutating func reply(
        _ method: String,
        _ request: [UInt8],
        _ client: SimulatedClient
    ) async -> Held {
        let request = self.noted(method, request)
        var reply = await self.call(method, request)
        if method == "PushMutations" { await self.doAgain(request) }
        if self.bug == .ackBeforeCommit, method == "PushMutations", case .done = reply {
            reply = await self.forgetful(request)
        }
        return (self.changed(method, reply, client), method)
    }

    mutating func deliverLate(_ seed: inout Seed) async throws {
        guard !self.late.isEmpty else { return }

        let index = seed.number(0...(self.late.count - 1))
        let (method, sent) = self.late.remove(at: index)
        let request = self.noted(method, sent)
        _ = await self.call(method, request)
        if method == "PushMutations" { await self.doAgain(request) }
    }

    private func call(_ method: String, _ request: [UInt8]) async -> SimulatedServer.Reply {
        await self.server.call(SimulatedClient.frame(method, request)[...])
            ?? .refused(Status(.internal, "a whole frame expected"))
    }

    /// The connection is lost behind some byte of the request: the server does nothing.
    func cutRequest(
        _ method: String,
        _ request: [UInt8],
        _ client: SimulatedClient,
        _ seed: inout Seed,
        now: Int64
    ) async throws {
        let frame = SimulatedClient.frame(method, request)
        let came = seed.number(0...(frame.count - 1))
        guard await self.server.call(frame[..<came]) == nil else {
            throw Violation(.oneEffect, "\(came) of \(frame.count) bytes were taken for a call")
        }
        self.lose(client, method, now: now)
    }

    /// The connection is lost behind some byte of the reply.
    mutating func cutReply(
        _ method: String,
        _ request: [UInt8],
        _ client: SimulatedClient,
        _ seed: inout Seed,
        now: Int64
    ) async {
        let frame = await self.reply(method, request, client).reply.frame
        let came = seed.number(0...(frame.count - 1))
        if self.isTraced { print("  \(client.name) gets \(came) of \(frame.count) bytes") }
        self.lose(client, method, came: frame[..<came], now: now)
    }

    func deliver(_ held: Held, to client: SimulatedClient, now: Int64) {
        if self.isTraced { print("  \(client.name) gets \(held.method): \(Self.words(held))") }
        defer { if self.isTraced { print("  \(client.name) is at \(client.state.words)") } }
        if held.reply.reason == "GENERATION_CHANGED", self.bug == .resetInsteadOfRepair,
            held.method == "PullChanges"
        {
            client.restart()
            return
        }
        if case .done(let bytes) = held.reply, self.bug == .watermarkFirst,
            held.method == "PullChanges", client.state.seq % 3 == 0
        {
            client.receive(SimulatedServer.Reply.done(self.emptied(bytes)).frame[...], now: now)
        } else {
            client.receive(held.reply.frame[...], now: now)
        }
        if self.bug == .hiddenEdit, held.method == "PushMutations" {
            client.run(
                "UPDATE base_customers SET record = (SELECT record FROM overlays o"
                    + " WHERE o.id = base_customers.id) WHERE id IN (SELECT id FROM overlays)"
            )
        }
    }

    private static func words(_ held: Held) -> String {
        switch held.reply {
        case .refused: held.reply.reason ?? ""
        case .done(let bytes):
            switch held.method {
            case "PullChanges":
                (try? Khach_V1_PullChangesResponse(serializedBytes: bytes).jsonString()) ?? ""
            case "PushMutations":
                (try? Khach_V1_PushMutationsResponse(serializedBytes: bytes).jsonString()) ?? ""
            default: "\(bytes.count) bytes"
            }
        }
    }

    /// The connection is lost, and with it all but these bytes of the answer.
    func lose(
        _ client: SimulatedClient,
        _ method: String,
        came: ArraySlice<UInt8> = [],
        now: Int64
    ) {
        if self.bug == .lostOutbox, method == "PushMutations" {
            client.run("DELETE FROM outbox WHERE state = 2")
        }
        client.receive(came, now: now)
    }

    /// A request as the server gets it.
    private mutating func noted(_ method: String, _ request: [UInt8]) -> [UInt8] {
        guard method == "PushMutations",
            var push = try? Khach_V1_PushMutationsRequest(serializedBytes: request)
        else { return request }

        let name = [UInt8](push.clientID)
        self.batches[name] = max(self.batches[name] ?? 0, push.mutations.count)
        guard self.bug == .keptOutcomes else { return request }

        push.acknowledgedID = 0
        return (try? push.serializedBytes()) ?? request
    }

    // MARK: Planted bugs

    /// Does what was sent before once more, whatever has happened since.
    private mutating func doAgain(_ request: [UInt8]) async {
        guard self.bug == .doubleApply,
            let push = try? Khach_V1_PushMutationsRequest(serializedBytes: request)
        else { return }

        for mutation in push.mutations {
            let name = "\(push.clientID.base64EncodedString())/\(mutation.mutationID)"
            guard !self.sent.insert(name).inserted, !mutation.address.text.isEmpty,
                let id = CustomerID(text: mutation.customerID), let row = self.server.rows[id]
            else { continue }

            let save = HandSave(
                field: .address,
                text: mutation.address.text,
                editRevision: Simulation.address(of: row.record)?.editRevision ?? 0
            )
            _ = try? await self.server.store.edit(
                id,
                .save([save]),
                by: SimulatedServer.author,
                now: self.server.now
            )
            self.server.note()
        }
    }

    /// Outcomes without their effect.
    private func forgetful(_ request: [UInt8]) async -> SimulatedServer.Reply {
        guard let push = try? Khach_V1_PushMutationsRequest(serializedBytes: request) else {
            return .refused(Status(.internal, "mutations expected"))
        }
        let reply = Khach_V1_PushMutationsResponse.with {
            $0.outcomes = push.mutations.map { mutation in
                .with {
                    $0.mutationID = mutation.mutationID
                    $0.result = .applied
                    $0.seq = self.server.head
                }
            }
            $0.lastMutationID = push.mutations.last?.mutationID ?? 0
            $0.generation = .init(self.server.generation)
        }
        return .done((try? reply.serializedBytes()) ?? [])
    }

    private func changed(
        _ method: String,
        _ reply: SimulatedServer.Reply,
        _ client: SimulatedClient
    ) -> SimulatedServer.Reply {
        guard let bug, case .done(let bytes) = reply else { return reply }

        if method == "PushMutations", bug == .durableTooEarly,
            var push = try? Khach_V1_PushMutationsResponse(serializedBytes: bytes)
        {
            push.durableMutationID = push.lastMutationID
            return .done((try? push.serializedBytes()) ?? bytes)
        }
        guard method == "PullChanges",
            var page = try? Khach_V1_PullChangesResponse(serializedBytes: bytes)
        else { return reply }

        switch bug {
        case .skippedSeq:
            if page.changes.count > 1 { page.changes.remove(at: 0) }
        case .headToken:
            if page.hasMore_p, page.phase == .delta {
                page.seq = page.headSeq
                page.changes.removeLast()
            }
        case .falseEnd: page.hasMore_p = false
        case .staleRow:
            for index in page.changes.indices where page.changes[index].customer.hasAddress {
                page.changes[index].customer.clearAddress()
            }
        case .droppedTombstone: page.changes.removeAll { $0.tombstone.customerID != "" }
        case .foreignRow:
            if let index = page.changes.firstIndex(where: { !$0.customer.id.isEmpty }) {
                page.changes[index].customer.id = "c0000000000077"
            }
        case .keptErased:
            page.changes.removeAll { $0.tombstone.reason == .erased }
        case .busyLoop: page.hasMore_p = true
        default: return reply
        }
        return .done((try? page.serializedBytes()) ?? bytes)
    }

    /// A page without its changes: the cursor alone is kept.
    private func emptied(_ bytes: [UInt8]) -> [UInt8] {
        guard var page = try? Khach_V1_PullChangesResponse(serializedBytes: bytes) else {
            return bytes
        }
        page.changes.removeAll { !$0.customer.id.isEmpty }
        return (try? page.serializedBytes()) ?? bytes
    }
}
