internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach contacts reject CUSTOMER VALUE`.
struct ContactReject: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject",
        abstract: "Say that it is no contact of the customer; detection does not bring it back."
    )

    @OptionGroup var edit: ContactEdit

    func run() async throws {
        let contact = self.edit.contact
        try await self.edit.run(\.customer) { client, mutation in
            let request = Khach_V1_RejectContactPointRequest.with {
                $0.id = contact.customer
                $0.kind = contact.kind
                $0.value = contact.value
                $0.mutation = mutation
            }
            return try await client.rejectContactPoint(request)
        }
    }
}
