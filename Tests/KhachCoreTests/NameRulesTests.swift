internal import KhachCore
internal import Testing

@Suite("Name rules")
struct NameRulesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String
        var folded: String
        var given: NameSource
        var expected: NameSource?
    }

    static let cases: [Case] = [
        Case(
            testDescription: "M1 a name is taken as its source says", text: "Lê Chi",
            folded: "le chi", given: .profile, expected: .profile),
        Case(
            testDescription: "M1 a dot is a name", text: ".", folded: ".", given: .event,
            expected: .event),
        Case(
            testDescription: "M1 a name of emoji only folds to nothing, and is a name",
            text: "🌸", folded: "", given: .event, expected: .event),
        Case(
            testDescription: "M1 nothing is no name", text: "", folded: "", given: .profile,
            expected: nil),
        Case(
            testDescription: "M4 a placeholder is no name", text: "Facebook User",
            folded: "facebook user", given: .profile, expected: nil),
        Case(
            testDescription: "M4 a placeholder is no name, without spaces and in any case",
            text: "FACEBOOKUSER", folded: "facebookuser", given: .username, expected: nil),
        Case(
            testDescription: "M4 a Vietnamese placeholder is no name", text: "Người dùng TikTok",
            folded: "nguoi dung tiktok", given: .event, expected: nil),
        Case(
            testDescription: "M4 Lazada Customer is no name", text: "Lazada Customer",
            folded: "lazada customer", given: .event, expected: nil),
        Case(
            testDescription: "M4 a longer text is a name", text: "Facebook Users",
            folded: "facebook users", given: .event, expected: .event),
        Case(
            testDescription: "an agent may write what a channel may not", text: "Zalo User",
            folded: "zalo user", given: .manual, expected: .manual),
        Case(
            testDescription: "two asterisks mask, whoever sent them", text: "N**n",
            folded: "n**n", given: .profile, expected: .masked),
        Case(
            testDescription: "one asterisk does not mask", text: "N*n", folded: "n*n",
            given: .profile, expected: .profile),
        Case(
            testDescription: "an agent's asterisks do not mask", text: "N***n", folded: "n***n",
            given: .manual, expected: .manual),
    ]

    @Test(arguments: cases)
    func observe(_ example: Case) {
        let hint = Interaction.NameHint(
            source: example.given,
            name: CustomerName(text: example.text, folded: example.folded))
        let at = Instant(milliseconds: 5)
        let found = NameRules.observation(hint, at: at)
        #expect(found?.source == example.expected)
        #expect(found == nil || found?.name == hint.name && found?.observedAt == at)
    }

    private func observation(_ source: NameSource, _ text: String, _ at: Int64) -> NameObservation {
        NameObservation(
            source: source, name: CustomerName(text: text, folded: text),
            observedAt: Instant(milliseconds: at))
    }

    @Test("M1 best is rank, then latest, then greatest bytes; one per source and text")
    func order() {
        let best = [
            observation(.profile, "a", 1), observation(.event, "b", 9),
            observation(.event, "é", 8), observation(.event, "z", 8),
            observation(.username, "c", 99),
        ]
        let older = [observation(.event, "b", 3), observation(.username, "c", 98)]
        for _ in 0..<50 {
            var names: [NameObservation] = []
            for observation in (best + older + best).shuffled() {
                NameRules.join(observation, into: &names)
            }
            #expect(names == best)
        }
    }

    @Test("only the best are kept, whatever the order", arguments: [-1, 0, 1])
    func limit(_ excess: Int) {
        let count = Limits.nameObservationsMax + excess
        let all = (0..<count).map { self.observation(.event, "n\($0)", Int64(1_000 - $0)) }
        for _ in 0..<20 {
            var names: [NameObservation] = []
            for observation in (all + all).shuffled() {
                NameRules.join(observation, into: &names)
            }
            #expect(names == Array(all.prefix(Limits.nameObservationsMax)))
        }
    }

    @Test("M2 the status says how far a name can be trusted")
    func status() {
        let expected: [NameSource: NameStatus] = [
            .manual: .real, .profile: .real, .event: .real, .sharedForm: .real,
            .username: .username, .masked: .masked,
        ]
        var customer = Customer(
            id: CustomerID(rawValue: 1), businessID: BusinessID(rawValue: 1),
            pageID: PageID(rawValue: 1), channel: .facebook, externalUserID: "a",
            createdAt: Instant(milliseconds: 0), firstRecordedAt: Instant(milliseconds: 0))
        #expect(customer.nameStatus == .placeholder)
        for source in NameSource.allCases {
            customer.names = [self.observation(source, "a", 1)]
            #expect(customer.nameStatus == expected[source])
        }
    }

    @Test("M3 every channel has a placeholder, and M4 knows those of the source page")
    func placeholders() {
        for channel in Channel.allCases where channel != .webChat && channel != .other {
            let name = CustomerName(
                text: channel.placeholderName, folded: channel.placeholderName.lowercased())
            #expect(NameRules.isPlaceholder(name))
        }
    }
}
