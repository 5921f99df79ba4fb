internal import KhachCore
internal import KhachDetection
internal import KhachProto
internal import SwiftProtobuf
internal import Synchronization
internal import TTRPC
internal import Testing

/// Too much of something: what is kept of it has a bound, and nothing is lost that has a place.
@Suite("Floods", .timeLimit(.minutes(15)))
struct FloodTests {
    private static let service = "khach.v1.CustomerService"

    // MARK: Names

    struct LongName: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var name: String
        /// What is shown; `nil` for no name.
        var shown: String?
    }

    static let longNames: [LongName] = [
        LongName(
            testDescription: "10 kB of words",
            name: String(repeating: "Nguyễn Văn ", count: 700),
            shown: String(String(repeating: "Nguyễn Văn ", count: 19).prefix(200))
        ),
        LongName(
            testDescription: "10 kB of one letter",
            name: String(repeating: "ă", count: 5_000),
            shown: String(repeating: "ă", count: 200)
        ),
        LongName(
            testDescription: "one letter under 5,000 marks",
            name: "q" + String(repeating: "\u{301}", count: 5_000),
            shown: "q" + String(repeating: "\u{301}", count: 199)
        ),
        LongName(
            testDescription: "10 kB that cannot be seen",
            name: String(repeating: "\u{200B}\u{202E}", count: 1_700)
        ),
        LongName(
            testDescription: "10 kB that cannot be seen before a name",
            name: String(repeating: "\u{202E}", count: 3_400) + "An",
            shown: "An"
        ),
        LongName(
            testDescription: "60 kB of ligatures that fold to many letters",
            name: String(repeating: "\u{FDFA}", count: 20_000),
            shown: String(repeating: "\u{FDFA}", count: 200)
        ),
    ]

    @Test(
        "a name of any length from a channel is cut to 200 code points",
        arguments: longNames,
        StoreKind.allCases
    )
    func names(_ example: LongName, _ kind: StoreKind) async throws {
        try await kind.run { harness in
            _ = try await harness.shop()
            let recorded = try await harness.record([
                .sample("a") { $0.nameHint = example.name }, .sample("b"),
                .sample("c") {
                    $0.externalUserID = "u2"
                    $0.usernameHint = example.name
                }, .sample("d") { $0.externalUserID = "u3" },
            ])
            let profiles: Khach_V1_RecordProfilesResponse = try await harness.call(
                "khach.v1.InteractionService/RecordProfiles",
                Khach_V1_RecordProfilesRequest.with {
                    $0.profiles = [
                        .with {
                            $0.channel = .facebook
                            $0.externalPageID = "p1"
                            $0.externalUserID = "u3"
                            $0.observedAt.seconds = 1_780_000_100
                            $0.name = example.name
                        }
                    ]
                }
            )
            #expect(profiles.outcomes.map(\.result) == [.applied])
            for outcome in recorded {
                let customer = try await harness.get(outcome.customerID)
                #expect(customer.name.unicodeScalars.count <= 200)
                let shown = example.shown.map { $0.trimmed } ?? ""
                #expect(Array(customer.name.utf8) == Array(shown.utf8))
                let bytes: [UInt8] = try customer.serializedBytes()
                #expect(bytes.count <= 1_200)
            }
        }
    }

    // MARK: Texts of digits

    /// 16 KiB of each: of one pattern, and of numbers that all differ.
    static let digitTexts: [String] =
        ["0", "9", "09", "0912345678", "84 ", "0 ", "1-2 3.4/", "+1 ", "sdt 9 1 2 "].map {
            String(repeating: $0, count: (16 << 10) / $0.utf8.count)
        } + [(0..<1_489).map { "09\(12_345_678 + $0)" }.joined(separator: " ")]

    @Test(
        "a text of digits asks libphonenumber at most 64 times, however long it is",
        arguments: digitTexts
    )
    func digits(_ text: String) async throws {
        let asked = Mutex(0)
        let detector = ContactDetector { number in
            asked.withLock { $0 += 1 }
            return PhoneLibrary.isValid(number)
        }
        let harness = ServiceHarness(detector: detector)
        _ = try await harness.shop()
        // What is beyond 16 KiB is cut before anything looks at it (N9).
        for (key, text) in [("a", text), ("b", String(repeating: text + " ", count: 60))] {
            asked.withLock { $0 = 0 }
            let outcomes = try await harness.record([.sample(key) { $0.text = text }])
            #expect([.createdCustomer, .applied].contains(outcomes[0].result))
            #expect(asked.withLock { $0 } <= 64)
        }
        let effort = detector.scan(text).effort
        #expect(effort.validations <= 64)
        #expect(effort.steps <= 24 * Limits.interactionTextBytesMax)
    }

    // MARK: Replies

    @Test("a page of heavy customers ends before the frame does, and goes on")
    func heavyCustomers() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        let domain = String(repeating: "d", count: 60)
        let host = "\(domain).\(domain).\(domain).vn"
        let outcomes = try await harness.record(
            (0..<1_000).map { number in
                .sample("m\(number)") {
                    $0.externalUserID = "u\(number)"
                    $0.text = (0..<8).map { "a\($0)x\(number)@\(host)" }.joined(separator: " ")
                }
            }
        )
        #expect(outcomes.allSatisfy { $0.result == .createdCustomer })
        let address = String(repeating: "a", count: 2_000)
        for outcome in outcomes {
            _ = try await harness.saveAddress(address, of: outcome.customerID, revision: 0)
        }
        var request = Khach_V1_ListCustomersRequest()
        request.filter.businessID = shop.business.id
        request.pageSize = 1_000
        var seen: Set<String> = []
        var pages = 0
        repeat {
            let payload: Payload = try request.serializedBytes()
            let reply = try await harness.call("\(Self.service)/ListCustomers", payload)
            #expect(reply.count < 4 << 20)
            let list = try Khach_V1_ListCustomersResponse(serializedBytes: reply)
            seen.formUnion(list.customers.map(\.id))
            request.pageToken = list.nextPageToken
            pages += 1
        } while !request.pageToken.isEmpty && pages < 10
        #expect(pages > 1 && pages < 10)
        #expect(seen.count == 1_000)
    }

    @Test("the audit of a thousand accounts at a time is given in pages that fit")
    func heavyAudit() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        for round in 0..<4 {
            let _: Khach_V1_SetRoleAccountsResponse = try await harness.call(
                "khach.v1.DirectoryService/SetRoleAccounts",
                Khach_V1_SetRoleAccountsRequest.with {
                    $0.pageID = shop.page.id
                    $0.actor = "lan"
                    $0.accounts = (0..<1_000).map { number in
                        .with {
                            $0.externalUserID = "\(number)x\(String(repeating: "u", count: 100))"
                            let role = "\(round)" + String(repeating: "R", count: 60)
                            $0.roles = Array(repeating: role, count: 16)
                            $0.name = String(repeating: "🌸", count: 200)
                        }
                    }
                }
            )
        }
        var request = Khach_V1_ListAuditEntriesRequest.with { $0.businessID = shop.business.id }
        var numbers: [UInt64] = []
        var pages = 0
        repeat {
            let payload: Payload = try request.serializedBytes()
            let reply = try await harness.call("\(Self.service)/ListAuditEntries", payload)
            #expect(reply.count < 4 << 20)
            let list = try Khach_V1_ListAuditEntriesResponse(serializedBytes: reply)
            numbers += list.entries.map(\.number)
            request.pageToken = list.nextPageToken
            pages += 1
        } while !request.pageToken.isEmpty && pages < 10
        #expect(pages > 1 && pages < 10)
        // Of the roles, the page and the business.
        #expect(numbers.count == 4 + 2)
        #expect(numbers == numbers.sorted(by: >))
    }

    @Test("what another detector finds in long texts is told in pages that fit")
    func heavyDifferences() async throws {
        let blind = ServiceHarness(detector: ContactDetector(isValid: { _ in false }))
        let shop = try await blind.shop()
        let filling = String(repeating: ".", count: (16 << 10) - 64)
        let count = 120
        _ = try await blind.record(
            (0..<count).map { number in .sample("m\(number)") { $0.text = filling + " 0912345678" }
            }
        )
        let harness = ServiceHarness(store: blind.store)
        var request = Khach_V1_RedetectContactsRequest.with {
            $0.businessID = shop.business.id
            $0.mutation = ServiceHarness.mutation
        }
        var (texts, differences, pages) = (0, 0, 0)
        repeat {
            let payload: Payload = try request.serializedBytes()
            let reply = try await harness.call("\(Self.service)/RedetectContacts", payload)
            #expect(reply.count < 4 << 20)
            let found = try Khach_V1_RedetectContactsResponse(serializedBytes: reply)
            texts += Int(found.textsCount)
            differences += found.differences.count
            request.pageToken = found.nextPageToken
            pages += 1
        } while !request.pageToken.isEmpty && pages < 10
        #expect(pages == 2)
        #expect(texts == count && differences == count)
    }
}

extension String {
    /// Without white space at its ends.
    fileprivate var trimmed: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
