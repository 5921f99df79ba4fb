internal import Foundation
internal import Glibc
internal import Testing

/// Queries that last for ever, unless the server ends them, of a khachd that is started with
/// `environment`.
final class LongQuery {
    /// What became of one.
    enum Event: UInt8 {
        case begun = 98  // `b`
        case ended = 101  // `e`
    }

    private static let millisecondsMax: Int32 = 60_000

    let environment: [String: String]
    private let trigger: String
    private let descriptor: Int32

    /// `hasDeadline` when time passes for them: their deadline ends them too.
    init(_ folder: TemporaryFolder, hasDeadline: Bool) throws {
        let library = folder.path("long_query.so")
        let source = Binaries.checkout.appending(path: "Tests/Support/long-query/long_query.c").path
        let built = try run(
            URL(filePath: "/usr/bin/cc"),
            ["-Wall", "-Werror", "-shared", "-fPIC", "-o", library, source, "-ldl"]
        )
        try #require(built.status == 0, "\(built.errors)")
        self.trigger = folder.path("long")
        let told = folder.path("told")
        try #require(mkfifo(told, 0o600) == 0, "errno \(errno)")
        // Both ends, so that neither side waits for the other to open it.
        self.descriptor = open(told, O_RDWR | O_CLOEXEC)
        try #require(self.descriptor >= 0, "errno \(errno)")
        self.environment = [
            "LD_PRELOAD": library, "QUERY_WHILE": self.trigger, "QUERY_TELL": told,
            "QUERY_TIME": hasDeadline ? "passes" : "still",
        ]
    }

    deinit { close(self.descriptor) }

    /// From here on a query that begins is one, until `stop`.
    func start() throws {
        try Data().write(to: URL(filePath: self.trigger))
    }

    func stop() throws {
        try FileManager.default.removeItem(atPath: self.trigger)
    }

    /// Waits for the next of them to begin or to end, on no thread that the caller's work needs.
    func next() async throws -> Event {
        let descriptor = self.descriptor
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try Self.next(of: descriptor) })
            }
        }
    }

    private static func next(of descriptor: Int32) throws -> Event {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let count = poll(&polled, 1, Self.millisecondsMax)
        try #require(count == 1, "a query that begins or ends expected, none found")
        var byte: UInt8 = 0
        try #require(read(descriptor, &byte, 1) == 1, "errno \(errno)")
        return try #require(Event(rawValue: byte))
    }
}
