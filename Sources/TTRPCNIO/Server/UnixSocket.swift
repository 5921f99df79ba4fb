internal import Glibc

/// The file of a listening Unix socket: made for its owner alone or as told, taken over only from
/// the dead.
enum UnixSocket {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// A bound socket that does not listen yet, so nobody can connect before its mode is set.
    static func bind(_ path: String, mode: UInt32 = 0o600) throws(Failure) -> CInt {
        try self.removeStale(path)
        let socket = try self.open()
        guard self.withAddress(path, { Self.bound(socket, $0, $1) }) == 0 else {
            throw self.abandon(socket, "bind \(path)")
        }
        guard chmod(path, mode) == 0 else { throw self.abandon(socket, "chmod \(path)") }

        return socket
    }

    static func remove(_ path: String) {
        unlink(path)
    }

    /// Removes a socket that nobody listens on; refuses to touch anything else.
    private static func removeStale(_ path: String) throws(Failure) {
        guard path.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else {
            throw Failure(description: "a socket path of at most 107 bytes expected: \(path)")
        }

        var found = stat()
        guard lstat(path, &found) == 0 else { return }
        guard found.st_mode & S_IFMT == S_IFSOCK else {
            throw Failure(description: "a socket or nothing expected at \(path)")
        }

        let probe = try self.open()
        defer { close(probe) }
        if self.withAddress(path, { connect(probe, $0, $1) }) == 0 || errno != ECONNREFUSED {
            throw Failure(description: "another server listens at \(path)")
        }
        unlink(path)
    }

    private static func open() throws(Failure) -> CInt {
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let made = socket(AF_UNIX, kind, 0)
        guard made >= 0 else { throw Failure(description: "socket: errno \(errno)") }

        return made
    }

    private static func bound(
        _ socket: CInt,
        _ address: UnsafePointer<sockaddr>,
        _ bytes: socklen_t
    ) -> CInt {
        Glibc.bind(socket, address, bytes)
    }

    private static func abandon(_ socket: CInt, _ what: String) -> Failure {
        let code = errno
        close(socket)
        return Failure(description: "\(what): errno \(code)")
    }

    private static func withAddress(
        _ path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { target in
            target.copyBytes(from: path.utf8)  // the length was judged in removeStale
        }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                body(pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
