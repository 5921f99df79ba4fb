internal import ArgumentParser
internal import KhachRPC

/// Which server is called, and how long each call may take.
struct ConnectionOptions: ParsableArguments {
    static let serverDefault = "tcp:127.0.0.1:7440"
    private static let connectSecondsMax = 5.0

    @Option(
        help: ArgumentHelp(
            """
            The server: unix:/path, tcp:host:port or tls:host:port (KHACH_SERVER, or the \
            profile's; default \(serverDefault)).
            """,
            valueName: "address"
        )
    )
    var server: String?

    @Option(
        help: ArgumentHelp(
            """
            Whose server and token, see `khach profile` (KHACH_PROFILE; default \
            \(Profile.nameDefault)).
            """,
            valueName: "name"
        )
    )
    var profile: String?

    @OptionGroup(title: "TLS") var tlsOptions: TLSOptions

    @Option(help: ArgumentHelp("How long each call may take.", valueName: "seconds"))
    var timeout: Double = 30

    @Option(
        help: ArgumentHelp(
            "The span in whose trace the calls are, as W3C Trace Context has it (TRACEPARENT).",
            valueName: "traceparent"
        )
    )
    var traceparent: String?

    var address: String { self.givenAddress ?? self.known?.server ?? Self.serverDefault }

    /// KHACH_TOKEN, or that of the profile; a profile's is for its own server and no other.
    var token: String? {
        if let token = Surroundings.current.environment["KHACH_TOKEN"], !token.isEmpty {
            return token
        }
        return self.known.flatMap { $0.server == self.address ? $0.token : nil }
    }

    /// What is given for it, or else the profile's, for its own server and no other.
    var tls: TLSFiles {
        self.tlsOptions.files(self.known.flatMap { $0.server == self.address ? $0.tls : nil })
    }

    /// That of the option, or of the environment, where another is no matter of this command.
    private var traceParent: TraceParent? {
        (self.traceparent ?? Surroundings.current.environment["TRACEPARENT"])
            .flatMap(TraceParent.init)
    }

    private var givenAddress: String? {
        self.server ?? Surroundings.current.environment["KHACH_SERVER"]
    }

    /// What the profile says; `validate` has read it once without an error.
    private var known: Profile? { try? Profile.read(self.profile) }

    func validate() throws {
        do {
            _ = try Profile.read(self.profile)
        } catch let failure as CommandFailure {
            throw ValidationError(failure.message)
        }
        guard self.timeout > 0, self.timeout <= 86_400 else {
            throw ValidationError(
                "a timeout of more than 0 and at most 86400 seconds expected, "
                    + "\(PlainText.number(self.timeout)) found"
            )
        }
        if let text = self.traceparent, TraceParent(text) == nil {
            throw ValidationError(
                "a traceparent like 00-<32 digits>-<16 digits>-01 expected, \(text) found"
            )
        }
        guard ["unix:", "tcp:", "tls:"].contains(where: self.address.hasPrefix) else {
            throw ValidationError(
                "a server like unix:/path, tcp:host:port or tls:host:port expected, "
                    + "\(self.address) found"
            )
        }
    }

    var connectTimeout: Duration { .seconds(min(self.timeout, Self.connectSecondsMax)) }

    /// What is said when no answer came in time.
    var late: CommandFailure {
        CommandFailure(
            .unavailable,
            "an answer of \(self.address) within \(PlainText.seconds(self.timeout)) expected, "
                + "none found"
        )
    }

    private func traced(_ client: OnlineClient) -> OnlineClient {
        var traced = client
        traced.traceParent = self.traceParent
        return traced
    }

    /// Connects, lets `body` call, and closes the connection however it ends.
    func withClient<Result>(
        _ body: (OnlineClient) async throws -> Result
    ) async throws -> Result {
        let client: OnlineClient
        do {
            client = self.traced(
                try await Surroundings.current.connect(
                    self.address,
                    self.token,
                    self.tls,
                    .seconds(self.timeout)
                )
            )
        } catch  where error.code == .unavailable {
            throw CommandFailure(.unavailable, ShownText.oneLine(error.message))
        }
        do {
            let result = try await body(client)
            await client.close()
            return result
        } catch {
            await client.close()
            if let error = error as? RPCError, error.code == .deadlineExceeded { throw self.late }
            throw error
        }
    }
}
