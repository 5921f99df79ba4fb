package import Logging
package import TTRPCNIO

/// What an operator chose, as the server takes it.
package struct Configuration: Sendable {
    package static let listenDefault = "tcp:127.0.0.1:7440"

    /// Holds the store; made if it is not there, with access for its owner only.
    package var dataFolder: String
    package var addresses: [Address]
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
    /// Days that texts of interactions are kept after they were received; `nil`: for good.
    package var textDays: Int?
    /// How long deletions are told one by one, in seconds.
    package var tombstoneSeconds: Int64

    /// Checks what only all settings together tell.
    package init(_ chosen: ChosenSettings) throws(ConfigurationError) {
        self.dataFolder = try chosen.value(Settings.data)
        self.addresses = try chosen.value(Settings.listen)
        self.metricsAddress = try chosen.value(Settings.metricsListen)
        self.diskReserveBytes = try chosen.value(Settings.diskReserve).bytes
        self.loops = try chosen.value(Settings.loops)
        self.drainSeconds = try chosen.value(Settings.drain)
        self.logLevel = try chosen.value(Settings.logLevel)
        self.logFormat = try chosen.value(Settings.logFormat)
        let days = try chosen.value(Settings.keepTexts)
        self.textDays = days == 0 ? nil : days
        self.tombstoneSeconds = try chosen.value(Settings.keepTombstones).seconds

        let allowsPlaintext = try chosen.value(Settings.allowPlaintext)
        let named =
            self.addresses.map { ("listen", $0) }
            + [self.metricsAddress].compactMap { $0 }.map { ("metrics-listen", $0) }
        for (name, address) in named where !allowsPlaintext && !address.isLocal {
            throw ConfigurationError(
                "\(name): a Unix socket or a loopback address expected, found \(address); nothing "
                    + "is encrypted, so others need allow-plaintext"
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
