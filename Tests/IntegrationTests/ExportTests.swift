internal import Foundation
internal import Glibc
internal import KhachRPC
internal import Testing

/// A file of the server, and the same file of a cache.
@Suite("Exports of the real binaries", .timeLimit(.minutes(15)))
struct ExportTests {
    private static let formats = ["csv", "jsonl", "xlsx"]

    @Test("offline gives the bytes that the server gives at the same sequence")
    func sameBytes() throws {
        let shop = try Shop()
        let all = [
            "--columns",
            "no,customer_id,name,name_status,phone,phones,email,emails,address,blocked,"
                + "block_reason,created_at,last_inbound_at,page,channel,business,"
                + "external_user_id,first_recorded_at",
        ]
        for business in shop.businesses {
            let cache = try shop.sync(business)
            let list = try shop.online(["list", "--business", business, "--all"])
            let ids = try list.objects().compactMap { $0["id"] as? String }
            var choices = try shop.filters(business, list).map { $0 + all }
            choices += [[], all + ["--language", "en", "--separator", ";", "--no-bom", "--mask"]]
            choices += [["--ids", ids.reversed().prefix(7).joined(separator: ",")]]
            for choice in choices {
                for format in Self.formats {
                    let pair = try shop.export(business, cache, choice, format)
                    #expect(pair.online == pair.offline, "\(format) \(choice)")
                    #expect(!pair.online.isEmpty || format == "jsonl")
                }
            }
        }
        #expect(shop.daemon.kill(SIGTERM) == 0)
    }

    @Test("a file for a pipe is the file, and what it is goes to the other side")
    func pipe() throws {
        let shop = try Shop()
        let business = shop.businesses[0]
        let cache = try shop.sync(business)
        for format in Self.formats {
            let path = shop.folder.path("to.\(format)")
            let online = [
                "customers", "export", "--business", business, "--server", shop.daemon.address,
                "--actor", "an",
            ]
            let offline = ["offline", "export", "--cache", cache]
            #expect(try khach(online + ["--to", path]).status == 0)
            let file = try Data(contentsOf: URL(filePath: path))
            for command in [online, offline] {
                let script = "\"$0\" \"$@\" --to - --format \(format) >\(shop.folder.path("out"))"
                let result = try run(
                    URL(filePath: "/bin/bash"),
                    ["-c", script, Binaries.url("khach").path] + command
                )
                #expect(result.status == 0, "\(result.errors)")
                #expect(result.errors.contains(" exported in "), "\(result.errors)")
                let piped = try Data(contentsOf: URL(filePath: shop.folder.path("out")))
                #expect(piped == file, "\(format) \(command[0])")
            }
        }
        #expect(shop.daemon.kill(SIGTERM) == 0)
    }

    @Test(
        "a connection that ends, or is silent, in the middle of a file is made again",
        arguments: formats,
        ["close", "hang"]
    )
    func cut(_ format: String, _ end: String) async throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let client = try await OnlineClient.connect(to: daemon.address)
        let recorder = try await Recorder(making: client)
        for number in 0..<100 { _ = try await recorder.record(number) }
        await client.close()
        let arguments = [
            "customers", "export", "--business", recorder.business, "--actor", "an", "--columns",
            "no,customer_id,name,external_user_id,page,business,created_at", "--server",
        ]
        let whole = folder.path("whole.\(format)")
        let first = try khach(arguments + [daemon.address, "--to", whole])
        #expect(first.status == 0, "\(first.errors)")
        let bytes = try Data(contentsOf: URL(filePath: whole))
        let proxy = try Daemon(
            URL(filePath: "/usr/bin/python3"),
            [
                Binaries.checkout.appending(path: "Tests/Support/cutting-proxy/proxy.py").path,
                "127.0.0.1", "\(try #require(daemon.port))", "3", "\(bytes.count / 3)",
                end,
            ]
        )
        let path = folder.path("cut.\(format)")
        let cut = try khach(arguments + [proxy.address, "--to", path, "--timeout", "0.3"])
        #expect(cut.status == 0, "\(cut.errors)")
        #expect(try Data(contentsOf: URL(filePath: path)) == bytes)
        proxy.kill(SIGKILL)

        // A server that is gone for good leaves no file.
        #expect(daemon.kill(SIGTERM) == 0)
        let gone = try khach(
            arguments + [daemon.address, "--to", folder.path("gone"), "--retries", "1"]
        )
        #expect(gone.status == 5)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        #expect(!names.contains { $0.contains("gone") })
    }

    @Test(
        "an export that is interrupted leaves nothing, whatever ends it",
        arguments: [SIGINT, SIGTERM, SIGKILL]
    )
    func interrupted(_ signal: Int32) async throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let client = try await OnlineClient.connect(to: daemon.address)
        let recorder = try await Recorder(making: client)
        _ = try await recorder.record(1)
        await client.close()
        // It answers no byte, so that the command waits with its file open.
        let proxy = try Daemon(
            URL(filePath: "/usr/bin/python3"),
            [
                Binaries.checkout.appending(path: "Tests/Support/cutting-proxy/proxy.py").path,
                "127.0.0.1", "\(try #require(daemon.port))", "100", "0", "hang",
            ]
        )
        let files = try TemporaryFolder()
        let child = try Child(
            Binaries.url("khach"),
            [
                "customers", "export", "--business", recorder.business, "--actor", "an", "--to",
                files.path("a.csv"), "--server", proxy.address, "--timeout", "600",
            ],
            streams: [FileHandle.nullDevice, FileHandle.nullDevice, FileHandle.nullDevice]
        )
        while Self.openFiles(of: child.pid, in: files).isEmpty {
            try #require(child.isRunning, "the file was never opened")
            try await Task.sleep(for: .milliseconds(5))
        }
        kill(child.pid, signal)
        #expect(child.waitUntilExit(seconds: 60))
        #expect(child.status == nil, "the signal ends it")
        #expect(try FileManager.default.contentsOfDirectory(atPath: files.url.path).isEmpty)
        proxy.kill(SIGKILL)
        #expect(daemon.kill(SIGTERM) == 0)
    }

    private static func openFiles(of pid: Int32, in folder: TemporaryFolder) -> [String] {
        let links = "/proc/\(pid)/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: links)) ?? []
        return names.compactMap { name in
            try? FileManager.default.destinationOfSymbolicLink(atPath: "\(links)/\(name)")
        }.filter { $0.hasPrefix(folder.url.path) }
    }
}

extension Shop {
    /// The same export of the server and of a cache.
    fileprivate func export(
        _ business: String,
        _ cache: String,
        _ choice: [String],
        _ format: String
    ) throws -> (online: Data, offline: Data) {
        let path = self.folder.path("export")
        let file = ["--to", path, "--format", format, "--force"] + choice
        let online = try khach(
            [
                "customers", "export", "--business", business, "--server", self.daemon.address,
                "--actor", "an",
            ] + file
        )
        #expect(online.status == 0, "\(online.errors)")
        let bytes = try Data(contentsOf: URL(filePath: path))
        let offline = try khach(["offline", "export", "--cache", cache] + file)
        #expect(offline.status == 0, "\(offline.errors)")
        return (bytes, try Data(contentsOf: URL(filePath: path)))
    }
}
