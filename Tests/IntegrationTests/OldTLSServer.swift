internal import Foundation
internal import Glibc
internal import Testing

/// A server that answers one hello after another with an old version of TLS.
final class OldTLSServer {
    let address: String
    private let listener: Int32

    /// TLS 1.`minor - 1`.
    init(minor: UInt8) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var bytes = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, bytes) == 0 && listen(listener, 8) == 0
                    && getsockname(listener, $0, &bytes) == 0
            }
        }
        try #require(isBound, "errno \(errno)")
        self.address = "tls:localhost:\(UInt16(bigEndian: address.sin_port))"
        Thread.detachNewThread { Self.answer(listener, minor) }
    }

    deinit {
        shutdown(self.listener, Int32(SHUT_RDWR))  // ends the thread, which closes it
    }

    private static func answer(_ listener: Int32, _ minor: UInt8) {
        defer { close(listener) }
        while true {
            let peer = accept(listener, nil, nil)
            guard peer >= 0 else { return }

            var hello = [UInt8](repeating: 0, count: 4_096)
            _ = recv(peer, &hello, hello.count, 0)
            // No session; ECDHE_ECDSA with AES 128; no compression.
            let body: [UInt8] =
                [3, minor] + [UInt8](repeating: 7, count: 32) + [0] + [0xC0, 0x09] + [0]
            let answer: [UInt8] =
                [22, 3, minor, 0, UInt8(body.count + 4), 2, 0, 0, UInt8(body.count)] + body
            _ = send(peer, answer, answer.count, Int32(MSG_NOSIGNAL))
            _ = recv(peer, &hello, hello.count, 0)  // the client's alert, or its end
            close(peer)
        }
    }
}
