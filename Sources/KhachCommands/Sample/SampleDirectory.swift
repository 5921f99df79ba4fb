package import KhachProto
internal import SwiftProtobuf

/// The businesses and pages of a sample: what must exist before its interactions can be recorded.
package struct SampleDirectory: Sendable {
    package struct Business: Sendable {
        package var name: String
        package var timeZone: String
        package var locale: String
        /// Positions in `pages`.
        package var pages: Range<Int>
    }

    package struct Page: Sendable {
        package var business: Int
        package var channel: Khach_V1_Channel
        package var externalPageID: String
        package var name: String
        /// The first of its customers, and the one after its last, in the sample's numbering.
        package var customers: Range<Int>
        /// The seed of everything on this page.
        var seed: UInt64
        /// Has two livestreams a week.
        var hasLivestreams: Bool
        /// When it was connected and its history was imported; `nil` when it had none.
        var importedAt: Int64?
    }

    package private(set) var businesses: [Business] = []
    package private(set) var pages: [Page] = []

    package init(size: SampleSize, seed: UInt64) {
        var random = SplitMix64(seed: seed ^ 0x6469_7265_6374_6F72)
        for count in Self.pagesPerBusiness(size, &random) {
            let start = self.businesses.last?.pages.upperBound ?? 0
            self.addBusiness(pages: start..<start + count, &random)
        }
        self.addPages(size, seed: seed, &random)
    }

    /// 45 % of the businesses have one page, 5 % more than ten; the sum is exact.
    private static func pagesPerBusiness(_ size: SampleSize, _ random: inout SplitMix64) -> [Int] {
        var counts = (0..<size.businessesCount).map { _ in
            switch random.below(100) {
            case 0..<45: 1
            case 45..<75: random.within(2...3)
            case 75..<95: random.within(4...10)
            default: random.within(11...20)
            }
        }
        var excess = counts.reduce(0, +) - size.pagesCount
        while excess != 0 {
            let index = random.below(counts.count)
            if excess > 0, counts[index] > 1 {
                counts[index] -= 1
                excess -= 1
            } else if excess < 0, counts[index] > 1 || counts.allSatisfy({ $0 == 1 }) {
                counts[index] += 1
                excess += 1
            }
        }
        return counts
    }

    private mutating func addBusiness(pages: Range<Int>, _ random: inout SplitMix64) {
        let zone = Self.zones.draw(&random)
        self.businesses.append(
            Business(
                name:
                    "\(random.pick(Self.shopKinds)) \(random.pick(Self.shopNames)) "
                    + "\(self.businesses.count + 1)",
                timeZone: zone,
                locale: zone == "Asia/Ho_Chi_Minh" ? "vi" : "en",
                pages: pages
            )
        )
    }

    private mutating func addPages(
        _ size: SampleSize,
        seed: UInt64,
        _ random: inout SplitMix64
    ) {
        let counts = Self.customersPerPage(size)
        let channels = Self.channels(counts, total: size.customersCount)
        let owners = self.businesses.indices.flatMap { index in
            Array(repeating: index, count: self.businesses[index].pages.count)
        }
        // The largest page is not always the first: ranks are dealt to pages in mixed order.
        var ranks = Array(counts.indices)
        for index in ranks.indices.reversed() { ranks.swapAt(index, random.below(index + 1)) }

        var start = 0
        for (index, rank) in ranks.enumerated() {
            let external = "\(random.within(100_000_000...999_999_999))\(1_000 + index)"
            let pageSeed = seed ^ SampleChecksum.of("\(channels[rank].rawValue)/\(external)")
            self.pages.append(
                Page(
                    business: owners[index],
                    channel: channels[rank],
                    externalPageID: external,
                    name: self.businesses[owners[index]].name
                        + " \(Self.labels[channels[rank], default: ""])",
                    customers: start..<start + counts[rank],
                    seed: pageSeed,
                    hasLivestreams: channels[rank] == .facebook && index % 5 < 2,
                    // A tenth of the pages, and at least one.
                    importedAt: index % 10 == 3
                        ? SampleCalendar.start + Int64(random.within(300...600)) * 86_400_000
                        : nil
                )
            )
            start += counts[rank]
        }
    }

    /// Zipf with s = 1, exact in sum, at least one customer for each page.
    private static func customersPerPage(_ size: SampleSize) -> [Int] {
        let weights = (1...size.pagesCount).map { 1 / Double($0) }
        let sum = weights.reduce(0, +)
        var counts = weights.map { max(1, Int(Double(size.customersCount) * $0 / sum)) }
        counts[0] += size.customersCount - counts.reduce(0, +)
        return counts
    }

    /// Gives each page, the largest first, to the channel that lacks the most customers.
    private static func channels(_ counts: [Int], total: Int) -> [Khach_V1_Channel] {
        var wanted = Self.shares.map { Double(total) * Double($0.perMille) / 1_000 }
        return counts.map { count in
            let index = wanted.indices.max { wanted[$0] < wanted[$1] } ?? 0
            wanted[index] -= Double(count)
            return Self.shares[index].channel
        }
    }

    private static let shares: [(channel: Khach_V1_Channel, perMille: Int)] = [
        (.facebook, 560), (.zaloOa, 130), (.shopee, 120), (.instagram, 80), (.tiktokShop, 80),
        (.lazada, 30),
    ]
    private static let zones = Weighted<String>([
        ("Asia/Ho_Chi_Minh", 94), ("Asia/Bangkok", 2), ("Asia/Jakarta", 2), ("Asia/Singapore", 1),
        ("Asia/Manila", 1),
    ])
    private static let shopKinds = ["Tiệm", "Shop", "Nhà", "Cửa hàng", "Mẹ và bé", "Hiệu sách"]
    private static let shopNames = [
        "Mây", "An Nhiên", "Hoa Sữa", "Bống", "Sóc Nâu", "Út Mót", "Lá Lành", "Mộc",
    ]
    private static let labels: [Khach_V1_Channel: String] = [
        .facebook: "Facebook", .instagram: "Instagram", .zaloOa: "Zalo", .shopee: "Shopee",
        .lazada: "Lazada", .tiktokShop: "TikTok",
    ]
}

extension SampleDirectory {
    /// The businesses, as requests that would make them.
    package var businessRequests: [Khach_V1_CreateBusinessRequest] {
        self.businesses.map { business in
            .with {
                $0.name = business.name
                $0.timeZone = business.timeZone
                $0.locale = business.locale
            }
        }
    }

    /// The pages of the business at `index`, as requests that would make them under `businessID`.
    package func pageRequests(
        of index: Int,
        businessID: String
    ) -> [Khach_V1_CreatePageRequest] {
        self.pages[self.businesses[index].pages].map { page in
            .with {
                $0.businessID = businessID
                $0.channel = page.channel
                $0.externalPageID = page.externalPageID
                $0.name = page.name
            }
        }
    }
}
