internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// What agents do to the customers of a random shop.
extension RandomShop {
    /// Blocks, unblocks, rejects, links and erases some of those who are there.
    mutating func change(_ count: Int) async throws {
        for _ in 0..<count {
            let customers = try await self.client.listCustomers(
                .with {
                    $0.filter.businessID = self.business
                    $0.pageSize = 200
                }
            ).customers
            guard !customers.isEmpty else { return }

            let customer = customers[self.generator.below(customers.count)]
            switch self.generator.below(8) {
            case 0...2: try await self.block(customer)
            case 3: try await self.unblock(customer)
            case 4, 5: try await self.reject(customer)
            case 6: try await self.link(customer, with: customers)
            default: try await self.erase(customer)
            }
        }
    }

    private static let mutation = Khach_V1_Mutation.with { $0.actor = "lan" }

    private func block(_ customer: Khach_V1_Customer) async throws {
        _ = try await self.client.blockCustomers(
            .with {
                $0.ids = [customer.id]
                $0.reason = "spam"
                $0.mutation = Self.mutation
            }
        )
    }

    private func unblock(_ customer: Khach_V1_Customer) async throws {
        _ = try await self.client.unblockCustomers(
            .with {
                $0.ids = [customer.id]
                $0.mutation = Self.mutation
            }
        )
    }

    private func reject(_ customer: Khach_V1_Customer) async throws {
        guard let phone = customer.phones.first else { return }

        _ = try await self.client.rejectContactPoint(
            .with {
                $0.id = customer.id
                $0.kind = .phone
                $0.value = phone.value
                $0.mutation = Self.mutation
            }
        )
    }

    private func link(
        _ customer: Khach_V1_Customer,
        with others: [Khach_V1_Customer]
    ) async throws {
        let other = others.first { $0.pageID == customer.pageID && $0.id != customer.id }
        guard let other else { return }

        _ = try await self.client.linkIdentity(
            .with {
                $0.id = customer.id
                $0.otherID = other.id
                $0.mutation = Self.mutation
            }
        )
    }

    private func erase(_ customer: Khach_V1_Customer) async throws {
        _ = try await self.client.eraseCustomer(
            .with {
                $0.id = customer.id
                $0.mutation = Self.mutation
            }
        )
    }
}
