internal import Foundation
internal import Glibc
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import Testing

/// What was acknowledged is there after a kill -9 in the middle of a load (N1, I1).
@Suite("Killed with -9", .timeLimit(.minutes(15)))
struct KillTests {
    private static let pageID = "fb1"
    private static let callers = 8
    private static let batchSize = 20
    private static let batchesPerCaller = 400

    @Test("every acknowledged interaction is there; sending all again changes nothing")
    func acknowledgedIsDurable() async throws {
        let seed = try ReplayableSeed()
        var random = seed.generator
        let folder = try TemporaryFolder()
        var daemon = try Daemon.khachd(folder)
        let client = try await OnlineClient.connect(to: daemon.address)
        let business = try await Self.makePage(client)

        // The server dies once this many batches were acknowledged, with others under way.
        let killAfter = 20 + random.below(100)
        let acknowledged = await Self.load(client, killAfter: killAfter, pid: daemon.pid)
        await client.close()
        #expect(daemon.kill(SIGKILL) == nil)
        #expect(acknowledged.count >= killAfter, "\(seed)")

        daemon = try Daemon.khachd(folder)
        let again = try await OnlineClient.connect(to: daemon.address)
        let before = try await Self.digest(again, business)
        for batch in acknowledged {
            let reply = try await again.recordInteractions(batch)
            #expect(
                reply.outcomes.allSatisfy { $0.result == .duplicate },
                "\(seed): an acknowledged batch was not there"
            )
        }
        #expect(try await Self.digest(again, business) == before, "\(seed)")

        // What was never acknowledged may or may not be there; sent again, all of it is.
        for caller in 0..<Self.callers {
            for batch in 0..<10 {
                _ = try await again.recordInteractions(Self.batch(caller, batch))
            }
        }
        let whole = try await Self.digest(again, business)
        for caller in 0..<Self.callers {
            for batch in 0..<10 {
                let reply = try await again.recordInteractions(Self.batch(caller, batch))
                #expect(reply.outcomes.allSatisfy { $0.result == .duplicate })
            }
        }
        #expect(try await Self.digest(again, business) == whole, "\(seed)")
        await again.close()
        #expect(daemon.kill(SIGTERM) == 0)
    }

    private static func makePage(_ client: OnlineClient) async throws -> String {
        let business = try await client.createBusiness(.with { $0.name = "Shop" }).business.id
        _ = try await client.createPage(
            .with {
                $0.businessID = business
                $0.channel = .facebook
                $0.externalPageID = Self.pageID
                $0.name = "Page"
            }
        )
        return business
    }

    /// Sends batches from several callers until the server is gone; the acknowledged ones.
    private static func load(
        _ client: OnlineClient,
        killAfter: Int,
        pid: Int32
    ) async -> [Khach_V1_RecordInteractionsRequest] {
        await withTaskGroup(of: [Khach_V1_RecordInteractionsRequest].self) { group in
            let counter = Counter()
            for caller in 0..<Self.callers {
                group.addTask {
                    var mine: [Khach_V1_RecordInteractionsRequest] = []
                    for number in 0..<Self.batchesPerCaller {
                        let batch = Self.batch(caller, number)
                        do {
                            _ = try await client.recordInteractions(batch)
                        } catch {
                            break
                        }
                        mine.append(batch)
                        if await counter.next() == killAfter { Glibc.kill(pid, SIGKILL) }
                    }
                    return mine
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    private static func batch(_ caller: Int, _ number: Int) -> Khach_V1_RecordInteractionsRequest {
        .with { request in
            request.interactions = (0..<Self.batchSize).map { item in
                .with {
                    $0.channel = .facebook
                    $0.externalPageID = Self.pageID
                    $0.eventKey = "m:\(caller):\(number):\(item)"
                    $0.externalUserID = "u\((caller * 7 + number * 3 + item) % 97)"
                    $0.direction = item % 3 == 0 ? .outbound : .inbound
                    $0.kind = .message
                    $0.occurredAt = Google_Protobuf_Timestamp(
                        seconds: 1_780_000_000 + Int64(number * 100 + item)
                    )
                    $0.nameHint = "Khách \((caller * 7 + number * 3 + item) % 97)"
                }
            }
        }
    }

    /// Every record of the business, by id: two equal digests are two equal states.
    private static func digest(
        _ client: OnlineClient,
        _ business: String
    ) async throws -> [String: Khach_V1_Customer] {
        var customers: [String: Khach_V1_Customer] = [:]
        var token = ""
        repeat {
            let reply = try await client.listCustomers(
                .with {
                    $0.filter.businessID = business
                    $0.pageSize = 1_000
                    $0.pageToken = token
                }
            )
            for customer in reply.customers { customers[customer.id] = customer }
            token = reply.nextPageToken
        } while !token.isEmpty
        return customers
    }
}

private actor Counter {
    private var count = 0

    func next() -> Int {
        self.count += 1
        return self.count
    }
}
