internal import KhachCore
internal import KhachService

extension StoreConformance {
    static let contactClaims: [Claim] = [
        Claim(description: "S6, S7 what a message and a comment hold is the customer's, best first")
        {
            store in
            let world = try await World(in: store)
            var comment = world.message("k2", from: "a", at: 2, text: "0912345603, 0912345602")
            comment.kind = .comment
            let outcomes = try await store.record(
                [
                    world.message("k1", from: "a", at: 1, text: "0912345601 a@example.vn"),
                    world.message("k3", from: "b", at: 1, text: "alo"), comment,
                ],
                now: now
            )
            let a = try await contacts(store, outcomes[0])
            try requireEqual(a.phones, ["+84912345603", "+84912345602", "+84912345601"])
            try requireEqual(a.emails, ["a@example.vn"])
            try requireEqual(try await contacts(store, outcomes[1]).phones, [])
            _ = try await store.record(
                [world.message("k4", from: "a", at: 3, text: "sđt +84 912 345 601")],
                now: now
            )
            try requireEqual(
                try await contacts(store, outcomes[0]).phones,
                ["+84912345601", "+84912345603", "+84912345602"]
            )
        },
        Claim(description: "P11 what a page writes is not looked at") { store in
            let world = try await World(in: store)
            var answer = world.message("k", from: "a", text: "0912345601 a@example.vn")
            answer.direction = .outbound
            let outcomes = try await store.record([answer], now: now)
            let found = try await contacts(store, outcomes[0])
            try requireEqual(found.phones + found.emails, [])
        },
        Claim(description: "N6 an edit replaces, a removal takes what it alone supported") {
            store in
            let world = try await World(in: store)
            let (one, two, three) = ("0912345601", "0912345602", "0912345603")
            let shared = world.message("k1", from: "a", at: 1, text: "\(one) / \(two)")
            let other = world.message("k2", from: "a", at: 2, text: one)
            var edit = world.message("k1", from: "a", at: 3, text: three, revision: 1)
            edit.operation = .edit
            var removal = world.message("k2", from: "a", at: 4, revision: 1)
            removal.operation = .remove
            let steps: [(Interaction, [String])] = [
                (shared, [one, two]), (other, [one, two]), (edit, [three, one]),
                // Late: the text of a lower revision says nothing any more.
                (shared, [three, one]), (removal, [three]), (other, [three]),
            ]
            for (step, expected) in steps {
                let outcomes = try await store.record([step], now: now)
                let found = try await contacts(store, outcomes[0])
                try requireEqual(found.phones, expected.map { "+84" + $0.dropFirst() })
            }
        },
        Claim(description: "I3 what came without an author is the author's who is named later") {
            store in
            let world = try await World(in: store)
            var edit = world.message("k", from: nil, text: "0912345602", revision: 1)
            edit.operation = .edit
            _ = try await store.record(
                [world.message("k", from: nil, text: "0912345601"), edit],
                now: now
            )
            let outcomes = try await store.record(
                [world.message("k", from: "a", text: "0912345601")],
                now: now
            )
            try requireEqual(try await contacts(store, outcomes[0]).phones, ["+84912345602"])
        },
        Claim(description: "§4.6 the best 16 are shown, and one that goes gives room to the next") {
            store in
            let world = try await World(in: store)
            let messages = (0..<20).map { index in
                let text = "sđt 0\(912_000_100 + index)"
                return world.message("k\(index)", from: "a", at: Int64(index), text: text)
            }
            let all = (0..<20).reversed().map { "+84\(912_000_100 + $0)" }
            let outcomes = try await store.record(messages, now: now)
            try requireEqual(
                try await contacts(store, outcomes[0]).phones,
                Array(all.prefix(Limits.contactPointsMax))
            )
            var removal = world.message("k19", from: "a", revision: 1)
            removal.operation = .remove
            _ = try await store.record([removal], now: now)
            try requireEqual(
                try await contacts(store, outcomes[0]).phones,
                Array(all.dropFirst().prefix(Limits.contactPointsMax))
            )
        },
    ]

    private static func contacts(
        _ store: any CustomerStore,
        _ outcome: InteractionOutcome
    ) async throws -> (phones: [String], emails: [String]) {
        let id = outcome.customerID ?? CustomerID(rawValue: 0)
        let record = try await store.customer(id)?.record ?? []
        func values(_ field: Int) -> [String] {
            RecordBytes.values(of: field, record).map { point in
                String(decoding: RecordBytes.values(of: 1, point).first ?? [], as: UTF8.self)
            }
        }
        return (values(13), values(14))
    }
}
