internal import TTRPC
internal import Testing

@testable internal import KhachCommands

@Suite("Traces and names of calls on the command line")
struct TraceOptionTests {
    private static let one = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    private static let other = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"

    @Test(
        "the span is that of the option, or else of the environment if it has one",
        arguments: [
            ([], nil, nil), (["--traceparent", one], nil, one), ([], one, one),
            (["--traceparent", one], other, one), ([], "none", nil), ([], "", nil),
        ] as [([String], String?, String?)]
    )
    func sent(_ options: [String], _ variable: String?, _ expected: String?) async {
        let server = FakeServer { (_, _) throws(Status) in Payload() }
        let environment = variable.map { ["TRACEPARENT": $0] } ?? [:]
        #expect(await server.run(["health"] + options, environment: environment) != 64)
        #expect(server.calls.map { $0.metadata["traceparent"] } == [expected])
    }

    @Test("an option that is no traceparent is not understood")
    func refused() async {
        let server = FakeServer { (_, _) throws(Status) in Payload() }
        #expect(await server.run(["health", "--traceparent", "00-1-2-3"]) == 64)
        #expect(server.error.contains("a traceparent like 00-"), "\(server.error)")
        #expect(server.calls.isEmpty)
    }

    @Test("an error tells the name of its call, when it has one")
    func told() async {
        for (name, end) in [("ab-1-2", " (request ab-1-2)\n"), (nil, ": none\n")] {
            let server = FakeServer { (_, _) throws(Status) in
                let status = Status(.notFound, "none")
                throw name.map { status.naming($0) } ?? status
            }
            #expect(await server.run(["health"]) == 4)
            #expect(server.error.hasSuffix(end), "\(server.error)")
        }
    }
}
