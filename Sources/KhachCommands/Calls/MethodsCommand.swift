internal import ArgumentParser
internal import KhachRPC

/// `khach methods`.
struct MethodsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "methods",
        abstract: "List the methods that `call` knows."
    )

    func run() async throws {
        var table = Table([
            .init("METHOD", max: 60), .init("REQUEST", max: 48), .init("RESPONSE", max: 48),
        ])
        let rows = Methods.all.map { [$0.path, $0.requestType, $0.responseType] }
        Surroundings.current.console.write(table.lines(rows))
    }
}
