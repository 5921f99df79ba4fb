internal import KhachChannels
internal import KhachProto
internal import SwiftProtobuf
internal import Testing

@Suite("Reading webhook bodies")
struct WebhookReaderTests {
    @Test("each body is read as its expected file says", arguments: WebhookFixture.all)
    func fixture(_ fixture: WebhookFixture) throws {
        let found = try fixture.found()
        for (found, expected) in zip(found, fixture.expected) { #expect(found == expected) }
        #expect(found.count == fixture.expected.count, "\(found.joined(separator: "\n"))")
    }

    @Test(
        "each platform has bodies of each kind, and hostile ones",
        arguments: WebhookFormat.allCases
    )
    func complete(_ format: WebhookFormat) {
        let fixtures = WebhookFixture.all.filter { $0.format == format }
        #expect(fixtures.count >= 10)
        for kind in ["interaction", "ignored", "refused"] {
            #expect(fixtures.contains { $0.expected.contains { $0.contains("\"\(kind)\":") } })
        }
    }

    /// One message of each platform from the person with that JSON literal as identifier.
    static func messages(from id: String) -> [(WebhookFormat, String)] {
        let meta = #"""
            "entry":[{"id":"9","messaging":[{"sender":{"id":\#(id)},"recipient":{"id":"9"},
            "timestamp":1767232800123,"message":{"mid":"m","text":"x"}}]}]}
            """#
        return [
            (.facebook, #"{"object":"page",\#(meta)"#),
            (.instagram, #"{"object":"instagram",\#(meta)"#),
            (
                .zalo,
                #"""
                {"event_name":"user_send_text","sender":{"id":\#(id)},"recipient":{"id":"9"},
                "message":{"msg_id":"m","text":"x"},"timestamp":"1767232800123"}
                """#
            ),
            (
                .shopee,
                #"""
                {"code":10,"shop_id":9,"data":{"type":"message","content":{"to_shop_id":9,
                "message_id":"m",
                "conversation_id":"c","from_id":\#(id),"created_timestamp":1767232800}}}
                """#
            ),
        ]
    }

    @Test("identifiers keep every digit, as numbers and as texts")
    func digits() {
        let ids = [53, 54, 63, 64, 65, 128].flatMap { bits -> [String] in
            let power = (0..<bits).reduce([1]) { digits, _ in Self.doubled(digits) }
            let text = power.reversed().map { String($0) }.joined()
            return [text, String(text.dropLast()) + "7"]
        }
        #expect(ids.contains("9007199254740992") && ids.contains("18446744073709551616"))
        for id in ids {
            for literal in [id, "\"\(id)\""] {
                for (format, body) in Self.messages(from: literal) {
                    let items = WebhookReader(format).items(of: Array(body.utf8))
                    guard case .interaction(let interaction, _)? = items.first else {
                        Issue.record("an interaction expected, \(items) found")
                        continue
                    }
                    #expect(interaction.externalUserID == id, "\(format)")
                }
            }
        }
    }

    private static func doubled(_ digits: [Int]) -> [Int] {
        var carry = 0
        var doubled = digits.map { digit -> Int in
            defer { carry = (digit * 2 + carry) / 10 }
            return (digit * 2 + carry) % 10
        }
        if carry > 0 { doubled.append(carry) }
        return doubled
    }

    @Test("a body over the bound is refused, and one byte less is read")
    func bytes() {
        let body = Array(Self.messages(from: "1")[0].1.utf8)
        let space = WebhookLimits.bodyBytesMax - body.count
        for (excess, isRefused) in [(0, false), (1, true), (9 << 20, true)] {
            let padded = body + Array(repeating: 0x20, count: space + excess)
            let items = WebhookReader(.facebook).items(of: padded)
            #expect(items.count == 1)
            if case .refused(let refusal)? = items.first {
                #expect(isRefused && refusal.reason == "at most 1048576 bytes expected, more found")
            } else {
                #expect(!isRefused)
            }
        }
    }

    @Test(
        "events over the bound are refused as a whole",
        arguments: [#"{"object":"page","entry":[LIST]}"#, "[LIST]"]
    )
    func items(_ body: String) {
        for (count, expected) in [(1_000, 1_000), (1_001, 1_001), (300_000, 1_001)] {
            let list = Array(repeating: "7", count: count).joined(separator: ",")
            let items = WebhookReader(.facebook)
                .items(of: Array(body.replacing("LIST", with: list).utf8))
            #expect(items.count == expected)
            guard expected > 1_000, case .refused(let refusal)? = items.last else { continue }

            #expect(refusal.reason == "at most 1000 events of a body expected, more found")
        }
    }

    /// Bodies of one page, each with edits of the comment "1" by text, all of one second.
    private static func edits(_ bodies: [[String]], time: String) -> [[UInt8]] {
        bodies.map { texts in
            let changes = texts.map { text in
                #"""
                {"field":"feed","value":{"item":"comment","verb":"edited","comment_id":"1",
                "created_time":1767232800,"from":{"id":"7"},"message":"\#(text)"}}
                """#
            }
            let list = changes.joined(separator: ",")
            return Array(
                #"{"object":"page","entry":[{"id":"9","time":\#(time),"changes":[\#(list)]}]}"#.utf8
            )
        }
    }

    static let editedTexts: [(bodies: [[String]], time: String, revisions: [UInt64])] = [
        // In the order of a body.
        ([["a", "b", "c"]], "1767232860", [0, 1, 2]),
        // Milliseconds are taken where the body has them.
        ([["a", "b"]], "1767232860123", [123, 124]),
        // The same text is the same edit, delivered again.
        ([["a", "b", "a", "b"]], "1767232860", [0, 1, 0, 1]),
    ]

    @Test("of two edits in one second the later one wins", arguments: editedTexts)
    func edits(_ example: (bodies: [[String]], time: String, revisions: [UInt64])) {
        let reader = WebhookReader(.facebook)
        let revisions = Self.edits(example.bodies, time: example.time)
            .flatMap { reader.items(of: $0) }
            .map { item -> UInt64? in
                guard case .interaction(let interaction, _) = item else { return nil }

                return interaction.revision
            }
        #expect(revisions == example.revisions.map { 691_380_060_000 + $0 })
    }

    @Test("a removal beats every edit, and a later edit beats an earlier one")
    func revisions() throws {
        func revision(_ member: String, at time: String) throws -> UInt64 {
            let body = #"""
                {"object":"page","entry":[{"id":"9","messaging":[{"sender":{"id":"1"},
                "recipient":{"id":"9"},"timestamp":\#(time),\#(member)}]}]}
                """#
            let items = WebhookReader(.facebook).items(of: Array(body.utf8))
            guard case .interaction(let interaction, _)? = items.first else { return 0 }

            return interaction.revision
        }
        let edit = #""message_edit":{"mid":"m","text":"x"}"#
        let removal = #""message":{"mid":"m","is_deleted":true}"#
        let first = try revision(edit, at: "1075852800001")
        #expect(first == 1)
        #expect(try revision(edit, at: "1767232800123") == 691_380_000_123)
        #expect(try revision(edit, at: "1767232800124") > revision(edit, at: "1767232800123"))
        #expect(
            try revision(removal, at: "1767232800123") > revision(edit, at: "9223372036854775807")
        )
        #expect(try revision(removal, at: "1767232800123") <= UInt64(Int64.max))
    }

    static let removals: [(name: String, body: String)] = [
        (
            "a comment",
            #"""
            "changes":[{"field":"feed","value":{"item":"comment","verb":"remove",
            "comment_id":"1","from":{"id":"7"}}}]
            """#
        ),
        (
            "a message",
            #"""
            "messaging":[{"sender":{"id":"7"},"recipient":{"id":"9"},
            "message":{"mid":"1","is_deleted":true}}]
            """#
        ),
    ]

    @Test("a removal without a time is as old as its entry", arguments: removals)
    func removal(_ example: (name: String, body: String)) {
        let body =
            #"{"object":"page","entry":[{"id":"9","time":1767232860,\#(example.body)}]}"#
        let items = WebhookReader(.facebook).items(of: Array(body.utf8))
        guard case .interaction(let interaction, _)? = items.first else {
            Issue.record("\(example.name): an interaction expected, \(items) found")
            return
        }
        #expect(interaction.operation == .remove)
        #expect(interaction.occurredAt.seconds == 1_767_232_860)
    }

    @Test("whatever the bytes, each item is one of the four, and what is read can be recorded")
    func mutants() throws {
        var mutant = try BodyMutant("WebhookReaderTests.mutants")
        var counts: [String: Int] = [:]
        for _ in 0..<6_000 {
            let (format, bytes) = mutant.next()
            let items = WebhookReader(format).items(of: bytes)
            #expect(items == WebhookReader(format).items(of: bytes))
            #expect((1...WebhookLimits.itemsMax + 1).contains(items.count))
            for item in items {
                counts[Self.kind(item), default: 0] += 1
                #expect(Self.isSound(item), "\(format): \(String(decoding: bytes, as: UTF8.self))")
            }
        }
        #expect(
            counts.keys.sorted() == ["ignored", "interaction", "profile", "refused"],
            "\(counts)"
        )
    }

    private static func kind(_ item: WebhookItem) -> String {
        switch item {
        case .interaction: "interaction"
        case .profile: "profile"
        case .ignored: "ignored"
        case .refused: "refused"
        }
    }

    private static func isSound(_ item: WebhookItem) -> Bool {
        switch item {
        case .interaction(let it, _):
            let isPage = it.externalUserID == it.externalPageID
            let ids = [
                it.eventKey, it.externalPageID, it.externalUserID, it.conversationKey, it.postID,
            ]
            return it.eventKey.hasPrefix(it.kind == .comment ? "c:" : "m:")
                && it.eventKey.utf8.count > 2
                && !it.externalPageID.isEmpty && it.hasOccurredAt && it.direction != .unspecified
                && ids.allSatisfy { !$0.contains("\u{FFFD}") }
                && (it.kind == .comment || !it.externalUserID.isEmpty)
                && (it.operation == .unspecified) == (it.revision == 0)
                && (it.operation != .remove || it.text.isEmpty)
                && (!isPage || it.nameHint.isEmpty || it.channel == .shopee)
        case .profile(let it, _):
            return !it.externalUserID.isEmpty && it.hasObservedAt
                && (!it.name.isEmpty || !it.phone.isEmpty)
        case .ignored: return true
        case .refused(let refusal): return !refusal.expected.isEmpty && !refusal.found.isEmpty
        }
    }
}
