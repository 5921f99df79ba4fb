package import KhachService
package import KhachTLS
package import Logging
package import TTRPCNIO

/// What an operator chose, as the server takes it.
package struct Configuration: Sendable {
    package static let listenDefault = "tcp:127.0.0.1:7440"

    /// Holds the store; made if it is not there, with access for its owner only.
    package var dataFolder: String
    package var addresses: [Address]
    /// Where the same methods are served over gRPC.
    package var grpcAddress: Address?
    /// Where metrics and health are served by HTTP.
    package var metricsAddress: Address?
    /// Room on the disk below which writes are refused.
    package var diskReserveBytes: Int
    /// Event loops; each serves its connections on one thread.
    package var loops: Int
    /// How long running calls may take to finish once the server was told to stop, in seconds.
    package var drainSeconds: Int
    package var logLevel: Logger.Level
    package var logFormat: LogFormat
    /// From here on a call with one answer is slow.
    package var slowNanoseconds = UInt64.max
    /// Of so many calls that begin a trace one is recorded, beside those whose callers want it; 0:
    /// none; `nil`: no call is recorded.
    package var tracesOneIn: Int?
    /// Days that texts of interactions are kept after they were received; `nil`: for good.
    package var textDays: Int?
    /// How long deletions are told one by one, in seconds.
    package var tombstoneSeconds: Int64
    /// Connections of one address that is listened on.
    package var connectionsMax: Int
    /// Connections from one IP address.
    package var connectionsPerAddressMax: Int
    /// How much of the server each caller has.
    package var shares = CallerShares.Bounds()
    /// The mode of Unix sockets.
    package var unixMode: UInt32
    /// Of the `tls` addresses; `nil` when there are none.
    package var tls: ServerTLS.Files?

    /// Everywhere where calls are taken.
    var callAddresses: [Address] { self.addresses + [self.grpcAddress].compactMap { $0 } }

    /// Checks what only all settings together tell.
    package init(_ chosen: ChosenSettings) throws(ConfigurationError) {
        self.dataFolder = try chosen.value(Settings.data)
        self.addresses = try chosen.value(Settings.listen)
        self.grpcAddress = try chosen.value(Settings.grpcListen)
        self.metricsAddress = try chosen.value(Settings.metricsListen)
        self.diskReserveBytes = try chosen.value(Settings.diskReserve).bytes
        self.loops = try chosen.value(Settings.loops)
        self.drainSeconds = try chosen.value(Settings.drain)
        self.logLevel = try chosen.value(Settings.logLevel)
        self.logFormat = try chosen.value(Settings.logFormat)
        let slow = try chosen.value(Settings.logSlow)
        if slow > 0 { self.slowNanoseconds = UInt64(slow) * 1_000_000 }
        let oneIn = try chosen.value(Settings.tracesOneIn)
        if try chosen.value(Settings.traces) == .log { self.tracesOneIn = oneIn }
        let days = try chosen.value(Settings.keepTexts)
        self.textDays = days == 0 ? nil : days
        self.tombstoneSeconds = try chosen.value(Settings.keepTombstones).seconds
        self.connectionsMax = try chosen.value(Settings.connections)
        self.connectionsPerAddressMax = try chosen.value(Settings.connectionsPerAddress)
        let tokenRate = try chosen.value(Settings.tokenRate)
        self.shares.tokenRate = tokenRate == 0 ? nil : tokenRate
        let businessRate = try chosen.value(Settings.businessRate)
        self.shares.businessRate = businessRate == 0 ? nil : businessRate

        self.unixMode = try chosen.value(Settings.unixMode)
        self.tls = try Self.tlsFiles(chosen)

        if try !chosen.value(Settings.allowPlaintext) { try self.refusePlaintext(chosen) }
        try self.matchShields(chosen)
    }

    /// An address that others can reach than who runs the server: they must be known.
    var addressOfOthers: Address? {
        self.callAddresses.first { address in
            if case .unix = address { return self.unixMode != 0o600 }
            return !address.isLocal
        }
    }

    /// What others can reach is encrypted.
    private func refusePlaintext(_ chosen: ChosenSettings) throws(ConfigurationError) {
        let open = self.addresses.first { !$0.isLocal && !$0.isShielded }
        if let open {
            throw ConfigurationError(
                "\(chosen.source(Settings.listen)): a Unix socket, a loopback address or "
                    + "tls:HOST:PORT expected, found \(open); nothing is encrypted there, so it "
                    + "needs allow-plaintext"
            )
        }
        let others = [
            (chosen.source(Settings.grpcListen), self.grpcAddress, " or tls:HOST:PORT"),
            (chosen.source(Settings.metricsListen), self.metricsAddress, ""),
        ]
        for case (let source, let address?, let other) in others
        where !address.isLocal && !address.isShielded {
            throw ConfigurationError(
                "\(source): a loopback address\(other) expected, found \(address); nothing is "
                    + "encrypted there, so it needs allow-plaintext"
            )
        }
    }
}

/// A setting that cannot be: which, what was expected and what was found.
package struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) {
        self.description = description
    }
}
