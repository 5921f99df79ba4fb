internal import Foundation
internal import Glibc
internal import Testing

/// What a hostile or broken peer sends: the server answers or closes, and lives.
@Suite("Bad input")
struct BadInputTests {
    @Test("random, truncated and out-of-order frames do not end the server")
    func hostileBytes() throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix(state: seed)
        let port = try #require(UInt16(daemon.address.split(separator: ":").last ?? ""))

        for _ in 0..<300 {
            try Self.send(Self.hostile(&random), to: port)
            #expect(daemon.isRunning, "seed \(seed)")
        }
        let health = try khach(
            ["call", "grpc.health.v1.Health/Check", "{}", "--server", daemon.address])
        #expect(health.status == 0, "seed \(seed): \(health.errors)")
        #expect(health.output.contains("SERVING"))
        #expect(daemon.kill(SIGTERM) == 0)
    }

    @Test(
        "a call that cannot be is refused by name",
        arguments: [
            ("khach.v1.CustomerService/Nope", "{}"), ("no.such.Service/Nope", "{}"),
            ("khach.v1.CustomerService/GetCustomer", "{"),
            ("khach.v1.CustomerService/GetCustomer", "{\"colour\":1}"),
            ("khach.v1.CustomerService/GetCustomer", "{\"id\":\"x\"}"),
            ("khach.v1.InteractionService/RecordInteractions", "{}"), ("nothing", "{}"),
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

    /// Writes, half closes, and reads until the peer closes.
    private static func send(_ bytes: [UInt8], to port: UInt16) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        // The server may close first; what it does not take is of no interest.
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        shutdown(descriptor, Int32(SHUT_WR))
        var answer = [UInt8](repeating: 0, count: 65_536)
        while recv(descriptor, &answer, answer.count, 0) > 0 {}
    }
}

/// A small generator of which the seed can be printed.
struct SplitMix {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
}
