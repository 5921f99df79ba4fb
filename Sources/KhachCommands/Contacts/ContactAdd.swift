internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach contacts add CUSTOMER VALUE`.
struct ContactAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a phone or an e-mail address by hand, also one that was rejected."
    )

    @OptionGroup var edit: ContactEdit

    func run() async throws {
        let contact = self.edit.contact
        try await self.edit.run(\.customer) { client, mutation in
            let request = Khach_V1_AddContactPointRequest.with {
                $0.id = contact.customer
                $0.kind = contact.kind
                $0.value = contact.value
                $0.mutation = mutation
            }
            return try await client.addContactPoint(request)
        }
    }
}
