internal import Testing

@testable internal import KhachServer

@Suite("Places of peers")
struct PeerPlaceTests {
    @Test(
        "loopback is one address, and so is an IPv6 network, and an IPv4 address in either form",
        arguments: [
            ("127.0.0.1", "127.0.0.2", true), ("127.0.0.1", "::1", true),
            ("::ffff:127.1.2.3", "::1", true), ("127.0.0.1", "", false),
            ("::1", "::2", false), ("126.0.0.1", "128.0.0.1", false),
            ("192.0.2.1", "192.0.2.2", false), ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false),
            ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true),
            ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
            ("fe80::1%1", "fe80::2%1", true), ("fe80::1%1", "127.0.0.1", false),
        ] as [(String, String, Bool)]
    )
    func oneAddress(_ first: String, _ second: String, _ isOne: Bool) {
        #expect((PeerPlace(first) == PeerPlace(second)) == isOne)
        #expect((PeerPlace(first).name == PeerPlace(second).name) == isOne)
    }
}
