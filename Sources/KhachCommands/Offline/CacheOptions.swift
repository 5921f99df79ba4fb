internal import ArgumentParser
internal import KhachClient

/// Which cache, and of which business it is.
struct CacheOptions: ParsableArguments {
    @Option(help: "The file of the cache.")
    var cache: String

    @Option(help: "The id of the business that the cache is of (KHACH_BUSINESS).")
    var business: String?

    func validate() throws {
        guard self.businessID == nil else { return }

        throw ValidationError("--business or KHACH_BUSINESS expected, neither found")
    }

    private var businessID: String? {
        self.business ?? Surroundings.current.environment["KHACH_BUSINESS"]
    }

    /// Opens the cache for syncing, and makes it when it is not there.
    func open(address: String) throws(ClientError) -> OfflineClient {
        try OfflineClient.open(
            cachePath: self.cache,
            businessID: self.businessID ?? "",
            address: address
        )
    }

    /// Opens the cache for questions; one that is not there is not made.
    func openExisting() throws -> OfflineClient {
        guard Surroundings.current.fileExists(self.cache) else {
            throw CommandFailure(.notFound, "a cache expected, none found at \(self.cache)")
        }

        return try OfflineClient.open(
            cachePath: self.cache,
            businessID: self.businessID ?? "",
            address: nil
        )
    }
}

extension CommandFailure {
    /// The only place where an error of a cache becomes an exit status.
    init(_ error: ClientError) {
        let status: ExitStatus =
            switch error.code {
            case .notFound: .notFound
            case .network, .timeout, .notSynced, .cacheLocked: .unavailable
            default: .failure
            }
        let reason = error.reason.isEmpty ? "" : " (reason \(error.reason))"
        self.init(status, ShownText.oneLine("\(error)\(reason)"))
    }
}
