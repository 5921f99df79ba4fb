internal import Foundation
internal import Testing

/// A client that nobody here wrote: Debian's Go ttrpc 1.1.1.
@Suite("A stock Go peer", .timeLimit(.minutes(15)))
struct StockPeerTests {
    @Test("calls every shape of unary call of ttrpc-testd")
    func streaming() throws {
        let daemon = try Daemon("ttrpc-testd", ["tcp:127.0.0.1:0"])
        let result = try run(Binaries.goPeer, [daemon.address, "echo", "2000", "32"])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        let checks = try result.objects()
        #expect(checks.count >= 5)
        #expect(checks.allSatisfy { $0["ok"] as? Bool == true }, "\(result.output)")
        #expect(daemon.kill(SIGTERM) == 0)
    }

    @Test("the server stops in the middle: what runs is answered, what comes later is unavailable")
    func stop() throws {
        let daemon = try Daemon("ttrpc-testd", ["tcp:127.0.0.1:0"])
        let result = try run(Binaries.goPeer, [daemon.address, "stop", "\(daemon.pid)", "1"])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(try result.objects().count == 3, "\(result.output)")
    }

    @Test("calls unary methods of khachd over TCP and over a Unix socket")
    func khachd() throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon(
            "khachd",
            [
                "serve", "--data", folder.path("data"), "--listen", "tcp:127.0.0.1:0",
                "--listen", "unix:\(folder.path("socket"))",
            ],
            listens: 2
        )
        for address in daemon.addresses {
            // HealthCheckResponse{status: SERVING} is 08 01.
            let health = try run(
                Binaries.goPeer,
                [address, "call", "grpc.health.v1.Health", "Check", ""]
            )
            #expect(health.status == 0, "\(health.output)\(health.errors)")
            #expect(health.output.contains("0801"))

            // GetCustomerRequest{id: "x"} is no id: INVALID_ARGUMENT.
            let refused = try run(
                Binaries.goPeer,
                [address, "call", "khach.v1.CustomerService", "GetCustomer", "0a0178"]
            )
            #expect(
                refused.output.contains("3 id: the id of a customer expected"),
                "\(refused.output)"
            )
        }
        #expect(daemon.kill(SIGTERM) == 0)
    }
}
