internal import Foundation
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import TTRPC
internal import TTRPCNIO
internal import Testing

/// What is personal is nowhere but in the store: not in the log, not in metrics.
@Suite("Canary", .timeLimit(.minutes(15)))
struct CanaryTests {
    private static let name = "Canaryname Zqxname"
    private static let phone = "0909123987"
    private static let address = "99 Zqxaddress"
    private static let note = "zqxnote"
    private static let token = "khach_zqxtokenzqxtokenzqxtokenzqxtokenzqxtoken"
    /// As they are looked for: also in parts, folded and in other forms.
    private static let signs = [
        "zqx", "canaryname", "0909123987", "+84909123987", "909123987", "909 123 987",
    ]
    /// No message of the schema has a field above.
    private static let fieldMax = 24

    @Test("sent in every field of every method, and kept, it is in no line of log or metrics")
    func everywhere() async throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder, Self.everything + OperatorPort.settings)
        let port = try OperatorPort(of: daemon)
        let client = try await OnlineClient.connect(to: daemon.address)
        try await Self.keep(client)
        let kept = try khach([
            "call", "khach.v1.CustomerService/ListCustomers", "--server", daemon.address,
            #"{"filter":{"businessId":"\#(try await Self.business(client))"}}"#,
        ])
        #expect(kept.output.contains(Self.phone.dropFirst()), "\(kept.output)\(kept.errors)")

        let wire = try await Client.connect(address: try Address(daemon.address))
        var calls = 0
        for method in Methods.all {
            for (index, payload) in Self.payloads.enumerated() {
                let bearer = Metadata(
                    [
                        .init(key: "authorization", value: "Bearer \(Self.token)"),
                        Self.names[index % Self.names.count],
                    ]
                )
                _ = try? await wire.call(
                    method.service,
                    method.name,
                    Payload(payload),
                    metadata: bearer,
                    timeout: .seconds(1)
                )
                calls += 1
            }
        }
        #expect(calls == Methods.all.count * Self.fieldMax * 4)
        await wire.close()
        await client.close()
        let metrics = try port.get("/metrics").body
        #expect(daemon.kill(SIGTERM) == 0)
        for (what, text) in [("log", daemon.logText), ("metrics", metrics)] {
            #expect(text.contains("GetCustomer"), "\(what)")
            if what == "log" {
                for line in ["a span", "a call was refused"] {
                    #expect(text.contains("message=\"\(line)\""), "\(line)")
                }
            }
            for line in text.lowercased().split(separator: "\n") {
                #expect(!Self.signs.contains { line.contains($0) }, "\(what): \(line)")
            }
        }
    }

    /// What makes every kind of line of calls.
    private static let everything = [
        "--log-level", "trace", "--traces", "log", "--traces-one-in", "1", "--log-slow", "1",
    ]

    /// What callers say of a call for the log, of the canary and not to be taken.
    private static let names: [Metadata.Entry] =
        [
            name, "\(note) a", "\(note)\nlevel=error", "\(note)@shop.example",
            String(repeating: note, count: 10),
        ].map { .init(key: "x-request-id", value: $0) } + [
            .init(key: "traceparent", value: "00-\(note)-\(note)-01"),
            .init(
                key: "traceparent",
                value: "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-\(phone)"
            ), .init(key: "tracestate", value: "zqx=\(phone)"),
        ]

    /// Each field as each of the texts.
    private static var payloads: [[UInt8]] {
        (1...self.fieldMax).flatMap { field in
            [self.name, self.phone, self.address, self.note].map { text in
                let tag = field << 3 | 2
                let tagBytes =
                    tag < 0x80 ? [UInt8(tag)] : [UInt8(tag & 0x7F | 0x80), UInt8(tag >> 7)]
                return tagBytes + [UInt8(text.utf8.count)] + Array(text.utf8)
            }
        }
    }

    private static func business(_ client: OnlineClient) async throws -> String {
        try await client.listBusinesses(.init()).businesses[0].id
    }

    /// Makes a customer of the canary, in the ways that succeed.
    private static func keep(_ client: OnlineClient) async throws {
        let business = try await client.createBusiness(.with { $0.name = self.name }).business
        _ = try await client.createPage(
            .with {
                $0.businessID = business.id
                $0.channel = .facebook
                $0.externalPageID = self.note
                $0.name = self.name
            }
        )
        let reply = try await client.recordInteractions(
            .with {
                $0.interactions = [
                    .with {
                        $0.channel = .facebook
                        $0.externalPageID = self.note
                        $0.externalUserID = "\(self.note)user"
                        $0.eventKey = "\(self.note)event"
                        $0.direction = .inbound
                        $0.kind = .message
                        $0.occurredAt = .init(seconds: 1_790_000_000)
                        $0.text = "\(self.address) \(self.phone) \(self.note)"
                        $0.nameHint = self.name
                    }
                ]
            }
        )
        let id = reply.outcomes[0].customerID
        _ = try await client.updateCustomer(
            .with {
                $0.id = id
                $0.updateMask.paths = ["address"]
                $0.address = self.address
                $0.mutation.actor = self.name
            }
        )
        _ = try await client.blockCustomers(
            .with {
                $0.ids = [id]
                $0.reason = self.note
                $0.mutation.actor = self.name
            }
        )
        _ = try await client.countCustomers(
            .with {
                $0.filter.businessID = business.id
                $0.filter.nameQuery = "zqxname"
            }
        )
    }
}
