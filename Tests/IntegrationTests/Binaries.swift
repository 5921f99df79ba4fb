internal import Foundation
internal import Glibc
internal import Testing

/// The binaries that were built beside these tests, run as a user runs them.
enum Binaries {
    /// Where `swift build` put the products.
    static let folder = URL(filePath: ProcessInfo.processInfo.arguments[0])
        .deletingLastPathComponent()

    static let checkout = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The stock Go client, built by `make test` before the Swift tests.
    static let goPeer = checkout.appending(path: ".build/peers/go-peer")

    static func url(_ name: String) -> URL { self.folder.appending(path: name) }
}

/// A folder of its own for one test, removed with it.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        self.url = FileManager.default.temporaryDirectory
            .appending(path: "khach-test-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: self.url, withIntermediateDirectories: true)
    }

    deinit {
        do {
            try FileManager.default.removeItem(at: self.url)
        } catch {
            Issue.record("the folder of a test could not be removed: \(error)")
        }
    }

    func path(_ name: String) -> String { self.url.appending(path: name).path }
}

/// A server that runs until it is told to stop.
final class Daemon {
    private let process = Process()
    private let output = Pipe()
    /// Where it listens, as it said itself.
    private(set) var addresses: [String] = []

    var address: String { self.addresses[0] }
    var pid: Int32 { self.process.processIdentifier }
    var isRunning: Bool { self.process.isRunning }

    /// Starts `name` and waits until it has said where it listens, as often as `listens` says.
    init(_ name: String, _ arguments: [String], listens: Int = 1, log: URL? = nil) throws {
        self.process.executableURL = Binaries.url(name)
        self.process.arguments = arguments
        self.process.standardOutput = self.output
        if let log {
            try Data().write(to: log)
            self.process.standardError = try FileHandle(forWritingTo: log)
        } else {
            self.process.standardError = FileHandle.nullDevice
        }
        try self.process.run()

        var text = ""
        while self.addresses.count < listens {
            let data = self.output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw DaemonError.ended(text) }

            text += String(decoding: data, as: UTF8.self)
            self.addresses = text.split(separator: "\n").compactMap { line in
                line.hasPrefix("listening ") ? String(line.dropFirst("listening ".count)) : nil
            }
        }
    }

    /// khachd on a loopback port, with its data in `folder`.
    static func khachd(_ folder: TemporaryFolder, _ more: [String] = []) throws -> Daemon {
        try Daemon(
            "khachd",
            ["serve", "--data", folder.path("data"), "--listen", "tcp:127.0.0.1:0"] + more,
            log: folder.url.appending(path: "khachd.log")
        )
    }

    deinit {
        if self.process.isRunning { self.kill(SIGKILL) }
    }

    /// Sends a signal and waits for the end; the exit status, or nil when a signal ended it.
    @discardableResult
    func kill(_ signal: Int32) -> Int32? {
        Foundation.kill(self.pid, signal)
        self.process.waitUntilExit()
        return self.process.terminationReason == .exit ? self.process.terminationStatus : nil
    }
}

enum DaemonError: Error {
    /// It ended, or closed its output, before it listened; what it had said.
    case ended(String)
}

/// What a command printed and how it ended.
struct CommandResult {
    var status: Int32
    var output: String
    var errors: String

    var lines: [Substring] { self.output.split(separator: "\n") }

    /// Every line of the output as a JSON object.
    func objects() throws -> [[String: Any]] {
        try self.lines.map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            return try #require(object as? [String: Any])
        }
    }

    /// The output as one JSON object.
    func object() throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(self.output.utf8))
        return try #require(object as? [String: Any])
    }
}

/// Runs a program to its end.
///
/// Output goes through files, so that no pipe can fill up.
func run(
    _ url: URL,
    _ arguments: [String],
    input: Data = Data(),
    environment: [String: String] = [:]
) throws -> CommandResult {
    let folder = try TemporaryFolder()
    let streams = try ["in", "out", "err"].map { name -> FileHandle in
        let path = folder.path(name)
        try (name == "in" ? input : Data()).write(to: URL(filePath: path))
        return try FileHandle(forUpdating: URL(filePath: path))
    }
    let process = Process()
    process.executableURL = url
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = streams[0]
    process.standardOutput = streams[1]
    process.standardError = streams[2]
    try process.run()
    process.waitUntilExit()
    return CommandResult(
        status: process.terminationStatus,
        output: try String(contentsOfFile: folder.path("out"), encoding: .utf8),
        errors: try String(contentsOfFile: folder.path("err"), encoding: .utf8)
    )
}

/// Runs `khach`.
func khach(_ arguments: [String], input: Data = Data()) throws -> CommandResult {
    try run(Binaries.url("khach"), arguments, input: input)
}
