internal import Glibc
internal import KhachCertificates
internal import KhachCore

/// An authority and two certificates for trying TLS out on one machine.
///
/// The authority's key is kept nowhere: a new folder has a new authority.
enum DevelopmentCertificates {
    static func make(in folder: String) throws {
        guard mkdir(folder, 0o700) == 0 else {
            throw StoreError(
                .unavailable,
                "a new folder expected at \(folder), found: \(String(cString: strerror(errno)))"
            )
        }

        let days = 7
        let authority = try Authority(name: "khach development only", ends: days * 86_400)
        var server = Authority.Wish(
            name: "khach development server",
            subjects: ["DNS:localhost", "IP:127.0.0.1", "IP:::1"],
            use: .server
        )
        server.ends = days * 86_400
        var client = Authority.Wish(
            name: "khach development client",
            subjects: ["URI:spiffe://khach.localhost/development/client"],
            use: .client
        )
        client.ends = days * 86_400
        let (made, own) = (try authority.make(server), try authority.make(client))
        let files = [
            ("ca.pem", authority.pair.certificate), ("server.pem", made.certificate),
            ("server.key", made.key), ("client.pem", own.certificate), ("client.key", own.key),
        ]
        for (name, text) in files { try BackupFile.write(text, to: "\(folder)/\(name)") }
        let note = "certificates for development alone, of \(days) days, are in \(folder)\n"
        _ = write(STDERR_FILENO, note, note.utf8.count)
    }
}
