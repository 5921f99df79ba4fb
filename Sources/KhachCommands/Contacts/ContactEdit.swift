internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// What every change of a contact by hand is asked with.
struct ContactEdit: ParsableArguments {
    @OptionGroup var contact: ContactValue
    @OptionGroup var mutation: MutationOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    /// Makes the call and shows the contacts as they are then.
    func run<Response: Message>(
        _ customer: (Response) -> Khach_V1_Customer,
        _ call: (OnlineClient, Khach_V1_Mutation) async throws -> Response
    ) async throws {
        try await self.connection.withClient { client in
            let response = try await call(client, self.mutation.mutation())
            var zoneName: String?
            if self.output.output == .table {
                zoneName = await client.zoneName(ofCustomer: customer(response).id)
            }
            try Listing.show(response, as: self.output.output) { response in
                ContactTable(zoneName: zoneName).text(customer(response))
            }
        }
    }
}
