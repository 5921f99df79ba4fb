internal import ArgumentParser
internal import KhachRPC

/// Which server is called, and how long each call may take.
struct ConnectionOptions: ParsableArguments {
    static let serverDefault = "tcp:127.0.0.1:7440"

    @Option(
        help: ArgumentHelp(
            "The server: unix:/path or tcp:host:port (KHACH_SERVER; default \(serverDefault)).",
            valueName: "address"
        )
    )
    var server: String?

    @Option(help: ArgumentHelp("How long each call may take.", valueName: "seconds"))
    var timeout: Double = 30

    var address: String {
        self.server ?? Surroundings.current.environment["KHACH_SERVER"] ?? Self.serverDefault
    }

    func validate() throws {
        guard self.timeout > 0, self.timeout <= 86_400 else {
            throw ValidationError("a timeout of 0 to 86400 seconds expected, \(self.timeout) found")
        }
        guard self.address.hasPrefix("unix:") || self.address.hasPrefix("tcp:") else {
            throw ValidationError(
                "a server like unix:/path or tcp:host:port expected, \(self.address) found"
            )
        }
    }

    /// Connects, lets `body` call, and closes the connection however it ends.
    func withClient<Result>(
        _ body: (OnlineClient) async throws -> Result
    ) async throws -> Result {
        let client = try await Surroundings.current.connect(self.address, .seconds(self.timeout))
        do {
            let result = try await body(client)
            await client.close()
            return result
        } catch {
            await client.close()
            throw error
        }
    }
}
