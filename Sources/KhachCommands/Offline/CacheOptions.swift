internal import ArgumentParser
internal import Glibc
internal import KhachClient

/// Which cache.
///
/// It knows its business itself; a business that is given is compared with it.
struct CacheOptions: ParsableArguments {
    @Option(help: "The file of the cache.", completion: .file())
    var cache: String

    @Option(
        help: """
            The id of the business that the cache is of (KHACH_BUSINESS); needed to make a cache.
            """
    )
    var business: String?

    private var businessID: String? {
        self.business ?? Surroundings.current.environment["KHACH_BUSINESS"]
    }

    /// Opens the cache for syncing, and makes it when it is not there.
    func open(_ connection: ConnectionOptions) throws -> OfflineClient {
        guard self.businessID != nil || Surroundings.current.fileExists(self.cache) else {
            throw CommandFailure(
                .usage,
                "--business or KHACH_BUSINESS expected to make a cache, neither found"
            )
        }

        return try OfflineClient.open(
            cachePath: self.cache,
            businessID: self.businessID,
            address: connection.address,
            token: connection.token,
            trust: ServerTrust(connection.tls),
            connectTimeout: connection.connectTimeout,
            callTimeout: .seconds(connection.timeout)
        )
    }

    /// Takes away a cache that never had anything.
    func remove() {
        for suffix in ["", "-wal", "-shm", "-lock"] { _ = unlink(self.cache + suffix) }
    }

    /// Opens the cache for questions, to it or also to its server; one that is not there is not
    /// made.
    func openExisting(_ connection: ConnectionOptions? = nil) throws -> OfflineClient {
        guard Surroundings.current.fileExists(self.cache) else {
            throw CommandFailure(.notFound, "a cache expected, none found at \(self.cache)")
        }

        guard let connection else {
            return try OfflineClient.open(cachePath: self.cache, businessID: self.businessID)
        }
        return try self.open(connection)
    }
}

extension CommandFailure {
    /// The only place where an error of a cache becomes an exit status.
    init(_ error: ClientError) {
        let status: ExitStatus =
            switch error.code {
            case .notFound: .notFound
            case .network, .certificate, .timeout, .notSynced, .notFresh, .cacheLocked:
                .unavailable
            default: .failure
            }
        let reason = error.reason.isEmpty ? "" : " (reason \(error.reason))"
        self.init(status, ShownText.oneLine("\(error)\(reason)"))
    }

    /// An error of a sync, with the server that it is about.
    init(_ error: ClientError, of connection: ConnectionOptions) {
        let address = connection.address
        switch error.code {
        case .network: self.init(.unavailable, "no answer of \(address): \(error.message)")
        case .certificate:
            self.init(.unavailable, "no trust between here and \(address): \(error.message)")
        case .timeout: self.init(connection.late)
        default: self.init(error)
        }
        self.message = ShownText.oneLine(self.message)
    }

    private init(_ failure: Self) {
        self = failure
    }
}
