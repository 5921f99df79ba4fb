internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach customers block ID…`.
struct CustomerBlock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "block",
        abstract: "Block customers: what they write is not recorded.",
        discussion: """
            Each customer has an outcome of its own. Where a gateway carries out the blocks of a \
            page, the outcome is PENDING until it settles it. Whoever has a role on the page \
            cannot be blocked.
            """
    )

    @OptionGroup var options: BlockOptions

    func run() async throws {
        try await self.options.run { client, ids, mutation in
            let request = Khach_V1_BlockCustomersRequest.with {
                $0.ids = ids
                $0.reason = self.options.reason
                $0.mutation = mutation
            }
            return try await client.blockCustomers(request).outcomes
        }
    }
}
