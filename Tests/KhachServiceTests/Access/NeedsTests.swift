internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@testable internal import KhachService

/// Each method asks for what it needs, and for nothing else: default deny.
@Suite("Needs of methods")
struct NeedsTests {
    static let names = ServiceHarness().table.names

    @Test(
        "without what it needs a method is denied, whatever else a token allows",
        arguments: names
    )
    func denied(_ name: String) async throws {
        var harness = ServiceHarness()
        guard case .oneOf(let permissions, _) = try self.need(harness, name) else { return }

        try await harness.beKnown(Permissions.all.subtracting(permissions))
        let status = await harness.status(name, Payload())
        #expect(status?.code == .permissionDenied)
        #expect(status?.reason == "PERMISSION_DENIED")
    }

    @Test("with what it needs and no more a method looks at its request", arguments: names)
    func allowed(_ name: String) async throws {
        var harness = ServiceHarness()
        guard case .oneOf(let permissions, _) = try self.need(harness, name) else { return }

        try await harness.beKnown(permissions)
        let status = await harness.status(name, Payload())
        #expect(status?.code != .permissionDenied)
        #expect(status?.code != .unauthenticated)
    }

    @Test("only health needs nothing")
    func open() throws {
        let harness = ServiceHarness()
        let open = try Self.names.filter { try self.need(harness, $0) == .nothing }
        #expect(open == ["grpc.health.v1.Health/Check", "grpc.health.v1.Health/Watch"])
    }

    private func need(_ harness: ServiceHarness, _ name: String) throws -> Need {
        let parts = name.split(separator: "/").map(String.init)
        return try #require(khachRows(harness.environment).services[parts[0]]?[parts[1]]).need
    }
}
