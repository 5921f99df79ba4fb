internal import Foundation
internal import Glibc
internal import TestFolders
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
    private let folder: TestFolder

    init() throws {
        self.folder = try TestFolder()
        self.url = URL(filePath: self.folder.path)
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
    /// How long a start and an end may take; both are a fraction of a second.
    private static let secondsMax = 60

    private let child: Child
    private let output = Pipe()
    private let log: URL?
    /// Where it listens, as it said itself.
    private(set) var addresses: [String] = []
    /// Everything that it said by then.
    private var outputText = ""

    var address: String { self.addresses[0] }
    var pid: Int32 { self.child.pid }
    var isRunning: Bool { self.child.isRunning }
    /// The port that it listens on.
    var port: UInt16? { self.address.split(separator: ":").last.flatMap { UInt16($0) } }

    /// Starts `name` and waits until it has said where it listens, as often as `listens` says.
    convenience init(
        _ name: String,
        _ arguments: [String],
        listens: Int = 1,
        log: URL? = nil,
        environment: [String: String] = [:]
    ) throws {
        try self.init(
            Binaries.url(name),
            arguments,
            listens: listens,
            log: log,
            environment: environment
        )
    }

    init(
        _ program: URL,
        _ arguments: [String],
        listens: Int = 1,
        log: URL? = nil,
        environment: [String: String] = [:]
    ) throws {
        self.log = log
        if let log { try Data().write(to: log) }
        self.child = try Child(
            program,
            arguments,
            environment: environment,
            streams: [
                FileHandle.nullDevice, self.output,
                try log.map { try FileHandle(forWritingTo: $0) } ?? FileHandle.nullDevice,
            ]
        )

        var text = ""
        while self.addresses.count < listens {
            guard self.outputIsReady() else {
                throw DaemonError.silent("\(text)\n\(self.logText)")
            }

            let data = self.output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw DaemonError.ended("\(text)\n\(self.logText)") }

            text += String(decoding: data, as: UTF8.self)
            self.outputText = text
            self.addresses = text.split(separator: "\n").compactMap { line in
                line.hasPrefix("listening ") ? String(line.dropFirst("listening ".count)) : nil
            }
        }
    }

    /// The lines that begin so, once there is one.
    func lines(beginning: String) throws -> [Substring] {
        while true {
            let lines = self.outputText.split(separator: "\n").filter { $0.hasPrefix(beginning) }
            if !lines.isEmpty, self.outputText.hasSuffix("\n") { return lines }
            guard self.outputIsReady() else { throw DaemonError.silent(self.outputText) }

            let data = self.output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw DaemonError.ended(self.outputText) }

            self.outputText += String(decoding: data, as: UTF8.self)
        }
    }

    /// khachd on a loopback port, with its data in `folder`.
    static func khachd(
        _ folder: TemporaryFolder,
        _ more: [String] = [],
        data: String? = nil,
        environment: [String: String] = [:]
    ) throws -> Daemon {
        try Daemon(
            "khachd",
            ["serve", "--data", data ?? folder.path("data"), "--listen", "tcp:127.0.0.1:0"] + more,
            log: folder.url.appending(path: "khachd.log"),
            environment: environment
        )
    }

    /// What it logged so far.
    var logText: String {
        guard let log = self.log else { return "no log was kept" }

        return (try? String(contentsOf: log, encoding: .utf8)) ?? "no log at \(log.path)"
    }

    /// Sends a signal and waits for the end; the exit status, or nil when a signal ended it.
    @discardableResult
    func kill(_ signal: Int32) -> Int32? {
        Glibc.kill(self.pid, signal)
        return self.waitUntilExit()
    }

    /// Lets it run for so long, and kills it.
    func kill(afterMilliseconds milliseconds: Int) {
        self.child.kill(afterMilliseconds: milliseconds)
    }

    /// Waits for the end; the exit status, or nil when a signal ended it.
    func waitUntilExit() -> Int32? {
        if !self.child.waitUntilExit(seconds: Self.secondsMax) {
            Issue.record("an end within \(Self.secondsMax) s expected, none found\n\(self.logText)")
            Glibc.kill(self.pid, SIGKILL)
            _ = self.child.waitUntilExit(seconds: Self.secondsMax)
        }
        return self.child.status
    }

    /// Whether something can be read, the end of the output included, before the time is over.
    private func outputIsReady() -> Bool {
        var descriptor = pollfd(
            fd: self.output.fileHandleForReading.fileDescriptor,
            events: Int16(POLLIN),
            revents: 0
        )
        return poll(&descriptor, 1, Int32(Self.secondsMax) * 1_000) > 0
    }
}

enum DaemonError: Error {
    /// It ended, or closed its output, before it listened; what it had said.
    case ended(String)
    /// It did not say in time where it listens; what it had said.
    case silent(String)
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

enum CommandError: Error {
    case endless([String])
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
    let child = try Child(url, arguments, environment: environment, streams: streams)
    guard child.waitUntilExit(seconds: 120) else { throw CommandError.endless(arguments) }

    return CommandResult(
        status: child.status ?? -1,
        output: try String(contentsOfFile: folder.path("out"), encoding: .utf8),
        errors: try String(contentsOfFile: folder.path("err"), encoding: .utf8)
    )
}

/// Runs `khach`.
func khach(_ arguments: [String], input: Data = Data()) throws -> CommandResult {
    try run(Binaries.url("khach"), arguments, input: input)
}
