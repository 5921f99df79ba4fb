internal import KhachProto
internal import SwiftProtobuf
package import TTRPC

/// `grpc.reflection.v1.ServerReflection`, and v1alpha, whose messages are the same.
///
/// Tells the schema to whoever asks: it is no secret, and needs no token.
package struct Reflection: Sendable {
    private static let names = [
        "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
    ]

    /// Full names of what is served, itself among it.
    private let services: [String]
    private let schema: Schema

    /// Reflection over the services of a table.
    package init(of methods: MethodTable) throws {
        let services = methods.names.compactMap { $0.split(separator: "/").first.map(String.init) }
        self.services = Set(services + Self.names).sorted()
        self.schema = try Schema(descriptorSet: PackageResources.api_binpb)
    }

    /// Its methods.
    package var table: MethodTable {
        var table = MethodTable()
        for name in Self.names {
            table.add(
                name,
                "ServerReflectionInfo",
                .bidirectional { (_, questions, answers) async throws(Status) in
                    while let question = try await questions.next() {
                        try await answers.send(try self.answer(question))
                    }
                }
            )
        }
        return table
    }

    private func answer(_ payload: Payload) throws(Status) -> Payload {
        do {
            return try self.answer(
                Grpc_Reflection_V1_ServerReflectionRequest(serializedBytes: payload)
            ).serializedBytes()
        } catch {
            throw Status(.invalidArgument, "a ServerReflectionRequest expected, found other bytes")
        }
    }

    private func answer(
        _ question: Grpc_Reflection_V1_ServerReflectionRequest
    ) -> Grpc_Reflection_V1_ServerReflectionResponse {
        .with { response in
            response.validHost = question.host
            response.originalRequest = question
            response.messageResponse =
                switch question.messageRequest {
                case .listServices: .listServicesResponse(self.list)
                case .fileByFilename(let name): self.files(from: name)
                case .fileContainingSymbol(let symbol):
                    self.files(from: self.schema.file(of: symbol))
                case .allExtensionNumbersOfType, .fileContainingExtension:
                    self.error(.notFound, "no extension is here")
                case nil: self.error(.invalidArgument, "a question expected, found none")
                }
        }
    }

    private var list: Grpc_Reflection_V1_ListServiceResponse {
        .with { list in
            list.service = self.services.map { name in .with { $0.name = name } }
        }
    }

    private func files(
        from name: String?
    ) -> Grpc_Reflection_V1_ServerReflectionResponse.OneOf_MessageResponse {
        guard let name, let files = self.schema.files(from: name) else {
            return self.error(.notFound, "a file or a symbol here expected, found another")
        }

        // A file that was read can be written.
        let written = files.compactMap { try? $0.serializedData() }
        return .fileDescriptorResponse(.with { $0.fileDescriptorProto = written })
    }

    private func error(
        _ code: Status.Code,
        _ message: String
    ) -> Grpc_Reflection_V1_ServerReflectionResponse.OneOf_MessageResponse {
        .errorResponse(
            .with { error in
                error.errorCode = code.rawValue
                error.errorMessage = message
            }
        )
    }
}
