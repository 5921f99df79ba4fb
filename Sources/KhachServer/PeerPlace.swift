internal import Glibc

/// Where a peer is, as far as its share goes: what one host can easily have many of is one.
enum PeerPlace: Hashable, Sendable {
    /// 127.0.0.0/8 and ::1.
    case loopback
    case ipv4(UInt32)
    /// The first 64 bits of an address, since a host is given as many.
    case ipv6Network(UInt64)
    /// No IP address, of a Unix socket.
    case other(String)

    /// By an address as text.
    init(_ address: String) {
        // A scope says by which interface of this host, and no parser of addresses takes it.
        let plain = String(address.prefix { $0 != "%" })
        if let four = Self.bytes(of: plain, AF_INET) {
            self.init(ipv4: UInt32(truncatingIfNeeded: Self.number(four[..<4])))
        } else if let six = Self.bytes(of: plain, AF_INET6) {
            let (high, low) = (Self.number(six[..<8]), Self.number(six[8...]))
            switch (high, low) {
            case (0, 1): self = .loopback
            // ::ffff:a.b.c.d: an IPv4 peer of a socket that takes both.
            case (0, let low) where low >> 32 == 0xFFFF:
                self.init(ipv4: UInt32(truncatingIfNeeded: low))
            default: self = .ipv6Network(high)
            }
        } else {
            self = .other(address)
        }
    }

    /// The bytes of an address of this family, the first one first; `nil` when it is none.
    private static func bytes(of address: String, _ family: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let isOne = bytes.withUnsafeMutableBytes { inet_pton(family, address, $0.baseAddress) == 1 }
        return isOne ? bytes : nil
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// As it is counted by.
    var name: String {
        switch self {
        case .loopback: "loopback"
        case .ipv4(let number): "4:\(number)"
        case .ipv6Network(let number): "6:\(number)"
        case .other(let address): "other:\(address)"
        }
    }

    private init(ipv4 number: UInt32) {
        self = number >> 24 == 127 ? .loopback : .ipv4(number)
    }
}
