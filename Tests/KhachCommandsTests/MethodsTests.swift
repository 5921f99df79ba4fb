internal import Foundation
internal import KhachRPC
internal import Testing

@Suite("The table of methods")
struct MethodsTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../..").standardized

    /// Every rpc of a file of the schema, as `package.Service/Method`, with its types.
    static func rpcs(_ path: String) throws -> [[String]] {
        let text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
        let package = text.firstMatch(of: /\npackage ([a-z0-9.]+);/)?.output.1 ?? ""
        var service: Substring = ""
        var rpcs: [[String]] = []
        for line in text.split(separator: "\n") {
            if let match = line.firstMatch(of: /^service (\w+)/) { service = match.output.1 }
            if let match = line.firstMatch(
                of: /rpc (\w+)\((\w+)\) returns \((?:stream )?(\w+)\)/
            ) {
                rpcs.append([
                    "\(package).\(service)/\(match.output.1)", "\(package).\(match.output.2)",
                    "\(package).\(match.output.3)",
                ])
            }
        }
        return rpcs
    }

    @Test("has a row for every rpc of the schema, and no other")
    func complete() throws {
        let files = [
            "Proto/khach/v1/directory.proto", "Proto/khach/v1/interaction.proto",
            "Proto/khach/v1/customer_service.proto", "Proto/khach/v1/sync.proto",
            "Proto/grpc/health/v1/health.proto",
        ]
        let expected = try files.flatMap { try Self.rpcs($0) }
        #expect(expected.count >= 30)
        #expect(Methods.all.map { [$0.path, $0.requestType, $0.responseType] } == expected)
    }

    @Test("reads every file of the services")
    func files() throws {
        let folder = Self.root.appending(path: "Proto/khach/v1").path
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(
            files == [
                "customer.proto", "customer_service.proto", "directory.proto",
                "interaction.proto", "sync.proto",
            ]
        )
    }

    static let paths: [(String, String?)] = [
        ("khach.v1.CustomerService/GetCustomer", "GetCustomer"),
        ("/khach.v1.CustomerService/GetCustomer", "GetCustomer"),
        ("CustomerService/GetCustomer", "GetCustomer"), ("Health/Check", "Check"),
        ("GetCustomer", nil), ("Service/GetCustomer", nil), ("", nil), ("/", nil),
    ]

    @Test("finds a method with or without its package", arguments: paths)
    func find(_ path: String, _ expected: String?) {
        #expect(Methods.method(at: path)?.name == expected)
    }
}
