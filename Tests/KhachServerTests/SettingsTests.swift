internal import Foundation
internal import TTRPCNIO
internal import TestFolders
internal import Testing

@testable internal import KhachServer

@Suite("Settings")
struct SettingsTests {
    /// A file, variables and flags in which one setting is said by each in turn.
    @Test(
        "a flag goes before the environment, that before the file, that before the default",
        arguments: [
            ([], [:], "{}", 25, "default"),
            ([], [:], #"{"drain": 1}"#, 1, "FILE: drain"),
            ([], ["KHACHD_DRAIN": "2"], #"{"drain": 1}"#, 2, "KHACHD_DRAIN"),
            (["--drain", "3"], ["KHACHD_DRAIN": "2"], #"{"drain": 1}"#, 3, "--drain"),
            (["--drain=4"], [:], #"{"drain": 1}"#, 4, "--drain"),
        ] as [([String], [String: String], String, Int, String)]
    )
    func precedence(
        _ flags: [String],
        _ environment: [String: String],
        _ file: String,
        _ value: Int,
        _ source: String
    ) async throws {
        let scene = try Scene(file)
        let chosen = try await scene.read(["--data", "d"] + flags, environment)
        #expect(try chosen.value(Settings.drain) == value)
        #expect(
            chosen.choices["drain"]?.source == source.replacing("FILE", with: scene.path),
            "\(chosen.table)"
        )
    }

    @Test(
        "what cannot be is told with what was expected and found",
        arguments: [
            (
                [], [:], #"{"drian": 1}"#,
                "FILE: drian: the name of a setting expected, found another"
                    + "; did you mean FILE: drain?"
            ),
            (
                [], [:], #"{"completely-other": 1}"#,
                "FILE: completely-other: the name of a setting expected, found another"
            ),
            (
                [], [:], #"{"drain": "1"}"#,
                "FILE: drain: a whole number expected, found the string \"1\""
            ),
            ([], [:], #"{"drain": true}"#, "FILE: drain: a whole number expected, found true"),
            (
                [], [:], #"{"drain": 1.5}"#,
                "FILE: drain: a whole number expected, found a value of another form"
            ),
            (
                [], [:], #"{"listen": "tcp:127.0.0.1:1"}"#,
                "FILE: listen: a list of strings expected, found the string \"tcp:127.0.0.1:1\""
            ),
            ([], [:], #"{"drain": 601}"#, "FILE: drain: 0 to 600 seconds expected, found 601"),
            (
                [], [:], #"{"listen": []}"#,
                "FILE: listen: `unix:/PATH`, `tcp:HOST:PORT` or `tls:HOST:PORT` expected, "
                    + "found an empty list"
            ),
            ([], [:], "[]", "FILE: one JSON object expected, found another text"),
            (
                [], ["KHACHD_DRAIN": "soon"], "{}",
                "KHACHD_DRAIN: 0 to 600 seconds expected, found soon"
            ),
            (
                [], ["KHACHD_DRIAN": "1"], "{}",
                "KHACHD_DRIAN: the name of a setting expected, found "
                    + "another; did you mean KHACHD_DRAIN?"
            ),
            (["--drain", "soon"], [:], "{}", "--drain: 0 to 600 seconds expected, found soon"),
            (
                ["--allow-plaintext=maybe"], [:], "{}",
                "--allow-plaintext: `true` or `false` expected, found maybe"
            ),
            (
                ["--grpc-listen", "unix:/x"], [:], "{}",
                "--grpc-listen: `off`, `tcp:HOST:PORT` or `tls:HOST:PORT` expected, found unix:/x"
            ),
        ] as [([String], [String: String], String, String)]
    )
    func refusals(
        _ flags: [String],
        _ environment: [String: String],
        _ file: String,
        _ sentence: String
    ) async throws {
        let scene = try Scene(file)
        let faults = await #expect(throws: SettingsFaults.self) {
            try await scene.read(["--data", "d"] + flags, environment)
        }
        #expect(faults?.sentences == [sentence.replacing("FILE", with: scene.path)])
    }

    @Test("every fault is told at once, and what must be given too")
    func manyFaults() async throws {
        let scene = try Scene(#"{"lops": 1, "drain": 601}"#)
        let faults = await #expect(throws: SettingsFaults.self) {
            try await scene.read([], ["KHACHD_LOOPS": "0"])
        }
        #expect(faults?.sentences.count == 3, "\(String(describing: faults))")
    }

    @Test(
        "each integer has its bounds: n-1, n, n+1",
        arguments: [
            ("loops", 1, 64), ("drain", 0, 600), ("keep-texts", 0, 36_500),
        ]
    )
    func bounds(_ name: String, _ least: Int, _ most: Int) throws {
        let setting = try #require(Settings.all.first { $0.name == name })
        for number in [least, least + 1, most - 1, most] {
            try setting.check(.integer(number), from: name)
        }
        for number in [least - 1, most + 1] {
            #expect(throws: ConfigurationError.self) {
                try setting.check(.integer(number), from: name)
            }
        }
    }

    @Test("a default is a value, and a name is written once")
    func defaults() throws {
        for setting in Settings.all {
            if let standard = setting.standard {
                #expect(standard.form == setting.form, "\(setting.name)")
                try setting.check(standard, from: setting.name)
            }
        }
        #expect(Set(Settings.all.map(\.name)).count == Settings.all.count)
    }

    @Test("docs/khachd.md has the row of every setting, and its example is a file that holds")
    func document() async throws {
        let checkout = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(
            contentsOf: checkout.appending(path: "docs/khachd.md"),
            encoding: .utf8
        )
        for setting in Settings.all {
            let standard = setting.standard.map { "\($0)" } ?? "none: it must be given"
            let row = "| `\(setting.name)` | \(setting.help) | \(setting.expected) | \(standard) |"
            #expect(text.contains(row), "\(row)")
        }

        let example = checkout.appending(path: "packaging/khachd.json").path
        let chosen = try await ChosenSettings(
            flags: try FlagReader(["--config", example]),
            environment: [:]
        )
        #expect(try chosen.value(Settings.data) == "/var/lib/khach")
    }

    @Test("an unknown flag is no command line", arguments: ["--drian", "-d", "drain", "--drain"])
    func usage(_ flag: String) {
        #expect(throws: FlagReader.Fault.self) { try FlagReader(["--data", "d", flag]) }
    }
}

/// A configuration file of one test.
private final class Scene {
    let path: String
    private let folder: TestFolder

    init(_ text: String) throws {
        self.folder = try TestFolder()
        self.path = "\(self.folder.path)/khachd.json"
        try text.write(toFile: self.path, atomically: true, encoding: .utf8)
    }

    func read(
        _ flags: [String],
        _ environment: [String: String]
    ) async throws -> ChosenSettings {
        try await ChosenSettings(
            flags: try FlagReader(flags + ["--config", self.path]),
            environment: environment
        )
    }

}

/// Who can reach an address (reliability.md §2.3): others need encryption and tokens.
@Suite("Addresses of this machine")
struct LocalAddressTests {
    @Test(
        "a Unix socket, loopback addresses and localhost are this machine's, and no other name",
        arguments: [
            ("unix:/tmp/s", true), ("tcp:127.0.0.1:1", true), ("tcp:127.1.2.3:1", true),
            ("tcp:localhost:1", true), ("tcp:[::1]:1", true), ("tcp:0.0.0.0:1", false),
            ("tcp:127.anything.example:1", false), ("tcp:128.0.0.1:1", false),
            ("tcp:khach.example:1", false), ("tls:[::]:1", false),
        ]
    )
    func local(_ text: String, _ isLocal: Bool) throws {
        #expect(try Address(text).isLocal == isLocal)
    }
}
