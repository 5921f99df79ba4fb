internal import KhachProto
internal import KhachService
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@Suite("Links and erasure")
struct LinkMethodsTests {
    private static let link = "\(ServiceHarness.customers)/LinkIdentity"

    private func linked(
        _ harness: ServiceHarness,
        _ id: String,
        _ change: (inout Khach_V1_LinkIdentityRequest) -> Void
    ) async throws -> Khach_V1_LinkIdentityResponse {
        try await harness.call(
            Self.link,
            Khach_V1_LinkIdentityRequest.with {
                $0.id = id
                $0.mutation = ServiceHarness.mutation
                change(&$0)
            }
        )
    }

    @Test("I5 the earlier one stays with the facts of both, and the other's id answers as it")
    func link() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        let first = try await harness.customer("sđt 0912345678")
        let second = try await harness.record([
            .sample("other") {
                $0.externalUserID = "u2"
                $0.text = "mail dao@example.vn"
                $0.occurredAt.seconds += 86_400
            }
        ])[0].customerID
        _ = try await harness.saveAddress("12 Hàng Bạc", of: second, revision: 0)
        let reply = try await self.linked(harness, second) { $0.otherID = first }
        #expect(reply.customer.id == first)
        #expect(reply.redirectedID == second)
        let customer = try await harness.get(second)
        #expect(customer.id == first)
        #expect(customer.phones.map(\.value) == ["+84912345678"])
        #expect(customer.emails.map(\.value) == ["dao@example.vn"])
        #expect(customer.address.text == "12 Hàng Bạc")
        #expect(customer.otherIdentities.map(\.externalUserID) == ["u2"])
        #expect(customer.days.count == 2)
        let next = try await harness.record([.sample("next") { $0.externalUserID = "u2" }])[0]
        #expect(next.customerID == first)
        #expect(try await self.count(harness, shop.business.id) == 1)
    }

    @Test("§4.2 an id of another kind is added by a link; the same id links two customers")
    func identity() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.customer()
        let added = try await self.linked(harness, id) {
            $0.identity.kind = "ASID"
            $0.identity.externalUserID = "a1"
        }
        #expect(added.customer.otherIdentities.map(\.kind) == ["ASID"])
        #expect(added.redirectedID.isEmpty)
        let other = try await harness.record([.sample("o") { $0.externalUserID = "u2" }])[0]
        let reply = try await self.linked(harness, other.customerID) {
            $0.identity.kind = "ASID"
            $0.identity.externalUserID = "a1"
        }
        #expect([id, other.customerID].contains(reply.redirectedID))
    }

    @Test("B2 an id with a role unblocks whom it is given to, with an audit reason")
    func roleByIdentity() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        let id = try await harness.customer()
        #expect(try await harness.setRoles(["staff"], on: shop.page.id).isEmpty)
        #expect(try await harness.block([id])[0].state == .blocked)
        let reply = try await self.linked(harness, id) { $0.identity.externalUserID = "staff" }
        #expect(reply.customer.block.state == .none)
        let lines = try await harness.audit(shop.business.id)
        #expect(lines.map(\.reason).contains("ROLE_GRANTED"))
    }

    @Test("I4 customers of two pages are never linked")
    func twoPages() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        _ = try await harness.page(shop.business, "p2")
        let id = try await harness.customer()
        let other = try await harness.record([.sample("o") { $0.externalPageID = "p2" }])[0]
        #expect(other.customerID != id, "one person on two pages is two customers")
        let status = try await harness.refusal(
            Self.link,
            Khach_V1_LinkIdentityRequest.with {
                $0.id = id
                $0.otherID = other.customerID
                $0.mutation = ServiceHarness.mutation
            }
        )
        #expect(status.code == .failedPrecondition)
        #expect(status.reason == "DIFFERENT_PAGES")
    }

    @Test("I6 who was erased is gone, and comes again as a new customer by a new interaction only")
    func erase() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        let id = try await harness.customer("sđt 0912345678")
        _ = try await harness.saveAddress("12 Hàng Bạc", of: id, revision: 0)
        let request = Khach_V1_EraseCustomerRequest.with {
            $0.id = id
            $0.mutation = ServiceHarness.mutation
        }
        let erase = "\(ServiceHarness.customers)/EraseCustomer"
        let reply: Khach_V1_EraseCustomerResponse = try await harness.call(erase, request)
        let again: Khach_V1_EraseCustomerResponse = try await harness.call(erase, request)
        #expect(reply.seq > 0)
        #expect(again.seq == reply.seq)
        let status = try await harness.refusal(
            "\(ServiceHarness.customers)/GetCustomer",
            Khach_V1_GetCustomerRequest.with { $0.id = id }
        )
        #expect(status.code == .notFound)
        #expect(try await harness.record([.sample("first")])[0].result == .duplicate)
        #expect(try await self.count(harness, shop.business.id) == 0)
        let entries = try await harness.audit(shop.business.id)
        #expect(entries.first?.action == "customer.erase")
        #expect(entries.allSatisfy { !$0.before.contains("Bạc") && !$0.after.contains("Bạc") })
        let next = try await harness.record([.sample("next")])[0]
        #expect(next.result == .createdCustomer)
        #expect(next.customerID != id)
    }

    private func count(_ harness: ServiceHarness, _ business: String) async throws -> UInt64 {
        let reply: Khach_V1_CountCustomersResponse = try await harness.call(
            "\(ServiceHarness.customers)/CountCustomers",
            Khach_V1_CountCustomersRequest.with { $0.filter.businessID = business }
        )
        return reply.count
    }
}
