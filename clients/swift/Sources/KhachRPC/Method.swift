public import SwiftProtobuf

/// The name of a unary method, with the types that go in and come out.
public struct Method<Request: Message, Response: Message>: Sendable {
    /// The full name of the service, such as `khach.v1.CustomerService`.
    public let service: String
    /// The name of the method within its service, such as `GetCustomer`.
    public let name: String

    init(_ service: String, _ name: String) {
        self.service = service
        self.name = name
    }
}

/// The name of a method that is answered with a stream, with the types that go in and come out.
public struct StreamingMethod<Request: Message, Response: Message>: Sendable {
    /// The full name of the service, such as `khach.v1.CustomerService`.
    public let service: String
    /// The name of the method within its service, such as `ExportCustomers`.
    public let name: String

    init(_ service: String, _ name: String) {
        self.service = service
        self.name = name
    }
}

/// A method whose types are known at run time only: JSON goes in and comes out.
public struct AnyMethod: Sendable {
    /// The full name of the service.
    public let service: String
    /// The name of the method within its service.
    public let name: String
    /// The full protobuf name of the request type.
    public let requestType: String
    /// The full protobuf name of the response type.
    public let responseType: String

    let call: @Sendable (OnlineClient, String, Duration?) async throws(RPCError) -> String

    /// The service and the name, as `service/name`.
    public var path: String { "\(self.service)/\(self.name)" }

    init<Request: Message, Response: Message>(_ method: Method<Request, Response>) {
        self.service = method.service
        self.name = method.name
        self.requestType = Request.protoMessageName
        self.responseType = Response.protoMessageName
        self.call = { (client, json, timeout) async throws(RPCError) -> String in
            let request: Request
            do {
                request = try Request(jsonString: json)
            } catch {
                throw RPCError(
                    .invalidArgument,
                    "JSON of a \(Request.protoMessageName) expected: "
                        + JSONFault<Request>(Array(json.utf8)).text
                )
            }
            let response = try await client.call(method, request, timeout: timeout)
            do {
                return try response.jsonString()
            } catch {
                throw RPCError(
                    .internal,
                    "\(Response.protoMessageName) that JSON can hold expected, \(error)"
                )
            }
        }
    }

    /// A method that is answered with a stream: JSON calls do not take it, since nothing bounds it.
    init<Request: Message, Response: Message>(_ method: StreamingMethod<Request, Response>) {
        self.service = method.service
        self.name = method.name
        self.requestType = Request.protoMessageName
        self.responseType = Response.protoMessageName
        self.call = { (_, _, _) async throws(RPCError) -> String in
            throw RPCError(
                .unimplemented,
                "a method with one response expected, \(method.name) found, which has many"
            )
        }
    }
}
