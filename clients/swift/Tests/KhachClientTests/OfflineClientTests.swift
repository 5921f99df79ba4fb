internal import Foundation
internal import KhachClient
internal import Testing

@Suite("Offline client")
struct OfflineClientTests {
    static let business = "b0000000000001"

    @Test("an empty cache says that it was never synced")
    func emptyCache() throws {
        let folder = try TemporaryFolder()
        let client = try OfflineClient.open(cachePath: folder.cache, businessID: Self.business)

        #expect(try client.state().phase == .empty)
        #expect(try client.state().asOfMilliseconds == nil)
        #expect(throws: ClientError.self) { try client.customers() }
        do throws(ClientError) {
            _ = try client.search("an")
            Issue.record("an answer from nothing")
        } catch {
            #expect(error.code == .notSynced)
            #expect(!error.isRetryable)
            #expect(!error.message.isEmpty)
        }
        do throws(ClientError) {
            _ = try client.syncOnce()
            Issue.record("a sync without an address")
        } catch {
            #expect(error.code == .offline)
        }
    }

    @Test("a file of another program is refused and stays as it was")
    func foreignFile() throws {
        let folder = try TemporaryFolder()
        let bytes = Data(repeating: 0x78, count: 8192)
        try bytes.write(to: URL(filePath: folder.cache))

        do throws(ClientError) {
            _ = try OfflineClient.open(cachePath: folder.cache, businessID: Self.business)
            Issue.record("a foreign file was opened")
        } catch {
            #expect(error.code == .cacheForeign)
        }
        #expect(try Data(contentsOf: URL(filePath: folder.cache)) == bytes)
    }

    @Test("the cache of another business is refused")
    func otherBusiness() throws {
        let folder = try TemporaryFolder()
        _ = try OfflineClient.open(cachePath: folder.cache, businessID: Self.business)

        do throws(ClientError) {
            _ = try OfflineClient.open(cachePath: folder.cache, businessID: "b0000000000002")
            Issue.record("another business was let in")
        } catch {
            #expect(error.code == .scopeMismatch)
        }
    }

    @Test("a cache knows its business; a new one has to be told")
    func ownBusiness() throws {
        let folder = try TemporaryFolder()
        do throws(ClientError) {
            _ = try OfflineClient.open(cachePath: folder.cache)
            Issue.record("a cache of nobody was made")
        } catch {
            #expect(error.code == .invalid)
            #expect(error.message == "a business_id expected for a new cache, none found")
        }
        _ = try OfflineClient.open(cachePath: folder.cache, businessID: Self.business)
        #expect(try OfflineClient.open(cachePath: folder.cache).state().phase == .empty)
    }

    @Test("what another client does is heard, and a cache can be wiped")
    func changesAndWipe() throws {
        let folder = try TemporaryFolder()
        do {
            let client = try OfflineClient.open(
                cachePath: folder.cache,
                businessID: Self.business
            )
            #expect(try client.changesDescriptor() >= 0)
            #expect(try !client.takeChanges())
            try OfflineClient.open(cachePath: folder.cache).restartSync()
            #expect(try client.takeChanges())
            #expect(try !client.takeChanges())
            #expect(try client.difference().sinceMilliseconds == nil)
            #expect(try client.explain(id: "c0000000000034").presence == .notYet)
            #expect(try client.checkup().contains { $0.name == "leader" && $0.grade == .good })
        }
        try OfflineClient.wipe(cachePath: folder.cache)
        do throws(ClientError) {
            try OfflineClient.wipe(cachePath: folder.cache)
            Issue.record("what is not there was wiped")
        } catch {
            #expect(error.code == .notFound)
        }
    }

    @Test("what the server sent is answered without it")
    func syncThenAsk() throws {
        let folder = try TemporaryFolder()
        let server = try ScriptedServer(replies: [Vectors.hex("sync/first-page.hex")])
        let client = try OfflineClient.open(
            cachePath: folder.cache,
            businessID: Self.business,
            address: server.address
        )

        let progress = try client.syncOnce()
        #expect(progress.upsertsCount == 3)
        #expect(progress.phase == .complete)
        #expect(try client.state().asOfMilliseconds == 1_000_000_000_000)

        let list = try client.customers()
        let names = ["Facebook User", "Đặng Thị Đào", "Nguyễn Văn An"]
        #expect(list.customers.map(\.displayName) == names)
        #expect(list.isComplete)
        #expect(list.next == nil)
        #expect(list.customers[1].phones.map(\.value) == ["+84912345678"])

        let firstOfJune = CustomerFilter(
            pageIDs: ["p0000000000007"],
            createdFrom: "2025-06-01",
            createdTo: "2025-06-01"
        )
        #expect(try client.count(firstOfJune) == 2)
        let page = try client.customers(firstOfJune, limit: 1)
        let rest = try client.customers(firstOfJune, limit: 1, after: page.next)
        #expect(rest.customers.count == 1)
        #expect(try client.search("dao dang").customers.map(\.name) == ["Đặng Thị Đào"])
        #expect(try client.search("guyen").customers.isEmpty)
        let customer = try client.customer(id: "c0000000000034")
        #expect(customer.name == "Nguyễn Văn An")
        #expect(customer.record.starts(with: [0x0A, 14] + Array(customer.id.utf8)))
        #expect(try client.business().id == Self.business)
        #expect(try client.business().timeZone == "Asia/Ho_Chi_Minh")
        #expect(try client.business().pages.map(\.id) == ["p0000000000007"])
    }
}
