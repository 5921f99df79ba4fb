internal import KhachService
package import Logging
package import TTRPCNIO

/// What an operator chooses.
package struct Configuration: Sendable {
    package static let listenDefault = "tcp:127.0.0.1:7440"

    /// Holds the store; made if it is not there, with access for its owner only.
    package var dataFolder: String
    package var addresses: [Address]
    /// Where the same methods are served over gRPC; `nil`: nowhere.
    package var grpc: Address?
    /// Event loops; each serves its connections on one thread.
    package var loops: Int
    /// How long running calls may take to finish once the server was told to stop, in seconds.
    package var drainSeconds: Int
    package var logLevel: Logger.Level
    /// Days that texts of interactions are kept after they were received; `nil`: for good.
    package var textDays: Int?
    /// How long deletions are told one by one, in seconds.
    package var tombstoneSeconds: Int64

    /// Checks what only all settings together tell.
    package init(
        dataFolder: String,
        addresses: [Address],
        grpc: Address? = nil,
        loops: Int,
        drainSeconds: Int,
        logLevel: Logger.Level,
        textDays: Int?,
        tombstoneSeconds: Int64 = TombstoneRetention.secondsDefault,
        allowsPlaintext: Bool
    ) throws(ConfigurationError) {
        guard !addresses.isEmpty else {
            throw ConfigurationError("listen: at least one address expected, found none")
        }
        guard (1...64).contains(loops) else {
            throw ConfigurationError("loops: 1 to 64 expected, found \(loops)")
        }
        guard (0...600).contains(drainSeconds) else {
            throw ConfigurationError("drain: 0 to 600 seconds expected, found \(drainSeconds)")
        }
        if let textDays, !(1...TextRetention.daysMax).contains(textDays) {
            throw ConfigurationError(
                "keep-texts: 1 to \(TextRetention.daysMax) days expected, found \(textDays)"
            )
        }
        guard (1...TombstoneRetention.secondsMax).contains(tombstoneSeconds) else {
            let most = KeepingTime(seconds: TombstoneRetention.secondsMax)
            throw ConfigurationError(
                "keep-tombstones: 1s to \(most) expected, found "
                    + "\(KeepingTime(seconds: tombstoneSeconds))"
            )
        }
        for address in addresses where !allowsPlaintext && !address.isLocal {
            throw ConfigurationError(
                "listen: a Unix socket or a loopback address expected, found \(address); nothing "
                    + "is encrypted, so others need --allow-plaintext"
            )
        }
        if let grpc, !grpc.isLoopback {
            throw ConfigurationError(
                "grpc: tcp:127.0.0.1:PORT or tcp:[::1]:PORT expected, found \(grpc)"
            )
        }
        self.dataFolder = dataFolder
        self.addresses = addresses
        self.grpc = grpc
        self.loops = loops
        self.drainSeconds = drainSeconds
        self.logLevel = logLevel
        self.textDays = textDays
        self.tombstoneSeconds = tombstoneSeconds
    }
}

/// A setting that cannot be: which, what was expected and what was found.
package struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) {
        self.description = description
    }
}
