internal import Foundation
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// A business with pages on three channels, to which made-up people write around midnights, and
/// questions about them.
struct RandomShop {
    struct Days {
        var first: String
        var count: Int
        /// A little before midnight UTC of the first day.
        var seconds: Int64
    }

    private static let names = [
        "", "Nguyễn Văn An", "Nguyen Van An", "Nguyễn Thị Lan", "Trần Ngọc Hạ", "An Nguyễn",
        "Lê Văn Anh", "Đặng Thị Đào", "An", "Ánh", "Lan Anh Lan", "Hà Lan", "🌸🌸", "🌸 Lan", "N***n",
    ]
    private static let texts = [
        "còn hàng không", "sđt 0912345678", "gọi 0987 654 321", "mail lan@shop.vn nha", "chấm",
    ]
    private static let queries = [
        "a", "an", "ánh", "nguyễn", "an nguyen", "lan lan", "đào", "nobody", "🌸", "hà", "th l",
    ]
    private static let channels: [Khach_V1_Channel] = [.facebook, .zaloOa, .shopee]

    let client: OnlineClient
    let business: String
    let pages: [String]
    let days: Days
    var generator: SplitMix
    private var events = 0

    init(
        making client: OnlineClient,
        zone: String,
        days: Days,
        generator: SplitMix
    ) async throws {
        let business = try await client.createBusiness(
            .with {
                $0.name = zone
                $0.timeZone = zone
            }
        ).business.id
        var pages: [String] = []
        for (index, channel) in Self.channels.enumerated() {
            let page = try await client.createPage(
                .with {
                    $0.businessID = business
                    $0.channel = channel
                    $0.externalPageID = "\(zone)/\(index)"
                    $0.name = "Page \(index)"
                }
            )
            pages.append(page.page.id)
        }
        self.client = client
        self.business = business
        self.pages = pages
        self.days = days
        self.generator = generator
    }

    // MARK: What is written

    /// Records some interactions: the same people on several days, mostly near midnight.
    mutating func record(_ count: Int, zone: String) async throws {
        var interactions: [Khach_V1_Interaction] = []
        for _ in 0..<count {
            self.events += 1
            let page = self.generator.below(3)
            let kind: Khach_V1_Interaction.Kind = self.generator.below(3) == 0 ? .comment : .message
            let day = Int64(self.generator.below(self.days.count))
            let seconds = self.days.seconds + day * 86_400 + Int64(self.generator.below(14_400))
            let user = self.generator.below(60)
            let name = Self.names[self.generator.below(Self.names.count)]
            let text = Self.texts[self.generator.below(Self.texts.count)]
            let post = self.generator.below(3)
            let isOutbound = self.generator.below(6) == 0
            let events = self.events
            interactions.append(
                .with {
                    $0.channel = Self.channels[page]
                    $0.externalPageID = "\(zone)/\(page)"
                    $0.eventKey = "e\(events)"
                    $0.externalUserID = "u\(user)"
                    $0.direction = isOutbound ? .outbound : .inbound
                    $0.kind = kind
                    $0.postID = kind == .comment ? "post\(post)" : ""
                    // Milliseconds repeat, so that ties are common.
                    $0.occurredAt = .init(seconds: seconds / 60 * 60)
                    $0.nameHint = name
                    $0.text = isOutbound ? "" : text
                }
            )
        }
        for start in stride(from: 0, to: interactions.count, by: 200) {
            let batch = Array(interactions[start..<min(start + 200, interactions.count)])
            _ = try await self.client.recordInteractions(.with { $0.interactions = batch })
        }
    }

    // MARK: Questions

    mutating func filter() -> Khach_V1_CustomerFilter {
        var filter = Khach_V1_CustomerFilter()
        filter.businessID = self.business
        if self.generator.below(3) == 0 {
            for _ in 0...self.generator.below(2) {
                filter.pageIds.append(self.pages[self.generator.below(3)])
            }
        }
        if self.generator.below(4) == 0 {
            filter.channels = [Self.channels[self.generator.below(3)]]
        }
        if self.generator.below(4) == 0 {
            filter.nameStatuses = [
                Khach_V1_NameStatus(rawValue: 1 + self.generator.below(4)) ?? .real
            ]
        }
        filter.hasPhone_p = self.ternary()
        filter.hasEmail_p = self.ternary()
        filter.blocked = self.ternary()
        let days = [self.day(), self.day()].sorted()
        if self.generator.below(4) == 0 { filter.createdFrom = days[0] }
        if self.generator.below(4) == 0 { filter.createdTo = days[1] }
        if self.generator.below(3) == 0 {
            let days = [self.day(), self.day()].sorted()
            filter.messagedFrom = days[0]
            filter.messagedTo = self.generator.below(3) == 0 ? "" : days[1]
            filter.messagedKind = Khach_V1_ActivityKind(rawValue: self.generator.below(4)) ?? .any
        }
        if self.generator.below(2) == 0 {
            filter.nameQuery = Self.queries[self.generator.below(Self.queries.count)]
        }
        return filter
    }

    mutating func order(for filter: Khach_V1_CustomerFilter) -> Khach_V1_CustomerOrder {
        let count = filter.nameQuery.isEmpty ? 4 : 5
        return Khach_V1_CustomerOrder(rawValue: self.generator.below(count)) ?? .unspecified
    }

    mutating func statistics() -> Khach_V1_GetStatisticsRequest {
        var request = Khach_V1_GetStatisticsRequest()
        let days = [self.day(), self.day()].sorted()
        request.businessID = self.business
        request.dayFrom = days[0]
        request.dayTo = days[1]
        request.grouping = .init(rawValue: self.generator.below(4)) ?? .page
        request.basis = .init(rawValue: self.generator.below(4)) ?? .created
        if self.generator.below(3) == 0 { request.pageIds = [self.pages[self.generator.below(3)]] }
        if self.generator.below(4) == 0 {
            request.channels = [Self.channels[self.generator.below(3)]]
        }
        return request
    }

    private mutating func day() -> String {
        let style = Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day()
        let day = Int64(self.generator.below(self.days.count + 2))
        return style.format(
            Date(timeIntervalSince1970: Double(self.days.seconds + day * 86_400))
        )
    }

    private mutating func ternary() -> Khach_V1_Ternary {
        let value = self.generator.below(2) == 0 ? 0 : self.generator.below(3)
        return Khach_V1_Ternary(rawValue: value) ?? .unspecified
    }
}
