internal import Foundation
internal import Glibc

/// Standard output or standard error, written to the last byte.
///
/// Ends the process when nobody can take what it writes: quietly, by SIGPIPE, when the reader has
/// left; with one line and status 1 when the disk is full or anything else is wrong.
enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    private static let brokenPipeStatus: Int32 = 128 + SIGPIPE

    func write(_ text: String) {
        var text = text
        text.withUTF8 { self.write(UnsafeRawBufferPointer($0)) }
    }

    func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { self.write($0) }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(self.rawValue, rest.baseAddress, rest.count)
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            } else if errno != EINTR {
                self.recover(from: errno)
            }
        }
    }

    /// Waits when the stream is only full; else there is no way on.
    private func recover(from code: Int32) {
        switch code {
        case EAGAIN:
            var wanted = pollfd(fd: self.rawValue, events: Int16(POLLOUT), revents: 0)
            _ = poll(&wanted, 1, -1)
        case EPIPE:
            // NIO ignores the signal; a shell expects a writer to end by it.
            signal(SIGPIPE, SIG_DFL)
            raise(SIGPIPE)
            _exit(Self.brokenPipeStatus)
        default:
            if self == .output {
                let reason = PlainText.reason(code)
                Self.error.write(
                    "khach: standard output that can be written expected, found: \(reason)\n"
                )
            }
            _exit(ExitStatus.failure.rawValue)
        }
    }
}
