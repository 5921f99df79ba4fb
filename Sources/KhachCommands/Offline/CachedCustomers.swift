internal import Foundation
internal import KhachClient
internal import KhachProto
internal import SwiftProtobuf

/// Customers of a cache, and of when they are.
struct CachedCustomers {
    private let state: CacheState
    private let times: LocalTime
    private let format: OutputFormat
    private var table = Table([
        .init("ID"), .init("NAME", max: 32), .init("PHONE", max: 14), .init("EMAIL", max: 30),
        .init("CHANNEL"), .init("CREATED"), .init("LAST MESSAGE"),
    ])

    init(_ client: OfflineClient, as format: OutputFormat) throws(ClientError) {
        self.state = try client.state()
        self.times = LocalTime(zoneName: (try? client.business())?.timeZone)
        self.format = format
    }

    /// Shows one piece of a list.
    mutating func show(_ customers: [Customer]) throws {
        let console = Surroundings.current.console
        switch self.format {
        case .table: console.write(self.table.lines(customers.map { self.cells($0) }))
        case .json, .jsonl:
            console.write(try customers.map { try Self.json($0) + "\n" }.joined())
        }
    }

    func showFacts(_ customer: Customer) throws {
        guard self.format == .table else {
            let json = try Self.json(customer)
            let text = self.format == .json ? JSONText.indented(json) : json
            return Surroundings.current.console.write(text + "\n")
        }

        Surroundings.current.console.write(
            Listing.facts([
                ("id", customer.id), ("name", Self.name(customer)),
                ("phones", customer.phones.map(\.value).joined(separator: ", ")),
                ("emails", customer.emails.map(\.value).joined(separator: ", ")),
                ("address", customer.address), ("page", customer.pageID),
                ("channel user", customer.externalUserID),
                ("created", self.time(customer.createdAtMilliseconds)),
                ("last message", self.time(customer.lastInboundAtMilliseconds)),
                ("seq", "\(customer.seq)"), ("times in", self.times.zoneName),
            ])
        )
    }

    /// Says of when the answer is, to people beside it and to programs on the other side.
    func showStamp(_ prefix: String = "") {
        let console = Surroundings.current.console
        let stamp = Self.stamp(self.state, now: Surroundings.current.now())
        if self.format == .table {
            console.write("\(prefix)\(stamp); times in \(self.times.zoneName)\n")
        } else {
            console.writeError(stamp + "\n")
        }
    }

    /// `as of seq 42, 3 min ago`.
    static func stamp(_ state: CacheState, now: Double) -> String {
        let partial = state.phase == .complete ? "" : " (incomplete: the first sync has not ended)"
        guard let asOf = state.asOfMilliseconds else { return "as of seq \(state.seq)\(partial)" }

        let age = max(0, Int(now) - Int(asOf / 1_000))
        let text =
            switch age {
            case ..<60: "\(age) s"
            case ..<3_600: "\(age / 60) min"
            case ..<86_400: "\(age / 3_600) h"
            default: "\(age / 86_400) days"
            }
        return "as of seq \(state.seq), \(text) ago\(partial)"
    }

    private func cells(_ customer: Customer) -> [String] {
        let phone = customer.phones.first { !$0.isRejected }?.value ?? ""
        return [
            customer.id, Self.name(customer),
            phone.hasPrefix("+84") ? "0" + phone.dropFirst(3) : phone,
            customer.emails.first { !$0.isRejected }?.value ?? "",
            ChannelName(.init(rawValue: Int(customer.channel.rawValue)) ?? .other).name,
            self.time(customer.createdAtMilliseconds),
            self.time(customer.lastInboundAtMilliseconds),
        ]
    }

    private func time(_ milliseconds: Int64?) -> String {
        guard let milliseconds, milliseconds != 0 else { return "" }

        return self.times.text(Google_Protobuf_Timestamp(seconds: milliseconds / 1_000))
    }

    private static func name(_ customer: Customer) -> String {
        customer.name.isEmpty ? "(\(customer.displayName))" : customer.name
    }

    /// The members that `khach.v1.Customer` has, under its names, as far as the cache tells them.
    private static func json(_ customer: Customer) throws -> String {
        var lines = JSONLines()
        lines.begin()
        lines.write("id", customer.id)
        lines.write("pageId", customer.pageID)
        lines.write("externalUserId", customer.externalUserID)
        lines.write("name", customer.name)
        lines.write("createdAt", JSONLines.time(customer.createdAtMilliseconds))
        if let last = customer.lastInboundAtMilliseconds {
            lines.write("lastInboundAt", JSONLines.time(last))
        }
        lines.write("phones", customer.phones.filter { !$0.isRejected }.map(\.value))
        lines.write("emails", customer.emails.filter { !$0.isRejected }.map(\.value))
        lines.write("seq", "\(customer.seq)")
        lines.end()
        return String(decoding: lines.bytes.dropLast(), as: UTF8.self)
    }
}
