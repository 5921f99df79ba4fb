internal import KhachCore
internal import KhachProto
internal import KhachService
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@Suite("Edit methods")
struct EditMethodsTests {
    private static let update = "\(ServiceHarness.customers)/UpdateCustomer"

    @Test("S8 an address is saved by hand, with author, time and revision; never found in texts")
    func address() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.customer("giao về 12 Hàng Bạc, Hà Nội")
        #expect(try await harness.get(id).hasAddress == false)
        let saved = try await harness.saveAddress("12 Hàng Bạc", of: id, revision: 0)
        #expect(saved.address.text == "12 Hàng Bạc")
        #expect(saved.address.updatedBy == "lan")
        #expect(saved.address.updatedAt.seconds == ServiceHarness.clock.milliseconds / 1_000)
        #expect(saved.address.editRevision == 1)
        let cleared = try await harness.saveAddress("", of: id, revision: 1)
        #expect(cleared.address.text.isEmpty)
        #expect(cleared.address.editRevision == 2)
    }

    @Test("S8 a save against an old revision is a conflict that carries both values")
    func conflict() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.customer()
        _ = try await harness.saveAddress("12 Hàng Bạc", of: id, revision: 0)
        let status = try await harness.refusal(
            Self.update,
            Khach_V1_UpdateCustomerRequest.with {
                $0.id = id
                $0.updateMask.paths = ["address", "manual_name"]
                $0.address = "5 Lê Lợi"
                $0.manualName = "Đào"
                $0.mutation = ServiceHarness.mutation
            }
        )
        #expect(status.code == .aborted)
        #expect(status.reason == "EDIT_CONFLICT")
        let detail = status.details.first { $0.typeURL.hasSuffix("khach.v1.EditConflict") }
        let conflict = try Khach_V1_EditConflict(serializedBytes: try #require(detail?.value))
        #expect(conflict.field == "address")
        #expect(conflict.stored.text == "12 Hàng Bạc")
        #expect(conflict.given == "5 Lê Lợi")
        let customer = try await harness.get(id)
        #expect(customer.address.text == "12 Hàng Bạc")
        #expect(customer.hasManualName == false, "all fields of a save, or none")
    }

    @Test("§4.5 a name by hand beats every other, and clearing it brings the best of those back")
    func manualName() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.record([.sample("first") { $0.nameHint = "Đặng Thị Đào" }])[0]
            .customerID
        func save(_ name: String, _ revision: UInt64) async throws -> Khach_V1_Customer {
            let reply: Khach_V1_UpdateCustomerResponse = try await harness.call(
                Self.update,
                Khach_V1_UpdateCustomerRequest.with {
                    $0.id = id
                    $0.updateMask.paths = ["manual_name"]
                    $0.manualName = name
                    $0.manualNameRevision = revision
                    $0.mutation = ServiceHarness.mutation
                }
            )
            return reply.customer
        }
        let named = try await save("Chị Đào", 0)
        #expect(named.name == "Chị Đào")
        #expect(named.nameSource == .manual)
        _ = try await harness.record([.sample("next") { $0.nameHint = "Đào Đào" }])
        #expect(try await harness.get(id).name == "Chị Đào")
        let cleared = try await save("", 1)
        #expect(cleared.nameSource == .event)
        #expect(["Đặng Thị Đào", "Đào Đào"].contains(cleared.name))
    }

    @Test("P12 a rejected phone does not come back by itself, only by hand")
    func rejection() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.customer("sđt 0912345678")
        let rejected = try await harness.reject("0912 345 678", of: id)
        #expect(rejected.phones.map(\.rejected) == [true])
        _ = try await harness.record([.sample("again") { $0.text = "0912345678 nha" }])
        #expect(try await harness.get(id).phones.map(\.rejected) == [true])
        let added = try await harness.add("0912345678", to: id)
        #expect(added.phones.map(\.rejected) == [false])
        #expect(added.phones.map(\.addedByHand) == [true])
    }

    @Test("S6 the primary phone is the pinned one, else the one seen last; a pinned one stays")
    func pin() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.customer("sđt 0912345678")
        _ = try await harness.record([
            .sample("second") {
                $0.text = "sđt 0987654321"
                $0.occurredAt.seconds += 10
            }
        ])
        #expect(try await harness.get(id).phones.map(\.value).first == "+84987654321")
        let pinned = try await harness.pin("+84912345678", of: id)
        #expect(pinned.phones.map(\.value) == ["+84912345678", "+84987654321"])
        #expect(pinned.phones.map(\.pinned) == [true, false])
        _ = try await harness.record([
            .sample("first") {
                $0.operation = .remove
                $0.revision = 1
            }
        ])
        #expect(try await harness.get(id).phones.map(\.value).first == "+84912345678")
    }

    @Test("S7 an e-mail address is added by hand as well")
    func email() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.customer()
        let customer = try await harness.add("Dao@Example.vn", to: id)
        #expect(customer.emails.map(\.value) == ["dao@example.vn"])
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var field: String
        var change: @Sendable (inout Khach_V1_UpdateCustomerRequest) -> Void
    }

    static let refused: [Refused] = [
        Refused(testDescription: "no mask", field: "update_mask") { $0.updateMask.paths = [] },
        Refused(testDescription: "an unknown path", field: "update_mask") {
            $0.updateMask.paths = ["phones"]
        },
        Refused(testDescription: "a path twice", field: "update_mask") {
            $0.updateMask.paths = ["address", "address"]
        },
        Refused(testDescription: "an address of 2,001 bytes", field: "address") {
            $0.address = String(repeating: "x", count: 2_001)
        },
        Refused(testDescription: "an address with NUL", field: "address") { $0.address = "a\u{0}" },
        Refused(testDescription: "an invisible name", field: "manual_name") {
            $0.updateMask.paths = ["manual_name"]
            $0.manualName = "\u{200B}\u{202E}"
        },
        Refused(testDescription: "a name of 10 kB", field: "manual_name") {
            $0.updateMask.paths = ["manual_name"]
            $0.manualName = String(repeating: "x", count: 10_000)
        },
        Refused(testDescription: "an id that is none", field: "id") { $0.id = "c1" },
        Refused(testDescription: "nobody", field: "mutation.actor") { $0.mutation.actor = "" },
        Refused(testDescription: "a name of the request of 65 bytes", field: "mutation.request_id")
        {
            $0.mutation.requestID = String(repeating: "x", count: 65)
        },
    ]

    @Test("a save is refused with the field that is wrong", arguments: refused)
    func refuses(_ example: Refused) async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        var request = Khach_V1_UpdateCustomerRequest()
        request.id = try await harness.customer()
        request.updateMask.paths = ["address"]
        request.mutation = ServiceHarness.mutation
        example.change(&request)
        let status = try await harness.refusal(Self.update, request)
        #expect(status.code == .invalidArgument)
        #expect(status.field == example.field)
        #expect(status.message.contains("expected"))
    }

    static let values: [(kind: Khach_V1_ContactKind, value: String, field: String)] = [
        (.phone, "123", "value"), (.phone, "", "value"), (.phone, "an@example.vn", "value"),
        (.email, "0912345678", "value"), (.email, "an@example", "value"),
        (.email, "an@example.vn binh@example.vn", "value"), (.unspecified, "0912345678", "kind"),
        (.phone, String(repeating: "9", count: 400), "value"),
    ]

    @Test("a contact that is none is refused", arguments: values)
    func refusesContact(
        _ example: (kind: Khach_V1_ContactKind, value: String, field: String)
    ) async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.customer()
        let status = try await harness.refusal(
            "\(ServiceHarness.customers)/AddContactPoint",
            Khach_V1_AddContactPointRequest.with {
                $0.id = id
                $0.kind = example.kind
                $0.value = example.value
                $0.mutation = ServiceHarness.mutation
            }
        )
        #expect(status.code == .invalidArgument)
        #expect(status.field == example.field)
    }

    @Test("§4.13, 4: whoever has 17 phones of which 16 were rejected has a phone, the 17th")
    func behindRejected() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        let id = try await harness.customer()
        let numbers = (10..<27).map { "09123456\($0)" }
        for number in numbers {
            _ = try await harness.record([.sample(number) { $0.text = "sđt \(number)" }])
        }
        let shown = try await harness.get(id).phones.map(\.value)
        #expect(shown.count == 16)
        for value in shown {
            #expect(try await harness.get(id).phones.contains { !$0.rejected })
            _ = try await harness.reject(value, of: id)
        }
        let customer = try await harness.get(id)
        let last = try #require(customer.phones.first)
        #expect(customer.phones.filter { !$0.rejected } == [last])
        #expect(!shown.contains(last.value))
        let reply: Khach_V1_CountCustomersResponse = try await harness.call(
            "\(ServiceHarness.customers)/CountCustomers",
            Khach_V1_CountCustomersRequest.with {
                $0.filter.businessID = shop.business.id
                $0.filter.hasPhone_p = .yes
            }
        )
        #expect(reply.count == 1)
    }

    @Test("sixteen contacts of a kind can be marked by hand, and a seventeenth is refused")
    func marksMax() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.customer()
        for number in 10..<26 { _ = try await harness.add("09123456\(number)", to: id) }
        #expect(try await harness.get(id).phones.count == 16)
        let status = try await harness.refusal(
            "\(ServiceHarness.customers)/AddContactPoint",
            Khach_V1_AddContactPointRequest.with {
                $0.id = id
                $0.kind = .phone
                $0.value = "0912345699"
                $0.mutation = ServiceHarness.mutation
            }
        )
        #expect(status.code == .resourceExhausted)
    }

    @Test("a contact that the customer does not have can be neither rejected nor pinned")
    func unknownContact() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.customer()
        let status = try await harness.refusal(
            "\(ServiceHarness.customers)/RejectContactPoint",
            Khach_V1_RejectContactPointRequest.with {
                $0.id = id
                $0.kind = .phone
                $0.value = "0912345678"
                $0.mutation = ServiceHarness.mutation
            }
        )
        #expect(status.code == .notFound)
    }
}
