internal import Foundation
internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import Synchronization
internal import TTRPC
internal import Testing

@testable internal import KhachService

/// Nothing crosses the border of a business, or of a token's pages: what is another's is answered
/// as what is not there, to the byte (reliability.md §2.5, I6).
@Suite("Tenants")
struct TenantTests {
    static let names = ServiceHarness().table.names

    @Test("every method of the table is in the matrix, and no other")
    func complete() {
        #expect(Set(TenantCall.all.keys) == Set(Self.names))
    }

    @Test(
        "a token of pages sees its own, and its sibling's and another's as nobody's",
        arguments: names
    )
    func pages(_ name: String) async throws {
        let call = try #require(TenantCall.all[name])
        let own = try await self.answer(name, call, as: .pages) { $0.own }
        guard case .oneOf(_, .somePages) = try self.need(name) else {
            return self.expectDenied(name, own)
        }

        own.expectDone(name)
        if call.subject == .page {
            let sibling = try await self.answer(name, call, as: .pages) { $0.sibling }
            let absent = try await self.answer(name, call, as: .pages) { $0.absentBeside }
            #expect(sibling == absent, "\(name)")
        }
        if call.subject != .nobody {
            let foreign = try await self.answer(name, call, as: .pages) { $0.foreign }
            let absent = try await self.answer(name, call, as: .pages) { $0.absent }
            #expect(foreign == absent, "\(name)")
        }
    }

    @Test("a token of a business sees its own, and another's as nobody's", arguments: names)
    func business(_ name: String) async throws {
        let call = try #require(TenantCall.all[name])
        let own = try await self.answer(name, call, as: .business) { $0.sibling }
        if case .oneOf(_, .everything) = try self.need(name) {
            return self.expectDenied(name, own)
        }

        own.expectDone(name)
        guard call.subject != .nobody else { return }

        let foreign = try await self.answer(name, call, as: .business) { $0.foreign }
        let absent = try await self.answer(name, call, as: .business) { $0.absent }
        #expect(foreign == absent, "\(name)")
    }

    // MARK: Answers

    private enum Known {
        case pages
        case business
    }

    /// What came back, with the ids that the request named taken out.
    private struct Answer: Equatable, CustomStringConvertible {
        var code: Status.Code
        var bytes: [UInt8]
        /// Ids of what the caller may not see.
        var leaks: [String]

        var description: String {
            "\(self.code) \(String(decoding: self.bytes, as: UTF8.self)) \(self.leaks)"
        }

        func expectDone(_ name: String) {
            #expect(self.code == .ok, "\(name): \(self)")
            #expect(self.leaks == [], "\(name): \(self)")
        }
    }

    private func expectDenied(_ name: String, _ answer: Answer) {
        if name.hasPrefix("grpc.health") { return answer.expectDone(name) }

        #expect(answer.code == .permissionDenied, "\(name): \(answer)")
    }

    /// Asks in a world of its own, since some calls change it.
    private func answer(
        _ name: String,
        _ call: TenantCall,
        as known: Known,
        _ pick: (World) -> Tenant
    ) async throws -> Answer {
        var harness = ServiceHarness()
        let world = try await World(in: &harness)
        harness.token = known == .pages ? world.pagesSecret : world.businessSecret
        let tenant = pick(world)
        let payload: Payload = try call.request(tenant).serializedBytes()
        var (code, bytes) = (Status.Code.ok, [UInt8]())
        do throws(Status) {
            bytes = try await self.reply(harness, name, payload)
        } catch {
            code = error.code
            bytes = Array(error.message.utf8) + error.details.flatMap { Array($0.value) }
        }
        let hidden =
            known == .pages
            ? world.sibling.ids.dropFirst() + world.foreign.ids : world.foreign.ids[...]
        let text = String(decoding: bytes, as: UTF8.self)
        let leaks = hidden.filter { text.contains($0) && !tenant.ids.contains($0) }
        for id in tenant.ids {
            for range in bytes.ranges(of: Array(id.utf8)) {
                bytes.replaceSubrange(
                    range,
                    with: Array(repeating: UInt8(ascii: "x"), count: id.utf8.count)
                )
            }
        }
        return Answer(code: code, bytes: bytes, leaks: Array(leaks))
    }

    /// The reply, or the first message of a stream.
    private func reply(
        _ harness: ServiceHarness,
        _ name: String,
        _ payload: Payload
    ) async throws(Status) -> [UInt8] {
        let parts = name.split(separator: "/").map(String.init)
        guard case .serverStreaming(let body) = try harness.table.handler(parts[0], parts[1]).get()
        else { return try await harness.call(name, payload).withUnsafeBytes { Array($0) } }

        let first = Mutex<[UInt8]?>(nil)
        let context = CallContext(
            service: parts[0],
            method: parts[1],
            metadata: harness.metadata
        )
        do throws(Status) {
            try await body(
                context,
                payload,
                ResponseStream { payload throws(Status) in
                    first.withLock { $0 = payload.withUnsafeBytes { Array($0) } }
                    throw Status(.cancelled, "one message is enough")
                }
            )
        } catch {
            guard let bytes = first.withLock({ $0 }) else { throw error }

            return bytes
        }
        return first.withLock { $0 } ?? []
    }

    private func need(_ name: String) throws -> Need {
        let parts = name.split(separator: "/").map(String.init)
        let rows = khachRows(ServiceHarness().environment)
        return try #require(rows.services[parts[0]]?[parts[1]]).need
    }

    /// Two businesses, one with two pages, each page with two customers and a token.
    private struct World {
        var own: Tenant
        var sibling: Tenant
        var foreign: Tenant
        var pagesSecret: String
        var businessSecret: String

        var absent: Tenant {
            Tenant(
                business: "b0000000000007",
                page: "p0000000000007",
                externalPage: "absent",
                customer: "c0000000000007",
                other: "c0000000000008",
                token: "t0000000000007"
            )
        }

        /// Of the business that is there.
        var absentBeside: Tenant {
            var tenant = self.absent
            tenant.business = self.own.business
            return tenant
        }

        init(in harness: inout ServiceHarness) async throws {
            let businesses = [try await harness.business(), try await harness.business()]
            var tenants: [Tenant] = []
            var scopes: [AccessScope] = []
            for (number, business) in [businesses[0], businesses[0], businesses[1]].enumerated() {
                let name = "p\(number)"
                let page = try await harness.page(business, name)
                let outcomes = try await harness.record(
                    ["u1", "u2"].map { user in
                        .sample("\(name):\(user)") {
                            $0.externalPageID = name
                            $0.externalUserID = user
                            $0.text = "sđt 0912345678"
                        }
                    }
                )
                let scope = AccessScope.pages(
                    [try #require(PageID(text: page.id))],
                    of: try #require(BusinessID(text: business.id))
                )
                let ids = outcomes.map(\.customerID)
                tenants.append(
                    Tenant(
                        business: business.id,
                        page: page.id,
                        externalPage: name,
                        customer: ids[0],
                        other: ids[1],
                        token: ""
                    )
                )
                scopes.append(scope)
            }
            for index in tenants.indices {
                let made = try await harness.makeToken(.read, scopes[index])
                tenants[index].token = made.token.id.text
            }
            (self.own, self.sibling, self.foreign) = (tenants[0], tenants[1], tenants[2])
            self.pagesSecret = try await harness.makeToken(.all, scopes[0]).secret
            let business = try #require(scopes[0].business)
            self.businessSecret = try await harness.makeToken(.all, .business(business)).secret
        }
    }
}
