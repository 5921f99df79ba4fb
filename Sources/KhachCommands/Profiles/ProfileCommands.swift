internal import ArgumentParser
internal import Foundation
internal import KhachRPC

/// `khach profile …`.
struct ProfileCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile",
        abstract: "Servers and tokens that need not be given each time.",
        discussion: """
            A profile is a file in ~/.config/khach that only its owner can read; one that others \
            can read is refused. Its token goes to its own server and to no other.
            """,
        subcommands: [ProfileSave.self, ProfileList.self, ProfileRemove.self]
    )
}

/// `khach profile save [NAME] --server ADDRESS`.
struct ProfileSave: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "save",
        abstract: "Save a server, and a token that is read from standard input.",
        discussion: """
            An empty input saves none. A token is never an argument, which others could see.

            khachd init --data ./data | khach profile save
            """
    )

    @Argument(help: "The name.")
    var name = Profile.nameDefault

    @Option(help: "The server: unix:/path, tcp:host:port or tls:host:port.")
    var server = ConnectionOptions.serverDefault

    @OptionGroup(title: "TLS") var tls: TLSOptions

    func run() async throws {
        var bytes: [UInt8] = []
        while true {
            let piece = try Surroundings.current.readInput()
            guard !piece.isEmpty, bytes.count <= LineReader.pieceBytes else { break }

            bytes += piece
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard lines.count <= 1 else {
            throw CommandFailure(.usage, "one token expected, \(lines.count) words found")
        }

        let profile = Profile(
            server: self.server,
            token: lines.first.map(String.init),
            tls: self.files
        )
        let path = try profile.save(as: self.name)
        Surroundings.current.console.writeError("saved \(path)\n")
    }

    /// By whole paths, since a profile is used in any folder.
    private var files: TLSFiles {
        func whole(_ path: String?) -> String? { path.map { URL(filePath: $0).path } }
        return TLSFiles(
            authority: whole(self.tls.tlsCa),
            certificate: whole(self.tls.tlsCertificate),
            key: whole(self.tls.tlsKey)
        )
    }
}

/// `khach profile list`.
struct ProfileList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the profiles, without their tokens."
    )

    func run() async throws {
        var table = Table([.init("NAME"), .init("SERVER"), .init("TOKEN")])
        let rows = try Profile.names().compactMap { name in
            try Profile.read(name).map { profile in
                [name, profile.server, profile.token == nil ? "none" : "kept"]
            }
        }
        Surroundings.current.console.write(table.lines(rows))
    }
}

/// `khach profile remove NAME`.
struct ProfileRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a profile; its token stays valid until it is revoked."
    )

    @Argument(help: "The name.")
    var name: String

    func run() async throws {
        try Profile.remove(self.name)
    }
}
