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
        var four = in_addr()
        var six = in6_addr()
        // A scope says by which interface of this host, and no parser of addresses takes it.
        let plain = String(address.prefix { $0 != "%" })
        if inet_pton(AF_INET, plain, &four) == 1 {
            self.init(ipv4: UInt32(bigEndian: four.s_addr))
        } else if inet_pton(AF_INET6, plain, &six) == 1 {
            let (high, low) = withUnsafeBytes(of: six) { bytes in
                (
                    UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            }
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
