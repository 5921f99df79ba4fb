internal import Foundation
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import Synchronization
internal import TTRPC
internal import TestFolders
internal import Testing

@testable internal import KhachCommands

@Suite("khach customers export")
struct ExportCommandTests {
    private static let base = [
        "customers", "export", "--business", "b1", "--actor", "an", "--retries", "2",
    ]

    /// A server that streams "a", "b", "c", and breaks before some chunks of its calls.
    private static func server(breaks: [Int?]) -> FakeServer {
        let calls = Mutex(0)
        return FakeServer(
            { _, _ throws(Status) in throw Status(.unimplemented, "") },
            stream: { _, payload throws(Status) in
                let request = try? Khach_V1_ExportCustomersRequest(serializedBytes: payload)
                let call = calls.withLock { count in
                    count += 1
                    return count - 1
                }
                let breaksAt = call < breaks.count ? breaks[call] : nil
                let start = Int(request?.resumeToken.first ?? 0)
                let next = Mutex(start)
                return { () throws(Status) in
                    let index = next.withLock { value in
                        value += 1
                        return value - 1
                    }
                    if index == breaksAt { throw Status(.unavailable, "the connection is lost") }
                    guard index < 3 else { return nil }

                    return FakeServer.encoded(
                        Khach_V1_ExportCustomersResponse.with {
                            $0.data = Data([0x61 + UInt8(index)])
                            $0.rowsDone = UInt64(index + 1)
                            $0.rowsTotal = 3
                            $0.resumeToken = Data([UInt8(index + 1)])
                            $0.asOfSeq = 42
                            $0.isLast = index == 2
                        }
                    )
                }
            }
        )
    }

    private static func withFolder(_ body: (URL) async throws -> Void) async throws {
        try await TestFolder.with { try await body(URL(filePath: $0.path)) }
    }

    struct Cut: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var breaks: [Int?]
        var status: Int32
        var callsCount: Int
    }

    static let cuts: [Cut] = [
        Cut(testDescription: "no cut", breaks: [], status: 0, callsCount: 1),
        Cut(testDescription: "before the first chunk", breaks: [0], status: 0, callsCount: 2),
        Cut(testDescription: "behind the first", breaks: [1], status: 0, callsCount: 2),
        Cut(testDescription: "behind each", breaks: [1, 2], status: 0, callsCount: 3),
        Cut(testDescription: "before the end of the last", breaks: [3], status: 0, callsCount: 1),
        Cut(testDescription: "again and again", breaks: [1, 1, 1, 1], status: 5, callsCount: 3),
    ]

    @Test("a lost connection is made again behind the last chunk", arguments: cuts)
    func resumes(_ example: Cut) async throws {
        try await Self.withFolder { folder in
            let server = Self.server(breaks: example.breaks)
            let path = folder.appending(path: "a.csv").path
            let status = await server.run(Self.base + ["--to", path])
            #expect(status == example.status, "\(server.error)")
            #expect(server.calls.count == example.callsCount)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            if example.status == 0 {
                #expect(names == ["a.csv"])
                #expect(try String(contentsOfFile: path, encoding: .utf8) == "abc")
                #expect(server.out.contains("3 customers exported to "))
                #expect(server.out.contains("3 bytes, as of seq 42"))
            } else {
                #expect(names.isEmpty)
                #expect(server.out.isEmpty)
            }
        }
    }

    @Test(
        "a file has its name once it is whole, with a name of its own before or without",
        arguments: [false, true],
        [false, true]
    )
    func naming(_ isNamed: Bool, _ replaces: Bool) async throws {
        try await Self.withFolder { folder in
            let path = folder.appending(path: "a.csv").path
            func names() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            }
            if replaces { try "old".write(toFile: path, atomically: true, encoding: .utf8) }
            let before = try names()
            do {
                let dropped = try ExportFile(path, replaces: replaces, isNamed: isNamed)
                try dropped.write(Data("half".utf8))
                let hidden = try names().filter { $0.hasSuffix(".part") }
                #expect(hidden.count == (isNamed ? 1 : 0))
            }
            #expect(try names() == before)

            let file = try ExportFile(path, replaces: replaces, isNamed: isNamed)
            try file.write(Data("whole".utf8))
            try file.publish()
            #expect(try names() == ["a.csv"])
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "whole")
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
            #expect(mode as? Int == 0o600)

            // Somebody takes the name while it is being written.
            let late = folder.appending(path: "late.csv").path
            let other = try ExportFile(late, replaces: false, isNamed: isNamed)
            try "theirs".write(toFile: late, atomically: true, encoding: .utf8)
            #expect(throws: CommandFailure.self) { try other.publish() }
            #expect(try String(contentsOfFile: late, encoding: .utf8) == "theirs")
        }
    }

    @Test("the request is what the options say")
    func request() async throws {
        try await Self.withFolder { folder in
            let server = Self.server(breaks: [])
            let status = await server.run(
                Self.base + [
                    "--to", folder.appending(path: "x").path, "--format", "csv", "--columns",
                    "no, name", "--language", "en", "--separator", ";", "--no-bom", "--mask",
                    "--page", "p1", "--created-from", "2026-01-01", "--output", "json", "--name",
                    "an",
                    "--order", "oldest", "--request-id", "r1", "--has-phone", "yes",
                ]
            )
            #expect(status == 0, "\(server.error)")
            let call = try #require(server.calls.first)
            #expect(call.path == "khach.v1.CustomerService/ExportCustomers")
            let request = try Khach_V1_ExportCustomersRequest(serializedBytes: call.request)
            #expect(
                request
                    == .with {
                        $0.filter.businessID = "b1"
                        $0.filter.pageIds = ["p1"]
                        $0.filter.createdFrom = "2026-01-01"
                        $0.filter.hasPhone_p = .yes
                        $0.filter.nameQuery = "an"
                        $0.order = .createdAscending
                        $0.mutation.requestID = "r1"
                        $0.format = .csv
                        $0.language = .english
                        $0.columns = ["no", "name"]
                        $0.separator = ";"
                        $0.withoutBom = true
                        $0.maskContacts = true
                        $0.mutation.actor = "an"
                    }
            )
            #expect(server.out.contains("\"rows\": \"3\""))
        }
    }

    @Test(
        "the format is that of the name, unless it is said",
        arguments: [
            ("a.csv", [], Khach_V1_ExportFormat.csv), ("a.JSONL", [], .jsonl), ("a", [], .xlsx),
            ("a.txt", [], .xlsx), ("a.csv", ["--format", "xlsx"], .xlsx),
        ]
    )
    func format(_ name: String, _ more: [String], _ format: Khach_V1_ExportFormat) async throws {
        try await Self.withFolder { folder in
            let server = Self.server(breaks: [])
            let path = folder.appending(path: name).path
            _ = await server.run(
                Self.base + ["--to", path, "--ids", "c1,c2", "--ids", "c3"] + more
            )
            let call = try #require(server.calls.first)
            let request = try Khach_V1_ExportCustomersRequest(serializedBytes: call.request)
            #expect(request.format == format)
            #expect(request.ids == ["c1", "c2", "c3"])
        }
    }

    @Test("a file that is there is not replaced, unless that is said")
    func overwriting() async throws {
        try await Self.withFolder { folder in
            let path = folder.appending(path: "a.csv").path
            try "old".write(toFile: path, atomically: true, encoding: .utf8)
            let refusing = Self.server(breaks: [])
            #expect(await refusing.run(Self.base + ["--to", path]) == 1)
            #expect(refusing.error.contains("a free name expected"))
            #expect(refusing.calls.isEmpty)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")

            let replacing = Self.server(breaks: [])
            #expect(await replacing.run(Self.base + ["--to", path, "--force"]) == 0)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "abc")

            let broken = Self.server(breaks: [1, 1, 1])
            #expect(await broken.run(Self.base + ["--to", path, "--force"]) == 5)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "abc")
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.csv"]
            )
        }
    }

    @Test(
        "a folder that is none, and a folder in the place of the file, are refused",
        arguments: ["none/a.csv", ""]
    )
    func places(_ name: String) async throws {
        try await Self.withFolder { folder in
            let server = Self.server(breaks: [])
            let path = folder.appending(path: name).path
            #expect(await server.run(Self.base + ["--to", path]) == 1)
            #expect(server.error.contains("expected"))
            #expect(server.calls.isEmpty)
        }
    }
}
