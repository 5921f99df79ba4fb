internal import TTRPCNIO
internal import Testing

@Suite("Addresses")
struct AddressTests {
    static let accepted: [(String, Address, String)] = [
        ("unix:/run/khach.sock", .unix(path: "/run/khach.sock"), "unix:/run/khach.sock"),
        ("tcp:127.0.0.1:80", .tcp(host: "127.0.0.1", port: 80), "tcp:127.0.0.1:80"),
        ("localhost:0", .tcp(host: "localhost", port: 0), "tcp:localhost:0"),
        ("[::1]:9", .tcp(host: "::1", port: 9), "tcp:[::1]:9"),
        ("tcp:[::]:65535", .tcp(host: "::", port: 65535), "tcp:[::]:65535"),
    ]

    @Test(arguments: accepted)
    func read(_ example: (text: String, address: Address, spelling: String)) throws {
        let (text, address, spelling) = example
        #expect(try Address(text) == address)
        #expect(address.description == spelling)
        #expect(try Address(spelling) == address)
    }

    @Test(arguments: [
        "", "unix:", "host", "host:", ":80", "host:65536", "host:-1", "::1:80", "h:x",
    ])
    func refused(_ text: String) {
        #expect(throws: Address.Malformed.self) { try Address(text) }
    }
}
