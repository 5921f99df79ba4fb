internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// One business with one page, and batches of interactions for it that can be sent again.
struct Recorder {
    static let pageID = "fb1"

    let client: OnlineClient
    let business: String

    /// Makes the business and its page.
    init(making client: OnlineClient) async throws {
        self.client = client
        self.business = try await client.createBusiness(.with { $0.name = "Shop" }).business.id
        let business = self.business
        _ = try await client.createPage(
            .with {
                $0.businessID = business
                $0.channel = .facebook
                $0.externalPageID = Self.pageID
                $0.name = "Page"
            }
        )
    }

    /// The business as it is, over another connection.
    init(_ client: OnlineClient, business: String) {
        self.client = client
        self.business = business
    }

    /// The batch of this number: each of its interactions is of another customer.
    static func batch(_ number: Int, count: Int = 50) -> Khach_V1_RecordInteractionsRequest {
        .with { request in
            request.interactions = (0..<count).map { item in
                .with {
                    $0.channel = .facebook
                    $0.externalPageID = Self.pageID
                    $0.eventKey = "m:\(number):\(item)"
                    $0.externalUserID = "u\(number)_\(item)"
                    $0.direction = .inbound
                    $0.kind = .message
                    $0.occurredAt = Google_Protobuf_Timestamp(
                        seconds: 1_780_000_000 + Int64(number * 100 + item)
                    )
                    $0.nameHint = "Khách \(number) \(item)"
                }
            }
        }
    }

    func record(_ number: Int) async throws -> [Khach_V1_InteractionOutcome.Result] {
        try await self.client.recordInteractions(Self.batch(number)).outcomes.map(\.result)
    }

    /// Every record of the business, by id: two equal digests are two equal states.
    func digest() async throws -> [String: Khach_V1_Customer] {
        var customers: [String: Khach_V1_Customer] = [:]
        var token = ""
        repeat {
            let (business, after) = (self.business, token)
            let reply = try await self.client.listCustomers(
                .with {
                    $0.filter.businessID = business
                    $0.pageSize = 1_000
                    $0.pageToken = after
                }
            )
            for customer in reply.customers { customers[customer.id] = customer }
            token = reply.nextPageToken
        } while !token.isEmpty
        return customers
    }
}
