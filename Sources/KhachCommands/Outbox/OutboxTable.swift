internal import KhachClient
internal import KhachProto
internal import SwiftProtobuf

/// Mutations, for people and for programs.
enum OutboxTable {
    static func show(
        _ mutations: [Mutation],
        _ client: OfflineClient,
        as format: OutputFormat
    ) throws {
        let console = Surroundings.current.console
        switch format {
        case .table:
            console.write(self.text(mutations, zoneName: try? client.business().timeZone))
        case .json:
            let all = mutations.map(self.json).joined(separator: ",")
            console.write(JSONText.indented("{\"mutations\":[\(all)]}") + "\n")
        case .jsonl: console.write(mutations.map { self.json($0) + "\n" }.joined())
        }
    }

    private static func text(_ mutations: [Mutation], zoneName: String?) -> String {
        let times = LocalTime(zoneName: zoneName)
        var table = Table([
            .init("NO.", isTrailing: true), .init("MADE"), .init("BY", max: 20),
            .init("CUSTOMER"), .init("CHANGE"), .init("VALUE", max: 32), .init("STATE"),
            .init("WHY", max: 80),
        ])
        let rows = mutations.map { mutation in
            [
                "\(mutation.id)", times.text(.init(seconds: mutation.madeAtMilliseconds / 1_000)),
                mutation.actor, mutation.customerID, mutation.change?.words ?? "",
                mutation.change?.value ?? "", "\(mutation.state)", mutation.why,
            ]
        }
        let waiting = mutations.count { $0.state == .waiting || $0.state == .sent }
        return table.lines(rows)
            + "\(PlainText.count(mutations.count, "edit", "edits")), \(waiting) to send; "
            + "times in \(times.zoneName)\n"
    }

    static func json(_ mutation: Mutation) -> String {
        var lines = JSONLines()
        lines.begin()
        lines.write("mutationId", "\(mutation.id)")
        lines.write("customerId", mutation.customerID)
        lines.write("actor", mutation.actor)
        lines.write("madeAt", JSONLines.time(mutation.madeAtMilliseconds))
        lines.write("change", mutation.change?.words ?? "")
        lines.write("value", mutation.change?.value ?? "")
        lines.write("state", "\(mutation.state)")
        lines.write("reason", mutation.reason)
        lines.write("message", mutation.message)
        lines.write("stored", mutation.stored)
        lines.write("storedBy", mutation.storedBy)
        lines.write("seq", mutation.seq == 0 ? "" : "\(mutation.seq)")
        lines.end()
        return String(decoding: lines.bytes.dropLast(), as: UTF8.self)
    }
}

extension Mutation {
    var isDone: Bool { self.state == .applied || self.state == .modified }

    /// Why it was not done, and what is stored instead.
    fileprivate var why: String {
        switch self.state {
        case .superseded: "\(self.storedBy) saved: \(self.stored)"
        case .rejected: "\(self.reason): \(self.message)"
        case .waiting, .sent, .applied, .modified: ""
        }
    }
}

extension CustomerEdit.Change {
    fileprivate var words: String {
        switch self {
        case .address: "address"
        case .manualName: "name"
        case .block: "block"
        case .unblock: "unblock"
        case .addContact: "contact add"
        case .rejectContact: "contact reject"
        case .pinContact: "contact pin"
        case .unpinContact: "contact unpin"
        }
    }

    fileprivate var value: String {
        switch self {
        case .address(let text), .manualName(let text), .block(let text), .unblock(let text): text
        case .addContact(_, let value), .rejectContact(_, let value), .pinContact(_, let value),
            .unpinContact(_, let value):
            value
        }
    }
}
