internal import Foundation
internal import Glibc
internal import Testing

/// What a hostile or broken peer sends: the server answers or closes, and lives.
@Suite("Bad input", .timeLimit(.minutes(15)))
struct BadInputTests {
    @Test("random, truncated and out-of-order frames do not end the server")
    func hostileBytes() throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let seed = try ReplayableSeed()
        var random = seed.generator

        for _ in 0..<300 {
            let wire = try RawConnection(to: daemon)
            // The server may close first; what it does not take is of no interest.
            wire.sendWhatIsTaken(Self.hostile(&random))
            #expect(wire.readsToTheEnd(), "\(seed)\n\(daemon.logText)")
            try #require(daemon.isRunning, "\(seed)\n\(daemon.logText)")
        }
        let health = try khach(
            ["call", "grpc.health.v1.Health/Check", "{}", "--server", daemon.address])
        #expect(health.status == 0, "\(seed): \(health.errors)")
        #expect(health.output.contains("SERVING"))
        #expect(daemon.kill(SIGTERM) == 0)
    }

    @Test(
        "what the command line cannot say, it refuses itself",
        arguments: [
            ("khach.v1.CustomerService/Nope", "{}"), ("no.such.Service/Nope", "{}"),
            ("khach.v1.CustomerService/GetCustomer", "{"),
            ("khach.v1.CustomerService/GetCustomer", "{\"colour\":1}"), ("nothing", "{}"),
        ]
    )
    func refusedCalls(_ method: String, _ json: String) throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let result = try khach(["call", method, json, "--server", daemon.address])
        #expect(result.status != 0)
        #expect(!result.errors.isEmpty)
        #expect(daemon.isRunning)
    }

    @Test("a cache file that is not a cache is refused and left as it was")
    func foreignCache() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("letter.txt")
        let letter = Data(String(repeating: "Dear shop, ", count: 1_000).utf8)
        try letter.write(to: URL(filePath: path))
        let result = try khach(
            ["offline", "list", "--business", "b0000000000001", "--cache", path])
        #expect(result.status != 0)
        #expect(result.errors.contains("expected"), "\(result.errors)")
        #expect(try Data(contentsOf: URL(filePath: path)) == letter)
    }

    @Test("a data folder of something else, and one in use, are refused")
    func foreignStore() throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        #expect(throws: DaemonError.self) { try Daemon.khachd(folder) }
        #expect(daemon.isRunning)

        let other = try TemporaryFolder()
        try FileManager.default.createDirectory(
            at: other.url.appending(path: "data"),
            withIntermediateDirectories: true
        )
        let file = other.url.appending(path: "data/khach.db")
        try Data("not a store".utf8).write(to: file)
        #expect(throws: DaemonError.self) { try Daemon.khachd(other) }
        #expect(try Data(contentsOf: file) == Data("not a store".utf8))
    }

    private static func hostile(_ random: inout SplitMix) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<random.below(6) {
            let length = [0, 1, 10, 56, 4_194_304, 4_194_305, 16_777_215, 0xFFFF_FFFF][
                random.below(8)
            ]
            let stream = [0, 1, 2, 3, 5, 0x7FFF_FFFF, 0xFFFF_FFFF][random.below(7)]
            bytes += withUnsafeBytes(of: UInt32(length).bigEndian) { Array($0) }
            bytes += withUnsafeBytes(of: UInt32(stream).bigEndian) { Array($0) }
            bytes += [UInt8(random.below(8)), UInt8(random.below(256))]
            bytes += (0..<min(length, random.below(200))).map { _ in UInt8(random.below(256)) }
        }
        return bytes
    }
}
