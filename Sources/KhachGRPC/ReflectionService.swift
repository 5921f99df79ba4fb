internal import GRPCCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// `grpc.reflection.v1.ServerReflection`, and v1alpha, whose messages are the same.
struct ReflectionService: RegistrableRPCService {
    static let names = [
        "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
    ]

    /// Full names of what is served.
    let services: [String]
    let schema: Schema

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        for name in Self.names {
            router.registerHandler(
                forMethod: MethodDescriptor(
                    fullyQualifiedService: name,
                    method: "ServerReflectionInfo"
                ),
                deserializer: RawBytes(),
                serializer: RawBytes()
            ) { request, _ in
                StreamingServerResponse { writer in
                    for try await payload in request.messages {
                        guard
                            let question = try? Grpc_Reflection_V1_ServerReflectionRequest(
                                serializedBytes: payload
                            )
                        else {
                            throw RPCError(
                                code: .invalidArgument,
                                message: "a ServerReflectionRequest expected"
                            )
                        }
                        try await writer.write(try self.answer(question).serializedBytes())
                    }
                    return [:]
                }
            }
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
                    self.error(.notFound, "no extensions")
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
        _ code: TTRPC.Status.Code,
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
