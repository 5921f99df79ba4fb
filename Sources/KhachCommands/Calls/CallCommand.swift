internal import ArgumentParser
internal import KhachRPC

/// `khach call SERVICE/METHOD JSON`.
struct CallCommand: AsyncParsableCommand {
    private static let inputBytesMax = 4 << 20

    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Call any method, with protobuf JSON in and out.",
        discussion: "Example: khach call CustomerService/GetCustomer '{\"id\":\"c1\"}'"
    )

    @Argument(
        help: "The method, as service/method; the package may be left out.",
        completion: .list(Methods.all.map(\.path))
    )
    var method: String

    @Argument(help: "The request as JSON; - reads it from standard input.")
    var json = "{}"

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard Methods.method(at: self.method) == nil else { return }

        throw ValidationError("a method that `khach methods` lists expected, \(self.method) found")
    }

    func run() async throws {
        let request = self.json == "-" ? try Self.input() : self.json
        let response = try await self.connection.withClient { client in
            try await client.call(self.method, json: request)
        }
        let text = self.output.output == .jsonl ? response : JSONText.indented(response)
        Surroundings.current.console.write(text + "\n")
    }

    private static func input() throws -> String {
        var bytes: [UInt8] = []
        while bytes.count <= Self.inputBytesMax {
            let piece = try Surroundings.current.readInput()
            if piece.isEmpty { return String(decoding: bytes, as: UTF8.self) }

            bytes += piece
        }
        throw CommandFailure(
            .failure,
            "at most \(Self.inputBytesMax) bytes expected on standard input, more found"
        )
    }
}
