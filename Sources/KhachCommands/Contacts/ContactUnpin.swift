internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach contacts unpin CUSTOMER VALUE`.
struct ContactUnpin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpin",
        abstract: "Take the pin away; the one seen last is the primary one again."
    )

    @OptionGroup var edit: ContactEdit

    func run() async throws {
        let contact = self.edit.contact
        try await self.edit.run(\.customer) { client, mutation in
            let request = Khach_V1_PinContactPointRequest.with {
                $0.id = contact.customer
                $0.kind = contact.kind
                $0.value = contact.value
                $0.unpin = true
                $0.mutation = mutation
            }
            return try await client.pinContactPoint(request)
        }
    }
}
