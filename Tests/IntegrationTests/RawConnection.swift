internal import Glibc
internal import KhachProto
internal import SwiftProtobuf
internal import Testing

/// A socket to a server on which a test says what it likes; nothing on it waits for ever.
final class RawConnection {
    private static let secondsMax = 20

    private let descriptor: Int32
    private let daemon: Daemon

    init(to daemon: Daemon) throws {
        self.daemon = daemon
        self.descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: Self.secondsMax, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(
                self.descriptor,
                SOL_SOCKET,
                option,
                &limit,
                socklen_t(MemoryLayout<timeval>.size)
            )
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = try #require(daemon.port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(self.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0, "errno \(errno)\n\(daemon.logText)")
    }

    deinit {
        close(self.descriptor)
    }

    /// Writes what the peer takes before it closes, then half closes.
    func sendWhatIsTaken(_ bytes: [UInt8]) {
        _ = Glibc.send(self.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        shutdown(self.descriptor, Int32(SHUT_WR))
    }

    /// Reads until the peer closes or resets; false when it did neither in time.
    func readsToTheEnd() -> Bool {
        var answer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(self.descriptor, &answer, answer.count, 0)
            if count == 0 { return true }
            if count < 0 { return errno != EAGAIN }
        }
    }

    /// Sends bytes that are no frames.
    func sendRaw(_ bytes: [UInt8]) throws {
        let count = Glibc.send(self.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        try #require(count == bytes.count, "errno \(errno)\n\(self.daemon.logText)")
    }

    /// Sends one frame.
    func send(stream: UInt32, kind: UInt8 = 1, body: [UInt8]) throws {
        var bytes = withUnsafeBytes(of: UInt32(body.count).bigEndian) { Array($0) }
        bytes += withUnsafeBytes(of: stream.bigEndian) { Array($0) }
        bytes += [kind, 0] + body
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(self.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            try #require(count > 0, "errno \(errno)\n\(self.daemon.logText)")
            sent += count
        }
    }

    /// The next frame: its stream and the response in it.
    func receive() throws -> (stream: UInt32, response: Ttrpc_Response) {
        let header = try self.bytes(10)
        let numbers = stride(from: 0, to: 8, by: 4).map { start in
            header[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        try #require(header[8] == 2, "a response expected, kind \(header[8]) found")
        let body = try self.bytes(Int(numbers[0]))
        return (numbers[1], try Ttrpc_Response(serializedBytes: body))
    }

    /// One unary call on a stream.
    func call(
        _ stream: UInt32,
        _ service: String,
        _ method: String,
        _ payload: [UInt8]
    ) throws -> Ttrpc_Response {
        let request = Ttrpc_Request.with {
            $0.service = service
            $0.method = method
            $0.payload.append(contentsOf: payload)
        }
        try self.send(stream: stream, body: try request.serializedBytes())
        let reply = try self.receive()
        try #require(reply.stream == stream)
        return reply.response
    }

    /// The next bytes, as many as that.
    func bytes(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var received = 0
        while received < count {
            let got = bytes[received...].withUnsafeMutableBytes {
                recv(self.descriptor, $0.baseAddress, $0.count, 0)
            }
            try #require(
                got > 0,
                "\(count) bytes expected, \(received) found\n\(self.daemon.logText)"
            )
            received += got
        }
        return bytes
    }
}

extension Ttrpc_Response {
    /// The stable reason of a refusal; empty when there is none.
    var reason: String {
        for detail in self.status.details {
            if let info = try? Google_Rpc_ErrorInfo(unpackingAny: detail) { return info.reason }
        }
        return ""
    }
}
