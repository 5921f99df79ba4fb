internal import Foundation
internal import Glibc
internal import Testing

/// The port where a server tells how it is.
struct OperatorPort {
    /// What an HTTP server answered.
    struct Answer {
        var status: Int
        var body: String
    }

    static let settings = ["--metrics-listen", "tcp:127.0.0.1:0"]

    private static let secondsMax = 20
    private let port: UInt16

    /// Of a server that was started with `settings`.
    init(of daemon: Daemon) throws {
        let line = try #require(daemon.lines(beginning: "metrics tcp:").first)
        self.port = try #require(line.split(separator: ":").last.flatMap { UInt16($0) })
    }

    func get(_ path: String) throws -> Answer {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: Self.secondsMax, tv_usec: 0)
        setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &limit,
            socklen_t(MemoryLayout<timeval>.size)
        )
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = self.port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0, "errno \(errno)")
        let request = "GET \(path) HTTP/1.1\r\nHost: khach\r\nConnection: close\r\n\r\n"
        try #require(send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL)) > 0)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            try #require(count >= 0, "errno \(errno)")
            if count == 0 { break }
            bytes += chunk.prefix(count)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        let body = text.range(of: "\r\n\r\n").map { String(text[$0.upperBound...]) }
        return Answer(status: try #require(status, "\(text)"), body: body ?? "")
    }

    /// Asks until the status is as expected, for at most so many seconds.
    func wait(_ path: String, for status: Int, seconds: Double = 20) throws -> Answer {
        let end = Date().addingTimeInterval(seconds)
        var answer = try self.get(path)
        while answer.status != status, Date() < end { answer = try self.get(path) }
        return answer
    }

    /// Asks until a series has this value, for at most so many seconds; what it has then.
    func wait(_ series: String, toBe value: Double, seconds: Double = 60) throws -> Double? {
        let end = Date().addingTimeInterval(seconds)
        var found = try self.value(series)
        while found != value, Date() < end { found = try self.value(series) }
        return found
    }

    /// The value of one series of `/metrics`; `nil` when it is not there.
    func value(_ series: String) throws -> Double? {
        let lines = try self.get("/metrics").body.split(separator: "\n")
        let line = lines.first { $0.hasPrefix("\(series) ") }
        return line.flatMap { Double($0.dropFirst(series.count + 1)) }
    }
}

/// A socket on which a server says how it is, as systemd has one.
final class NotifySocket {
    let path: String
    private let descriptor: Int32

    init(in folder: TemporaryFolder) throws {
        self.path = folder.path("notify")
        self.descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(
            self.descriptor,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &limit,
            socklen_t(MemoryLayout<timeval>.size)
        )
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        try #require(self.path.utf8.count < MemoryLayout.size(ofValue: address.sun_path))
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: self.path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(self.descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0, "errno \(errno)")
    }

    deinit { close(self.descriptor) }

    /// The next message that begins so; others before it are passed over.
    func next(_ beginning: String) throws -> String {
        while true {
            var bytes = [UInt8](repeating: 0, count: 4_096)
            let count = recv(self.descriptor, &bytes, bytes.count, 0)
            try #require(count > 0, "\(beginning) expected, errno \(errno) found")
            let text = String(decoding: bytes.prefix(count), as: UTF8.self)
            if text.hasPrefix(beginning) { return text }
        }
    }
}
