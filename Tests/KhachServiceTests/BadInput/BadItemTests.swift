internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

/// What channels send that is bad: texts are repaired and kept, identifiers are refused by name;
/// the neighbours of an item are recorded in any case (N9, I1).
@Suite("Bad items")
struct BadItemTests {
    private static let interactions = "khach.v1.InteractionService/RecordInteractions"
    private static let profiles = "khach.v1.InteractionService/RecordProfiles"

    /// A text of an interaction, and what becomes of the item when it is bad.
    struct ItemText: Sendable, CustomTestStringConvertible {
        /// `nil`: recorded; else the reason of the refusal.
        typealias Refusal = String

        var field: String
        var notUTF8: Refusal?
        var nul: Refusal?
        var invisible: Refusal?
        var text = "abcdef"
        var change: @Sendable (inout Khach_V1_Interaction, String) -> Void
        var testDescription: String { self.field }

        func refusal(of bad: BadText) -> Refusal? {
            guard bad.isUTF8 else { return self.notUTF8 }

            return bad == .nul ? self.nul : self.invisible
        }
    }

    static let texts: [ItemText] = [
        ItemText(
            field: "external_page_id",
            notUTF8: "INVALID_FIELD",
            nul: "INVALID_FIELD",
            invisible: "UNKNOWN_PAGE",
            text: "p1"
        ) { $0.externalPageID = $1 },
        ItemText(field: "event_key", notUTF8: "INVALID_FIELD", nul: "INVALID_FIELD") {
            $0.eventKey = $1
        },
        ItemText(field: "external_user_id", notUTF8: "INVALID_FIELD", nul: "INVALID_FIELD") {
            $0.externalUserID = $1
        },
        ItemText(field: "conversation_key", notUTF8: "INVALID_FIELD", nul: "INVALID_FIELD") {
            $0.conversationKey = $1
        },
        ItemText(field: "post_id", notUTF8: "INVALID_FIELD", nul: "INVALID_FIELD") {
            $0.postID = $1
        },
        ItemText(field: "text") { $0.text = $1 }, ItemText(field: "name_hint") { $0.nameHint = $1 },
        ItemText(field: "username_hint") { $0.usernameHint = $1 },
        ItemText(field: "phone_hint", nul: "INVALID_FIELD", text: "0912345678") {
            $0.phoneHint = $1
        },
    ]

    @Test("a bad text of an interaction is kept, or refused by its field", arguments: texts)
    func items(_ example: ItemText) async throws {
        for bad in BadText.allCases {
            for atEnd in [false, true] {
                let harness = ServiceHarness()
                _ = try await harness.shop()
                let request = Khach_V1_RecordInteractionsRequest.with {
                    $0.interactions = [
                        .sample("before"),
                        .sample("m") {
                            example.change(&$0, bad.spoiled(example.text, atEnd: atEnd))
                        },
                        .sample("after"),
                    ]
                }
                let reply = try Khach_V1_RecordInteractionsResponse(
                    serializedBytes: try await harness.call(
                        Self.interactions,
                        try bad.payload(request)
                    )
                )
                try #require(reply.outcomes.count == 3)
                #expect(reply.outcomes[0].result == .createdCustomer)
                #expect(reply.outcomes[2].result == .applied)
                let outcome = reply.outcomes[1]
                #expect(
                    (outcome.result == .rejected) == (example.refusal(of: bad) != nil),
                    "\(bad.rawValue): \(outcome.error.message)"
                )
                #expect(outcome.error.reason == example.refusal(of: bad) ?? "", "\(bad.rawValue)")
                guard outcome.result == .rejected else { continue }

                #expect(outcome.error.field == example.field, "\(bad.rawValue)")
                #expect(outcome.error.message.contains("expected"))
            }
        }
    }

    @Test(
        "a repaired text is kept, and its characters are where they are said to be",
        arguments: BadText.allCases,
        StoreKind.allCases
    )
    func keptTexts(_ bad: BadText, _ kind: StoreKind) async throws {
        try await kind.run { harness in
            _ = try await harness.shop()
            let text = "chào shop, sđt 0912345678"
            let request = Khach_V1_RecordInteractionsRequest.with {
                $0.interactions = [.sample("m") { $0.text = bad.spoiled(text, atEnd: false) }]
            }
            let reply = try Khach_V1_RecordInteractionsResponse(
                serializedBytes: try await harness.call(
                    Self.interactions,
                    try bad.payload(request)
                )
            )
            let explained: Khach_V1_ExplainContactPointResponse = try await harness.call(
                "khach.v1.CustomerService/ExplainContactPoint",
                Khach_V1_ExplainContactPointRequest.with {
                    $0.id = reply.outcomes[0].customerID
                    $0.kind = .phone
                    $0.value = "0912345678"
                }
            )
            let observation = try #require(explained.observations.first)
            let kept = "chào shop, s\(bad.repaired)đt 0912345678"
            #expect(Array(observation.text.utf8) == Array(kept.utf8))
            let bytes = Array(observation.text.utf8)
            #expect(
                Array(bytes[Int(observation.byteStart)..<Int(observation.byteEnd)])
                    == Array("0912345678".utf8)
            )
        }
    }

    @Test(
        "a name is shown without what would turn its line around, and is found by its words",
        arguments: BadText.allCases,
        StoreKind.allCases
    )
    func keptNames(_ bad: BadText, _ kind: StoreKind) async throws {
        // Controls and overrides are dropped; a zero-width space is part of how scripts are
        // written, and folding passes over it.
        let shown = bad == .nul || bad == .bidi ? "Lan Anh" : "Lan\(bad.repaired) Anh"
        try await kind.run { harness in
            let shop = try await harness.shop()
            let name = bad.spoiled("Lan Anh", atEnd: false)
            let request = Khach_V1_RecordInteractionsRequest.with {
                $0.interactions = [
                    .sample("m") { $0.nameHint = name },
                    .sample("n") {
                        $0.externalUserID = "u2"
                        $0.usernameHint = name
                    }, .sample("o") { $0.externalUserID = "u3" },
                ]
            }
            let reply = try Khach_V1_RecordInteractionsResponse(
                serializedBytes: try await harness.call(
                    Self.interactions,
                    try bad.payload(request)
                )
            )
            let profiles = Khach_V1_RecordProfilesRequest.with {
                $0.profiles = [
                    .with {
                        $0.channel = .facebook
                        $0.externalPageID = "p1"
                        $0.externalUserID = "u3"
                        $0.observedAt.seconds = 1_780_000_100
                        $0.name = name
                        $0.username = name
                        $0.phone = bad.isUTF8 ? "" : name
                    }
                ]
            }
            let outcomes = try Khach_V1_RecordProfilesResponse(
                serializedBytes: try await harness.call(
                    Self.profiles,
                    try bad.payload(profiles)
                )
            ).outcomes
            #expect(outcomes.map(\.result) == [.applied], "\(outcomes.map(\.error.message))")
            for outcome in reply.outcomes {
                let found = try await harness.get(outcome.customerID).name
                #expect(Array(found.utf8) == Array(shown.utf8))
            }
            guard bad.isUTF8 else { return }

            let list: Khach_V1_ListCustomersResponse = try await harness.call(
                "khach.v1.CustomerService/ListCustomers",
                Khach_V1_ListCustomersRequest.with {
                    $0.filter.businessID = shop.business.id
                    $0.filter.nameQuery = "anh lan"
                }
            )
            #expect(list.customers.count == 3)
        }
    }

    @Test("a profile's ids are refused by their field, and the profile beside is applied")
    func profileIDs() async throws {
        for bad in BadText.allCases where bad != .bidi && bad != .zeroWidth {
            let harness = ServiceHarness()
            _ = try await harness.shop()
            _ = try await harness.customer()
            func profile(_ page: String, _ user: String) -> Khach_V1_ProfileObservation {
                .with {
                    $0.channel = .facebook
                    $0.externalPageID = page
                    $0.externalUserID = user
                    $0.observedAt.seconds = 1_780_000_100
                    $0.name = "An"
                }
            }
            let request = Khach_V1_RecordProfilesRequest.with {
                $0.profiles = [
                    profile(bad.spoiled("p1", atEnd: true), "u1"),
                    profile("p1", bad.spoiled("u1", atEnd: true)), profile("p1", "u1"),
                ]
            }
            let reply = try Khach_V1_RecordProfilesResponse(
                serializedBytes: try await harness.call(Self.profiles, try bad.payload(request))
            )
            #expect(reply.outcomes.map(\.result) == [.rejected, .rejected, .applied])
            #expect(
                reply.outcomes.map(\.error.field) == ["external_page_id", "external_user_id", ""]
            )
            #expect(
                reply.outcomes.map(\.error.reason).prefix(2).allSatisfy { $0 == "INVALID_FIELD" }
            )
        }
    }

    @Test("ids that look alike are not one (I1)", arguments: StoreKind.allCases)
    func opaqueIDs(_ kind: StoreKind) async throws {
        let alike = ["é", "e\u{301}", "é\u{200B}", "\u{202E}é", "É", "é ", "ｅ\u{301}"]
        try await kind.run { harness in
            let business = try await harness.business()
            for page in alike { _ = try await harness.page(business, page) }
            let outcomes = try await harness.record(
                alike.flatMap { page in
                    alike.flatMap { user in
                        alike.map { event in
                            .sample(event + user) {
                                $0.externalPageID = page
                                $0.externalUserID = "u" + user
                            }
                        }
                    }
                }
            )
            #expect(outcomes.allSatisfy { [.createdCustomer, .applied].contains($0.result) })
            #expect(Set(outcomes.map(\.customerID)).count == alike.count * alike.count)
            let list: Khach_V1_ListCustomersResponse = try await harness.call(
                "khach.v1.CustomerService/ListCustomers",
                Khach_V1_ListCustomersRequest.with { $0.filter.businessID = business.id }
            )
            let shown = Set(list.customers.map { Array($0.externalUserID.utf8) })
            #expect(shown == Set(alike.map { Array("u\($0)".utf8) }))
        }
    }

    @Test("a block of an id that is none fails alone, and names the field")
    func blocks() async throws {
        let harness = ServiceHarness()
        let shop = try await BadInputShop(in: harness)
        let outcomes = try await harness.block([shop.business, shop.customer, "c\0", ""])
        #expect(outcomes.map(\.result) == [.failed, .done, .failed, .failed])
        for outcome in outcomes where outcome.result == .failed {
            #expect(outcome.error.reason == "INVALID_FIELD")
            #expect(outcome.error.message.hasPrefix("id: "))
        }
        let settled: Khach_V1_SettleBlocksResponse = try await harness.call(
            "khach.v1.CustomerService/SettleBlocks",
            Khach_V1_SettleBlocksRequest.with {
                $0.verdicts = [.with { $0.customerID = "x" }]
                $0.mutation = ServiceHarness.mutation
            }
        )
        #expect(settled.outcomes[0].error.message.hasPrefix("customer_id: "))
    }
}
