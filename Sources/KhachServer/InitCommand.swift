internal import ArgumentParser
internal import KhachCore
internal import KhachSQLite
internal import KhachService

/// `khachd init`.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Makes an administrator's token; from then on callers need one.",
        discussion: """
            Makes the folder and the store when they are not there, and prints the token's secret, \
            which is kept nowhere. No server may run. Whoever lost every token makes another one \
            so: it needs the folder, and nothing else.
            """
    )

    @Option(help: "The folder of the store; made if it is not there.")
    var data: String

    @Option(help: "The name of the token.")
    var name = "administrator"

    @Option(
        help: ArgumentHelp(
            """
            Also make an authority, a server's certificate for localhost and a client's in this \
            new folder, for development alone: they end within days.
            """,
            valueName: "folder"
        )
    )
    var developmentCa: String?

    func run() async throws {
        try await Failures.told {
            let store = try SQLiteStore.open(path: self.data, codec: .proto, zones: .tzdata)
            defer { store.close() }
            if let folder = self.developmentCa { try DevelopmentCertificates.make(in: folder) }
            let secret = SecretMint.libcrypto.make()
            let new = NewToken(
                name: self.name,
                scope: .everything,
                permissions: .all,
                expiresAt: nil,
                credential: .secret(hash: secret.hash)
            )
            _ = try await store.createToken(new, by: .service, now: Clocks.now())
            print(secret.text)
        }
    }
}
