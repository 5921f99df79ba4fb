internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach customers unblock ID…`.
struct CustomerUnblock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unblock",
        abstract: "Unblock customers; what they wrote meanwhile is not brought back."
    )

    @OptionGroup var options: BlockOptions

    func run() async throws {
        try await self.options.run { client, ids, mutation in
            let request = Khach_V1_UnblockCustomersRequest.with {
                $0.ids = ids
                $0.reason = self.options.reason
                $0.mutation = mutation
            }
            return try await client.unblockCustomers(request).outcomes
        }
    }
}
