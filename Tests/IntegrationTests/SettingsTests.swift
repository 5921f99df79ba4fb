internal import Foundation
internal import Testing

/// Settings that cannot be are refused before anything is opened.
@Suite("Settings of khachd", .timeLimit(.minutes(15)))
struct SettingsTests {
    static let refused: [[String]] = [
        ["--listen", "tcp:0.0.0.0:0"],
        ["--listen", "tcp:[::]:0"],
        ["--listen", "nowhere"],
        ["--listen", "unix:"],
        ["--loops", "0"],
        ["--loops", "65"],
        ["--drain", "601"],
        ["--log-level", "loud"],
        ["--keep-texts", "-1"],
        ["--keep-texts", "36501"],
        ["--keep-tombstones", "0s"],
        ["--keep-tombstones", "36501d"],
        ["--metrics-listen", "tcp:0.0.0.0:0"],
        ["--unix-mode", "0777"],
        ["--tls-min", "1.1"],
        ["--listen", "tls:127.0.0.1:0"],
        ["--tls-certificate", "a.pem"],
        ["--tls-key", "a.key"],
        ["--tls-client-ca", "ca.pem"],
        ["--tls-certificate", "a.pem", "--tls-key", "a.key"],
        ["--listen", "tls:127.0.0.1:0", "--tls-certificate", "/none", "--tls-key", "/none"],
    ]

    @Test("is refused with status 78 and what was expected", arguments: refused)
    func refuses(_ arguments: [String]) throws {
        let folder = try TemporaryFolder()
        let result = try run(
            Binaries.url("khachd"),
            ["serve", "--data", folder.path("data")] + arguments
        )
        #expect(result.status == 78, "\(result.errors)")
        #expect(result.errors.contains("expected"), "\(result.errors)")
        #expect(result.errors.hasPrefix("khachd: --") || result.errors.hasPrefix("--"))
        #expect(!FileManager.default.fileExists(atPath: folder.path("data")))
    }

    @Test("files of the store are their owner's only")
    func fileModes() throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        _ = try khach(["business", "create", "Shop", "--server", daemon.address])
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("data"))
        #expect(names.contains("khach.db"))
        for name in names {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: folder.path("data/\(name)")
            )
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
        daemon.kill(15)
    }
}
