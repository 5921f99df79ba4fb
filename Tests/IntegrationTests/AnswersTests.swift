internal import Foundation
internal import Glibc
internal import KhachClient
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import Testing

/// 4.13: at the same sequence, the server's answer is the cache's; and the days of a range add up.
@Suite("The same answers", .timeLimit(.minutes(15)))
struct AnswersTests {
    struct Zone: Sendable, CustomTestStringConvertible {
        var name: String
        var first: String
        /// An hour before midnight UTC of the day before.
        var seconds: Int64
        var testDescription: String { self.name }
    }

    /// Each range has a change of its zone's clock, but the first.
    static let zones = [
        Zone(name: "Asia/Ho_Chi_Minh", first: "2025-05-28", seconds: 1_748_386_800),
        Zone(name: "Europe/Berlin", first: "2025-10-21", seconds: 1_761_001_200),
        Zone(name: "America/Sao_Paulo", first: "2018-10-30", seconds: 1_540_854_000),
    ]

    @Test("server and cache list, count and add up the same, whatever is asked", arguments: zones)
    func same(_ zone: Zone) async throws {
        let seed = try ReplayableSeed()
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let client = try await OnlineClient.connect(to: daemon.address)
        do {
            try await Self.compare(client, daemon, folder, zone, seed.generator)
        } catch {
            Issue.record("\(error); \(zone.name), \(seed)")
        }
        await client.close()
        #expect(daemon.kill(SIGTERM) == 0)
    }

    private static func compare(
        _ client: OnlineClient,
        _ daemon: Daemon,
        _ folder: TemporaryFolder,
        _ zone: Zone,
        _ generator: SplitMix
    ) async throws {
        var shop = try await RandomShop(
            making: client,
            zone: zone.name,
            days: .init(first: zone.first, count: 10, seconds: zone.seconds),
            generator: generator
        )
        let cache = try OfflineClient.open(
            cachePath: folder.path("cache.db"),
            businessID: shop.business,
            address: daemon.address
        )
        for round in 0..<3 {
            try await shop.record(round == 0 ? 600 : 150, zone: zone.name)
            try await shop.change(25)
            _ = try cache.syncOnce()
            for _ in 0..<60 {
                try await self.compareLists(&shop, cache)
            }
            for _ in 0..<20 {
                try await self.compareStatistics(&shop, cache)
                try await self.addUp(&shop)
            }
        }
    }

    private struct Difference: Error {
        var question: String
        var server: [String]
        var cache: [String]
    }

    private static func compareLists(
        _ shop: inout RandomShop,
        _ cache: OfflineClient
    ) async throws {
        let filter = shop.filter()
        let order = shop.order(for: filter)
        let rows = [1, 7, 200][shop.generator.below(3)]
        var online: [String] = []
        var request = Khach_V1_ListCustomersRequest()
        request.filter = filter
        request.order = order
        request.pageSize = UInt32(rows)
        repeat {
            let reply = try await shop.client.listCustomers(request)
            online += reply.customers.map(\.id)
            request.pageToken = reply.nextPageToken
        } while !request.pageToken.isEmpty

        var offline: [String] = []
        var next: String?
        repeat {
            let list = try cache.customers(
                CustomerFilter(filter),
                order: CustomerOrder(rawValue: Int32(order.rawValue)) ?? .unspecified,
                limit: rows,
                after: next
            )
            offline += list.customers.map(\.id)
            next = list.next
        } while next != nil
        let question = "\(order) \(filter.textFormatString())"
        guard online == offline, Set(online).count == online.count else {
            throw Difference(question: question, server: online, cache: offline)
        }

        let count = try await shop.client.countCustomers(.with { $0.filter = filter }).count
        let counts = [Int(count), Int(try cache.count(CustomerFilter(filter)))]
        guard counts == [online.count, online.count] else {
            throw Difference(question: question, server: ["\(counts)"], cache: ["\(online.count)"])
        }
    }

    private static func compareStatistics(
        _ shop: inout RandomShop,
        _ cache: OfflineClient
    ) async throws {
        let request = shop.statistics()
        let online = try await shop.client.getStatistics(request)
        var query = StatisticsQuery(dayFrom: request.dayFrom, dayTo: request.dayTo)
        query.pageIDs = request.pageIds
        query.channels = Set(
            request.channels.compactMap { Customer.Channel(rawValue: Int32($0.rawValue)) }
        )
        query.grouping = .init(rawValue: Int32(request.grouping.rawValue)) ?? .page
        query.basis = .init(rawValue: Int32(request.basis.rawValue)) ?? .created
        let offline = try cache.statistics(query)
        let server = (online.rows + online.totals).map(Self.line)
        let cached = (offline.rows + offline.totals).map { row in
            "\(row.day ?? "") \(row.pageID ?? "") \(row.channel?.rawValue ?? 0) \(row.measures)"
        }
        guard server == cached else {
            throw Difference(
                question: request.textFormatString(),
                server: server,
                cache: cached
            )
        }
    }

    private static func line(_ row: Khach_V1_StatisticsRow) -> String {
        let counts = row.measures
        let measures = [
            counts.newCustomers, counts.activeCustomers, counts.messagingCustomers,
            counts.commentingCustomers, counts.newMessageConversations,
            counts.newCommentConversations, counts.phonesFound, counts.emailsFound, counts.blocked,
            counts.unblocked,
        ]
        return "\(row.day) \(row.pageID) \(row.channel.rawValue) \(measures)"
    }

    /// The new customers of the days of a range are those that the list has for it; and what is
    /// distinct in the range is what the filter counts.
    private static func addUp(_ shop: inout RandomShop) async throws {
        var request = shop.statistics()
        request.basis = .created
        let statistics = try await shop.client.getStatistics(request)
        var filter = Khach_V1_CustomerFilter()
        filter.businessID = shop.business
        filter.pageIds = request.pageIds
        filter.channels = request.channels
        var created = filter
        created.createdFrom = request.dayFrom
        created.createdTo = request.dayTo
        var messaged = filter
        messaged.messagedFrom = request.dayFrom
        messaged.messagedTo = request.dayTo
        let sum = statistics.rows.reduce(0) { $0 + $1.measures.newCustomers }
        let active = statistics.totals.reduce(0) { $0 + $1.measures.activeCustomers }
        let counts = try await [
            shop.client.countCustomers(.with { $0.filter = created }).count,
            shop.client.countCustomers(.with { $0.filter = messaged }).count,
        ]
        guard counts == [sum, active] else {
            throw Difference(
                question: request.textFormatString(),
                server: ["\(sum), \(active)"],
                cache: ["\(counts)"]
            )
        }
    }
}

extension CustomerFilter {
    fileprivate init(_ filter: Khach_V1_CustomerFilter) {
        func ternary(_ value: Khach_V1_Ternary) -> Bool? {
            value == .unspecified ? nil : value == .yes
        }
        self.init(
            pageIDs: filter.pageIds,
            createdFrom: filter.createdFrom,
            createdTo: filter.createdTo
        )
        self.channels = Set(
            filter.channels.compactMap { Customer.Channel(rawValue: Int32($0.rawValue)) }
        )
        self.nameStatuses = Set(
            filter.nameStatuses.compactMap { Customer.NameStatus(rawValue: Int32($0.rawValue)) }
        )
        self.messagedFrom = filter.messagedFrom
        self.messagedTo = filter.messagedTo
        self.messagedKind = Activity(rawValue: Int32(filter.messagedKind.rawValue)) ?? .any
        self.hasPhone = ternary(filter.hasPhone_p)
        self.hasEmail = ternary(filter.hasEmail_p)
        self.isBlocked = ternary(filter.blocked)
        self.name = filter.nameQuery
    }
}
