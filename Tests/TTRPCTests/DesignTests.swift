internal import Foundation
internal import NIOCore
internal import TTRPC
internal import Testing

/// The transition tables of `Sources/TTRPC/DESIGN.md`, cell by cell.
@Suite("The tables of DESIGN.md")
struct DesignTests {
    struct Cell: Sendable, CustomTestStringConvertible {
        var machine: String
        var event: String
        var state: String
        var expected: String

        var testDescription: String { "\(self.machine): \(self.event), \(self.state)" }
    }

    static let cells: [Cell] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources/TTRPC/DESIGN.md")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }

        var cells: [Cell] = []
        var machine = ""
        var states: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let isName = ["ServerS", "ServerC", "ClientS", "ClientC"].contains {
                line.hasPrefix($0)
            }
            if isName, let end = line.firstIndex(where: { ",:".contains($0) }) {
                machine = String(line[..<end])
            } else if line.hasPrefix("## ") {
                machine = ""
            }
            guard line.hasPrefix("|"), !machine.isEmpty, !line.hasPrefix("|--") else { continue }

            let row = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            if row[0] == "event" {
                states = Array(row.dropFirst())
            } else {
                cells += zip(states, row.dropFirst()).map { state, expected in
                    Cell(machine: machine, event: row[0], state: state, expected: expected)
                }
            }
        }
        return cells
    }()

    @Test("every table was found")
    func complete() {
        let counts = Dictionary(grouping: Self.cells, by: \.machine).mapValues(\.count)
        #expect(
            counts == [
                "ServerStream": 15, "ServerConnection": 36, "ClientStream": 18,
                "ClientConnection": 9,
            ]
        )
    }

    @Test(arguments: cells.filter { $0.expected != "trap" })
    func cell(_ cell: Cell) {
        let found =
            switch cell.machine {
            case "ServerStream": Self.serverStream(cell)
            case "ServerConnection": Self.serverConnection(cell)
            case "ClientStream": Self.clientStream(cell)
            default: Self.clientConnection(cell)
            }
        #expect(found == cell.expected)
    }

    @Test("what DESIGN.md says traps, traps")
    func traps() async {
        await #expect(processExitsWith: .failure) {
            _ = ServerStream(.unary).send(payloadBytes: 1)
        }
        await #expect(processExitsWith: .failure) {
            var stream = ServerStream(.unary)
            _ = stream.handlerEnded(.finishedStream)
        }
        await #expect(processExitsWith: .failure) {
            var stream = ServerStream(.serverStreaming)
            _ = stream.handlerEnded(.answered(payloadBytes: 1))
        }
    }

    private static func serverStream(_ cell: Cell) -> String {
        var stream = ServerStream(cell.state == "answering, streaming" ? .serverStreaming : .unary)
        if cell.state == "answered" { _ = stream.abort() }
        func name(_ end: ServerStream.OnEnd) -> String {
            switch end {
            case .writeResponse: "writeResponse"
            case .writeEnd: "writeEnd"
            case .reject(let status): "reject \(status.code)"
            case .ignore: "ignore"
            }
        }
        switch cell.event {
        case "send":
            return switch stream.send(payloadBytes: 1) {
            case .write: "write"
            case .fail(let status): "fail \(status.code)"
            }
        case "abort": return stream.abort() ? "yes" : "no"
        case "handler answers": return name(stream.handlerEnded(.answered(payloadBytes: 1)))
        case "handler finishes": return name(stream.handlerEnded(.finishedStream))
        case "handler fails": return name(stream.handlerEnded(.failed(Status(.notFound, ""))))
        default: return "no such event"
        }
    }

    private static func serverConnection(_ cell: Cell) -> String {
        var connection = ServerConnection()
        switch cell.state {
        case "draining": connection.drain()
        case "halfClosed": connection.peerClosed()
        case "closed": connection.closed()
        default: break
        }
        func name(_ action: ServerConnection.OnFrame) -> String {
            switch action {
            case .call: "call"
            case .reject(_, let status): "reject \(status.code)"
            case .abort(_, let status): "abort \(status.code)"
            case .ignore: "ignore"
            }
        }
        let now = MonotonicInstant(nanoseconds: 0)
        switch cell.event {
        case "request": return name(connection.received(.request(1, "now"), now: now))
        case "data, id not open": return name(connection.received(.data(1), now: now))
        case "response": return name(connection.received(.other(1, 2), now: now))
        case "unknown kind": return name(connection.received(.other(1, 0xE0), now: now))
        case "oversized": return name(connection.receivedOversized(StreamID(1), length: 5 << 20))
        case "idle": return "\(connection.onIdle)"
        case "drain": connection.drain()
        case "peer closed": connection.peerClosed()
        case "connection closed": connection.closed()
        default: return "no such event"
        }
        // The state it came to, told by what it does.
        let isClosed = connection.receivedOversized(StreamID(1), length: 5 << 20) == .ignore
        return switch connection.onIdle {
        case .stay: "serving"
        case .closeAfterQuiet: "draining"
        case .close: isClosed ? "closed" : "halfClosed"
        }
    }

    private static func clientStream(_ cell: Cell) -> String {
        let stream = ClientStream(cell.state == "unary" ? .unary : .serverStreaming)
        let frames: [String: Frame] = [
            "response, empty": ClientConnectionTests.response(1, ""),
            "response, message": ClientConnectionTests.response(1, "120107"),
            "response, status": ClientConnectionTests.response(1, "0a020805"),
            "response, malformed": ClientConnectionTests.response(1, "0a7f"),
            "data": .data(1),
            "data, last": .data(1, flags: .remoteClosed),
            "data, end": .data(1, flags: [.remoteClosed, .noData], []),
            "data, nothing": .data(1, flags: .noData, []),
            "unknown kind": .other(1, 0xE0),
        ]
        return frames[cell.event].map { stream.received($0).name } ?? "no such event"
    }

    private static func clientConnection(_ cell: Cell) -> String {
        var connection = ClientConnection(firstStream: Limits.streamIDMax)
        if cell.state == "open" { connection = ClientConnection() }
        var live = StreamID(1)
        if cell.state != "open" || cell.event == "frame, id open" {
            if case .write(let stream) = connection.open(.unary, requestBytes: 1) { live = stream }
        }
        if cell.state == "closed" { _ = connection.closed(Status(.unavailable, "gone")) }
        func name(_ action: ClientConnection.OnFrame) -> String {
            if case .tell = action { "tell" } else { "ignore" }
        }
        switch cell.event {
        case "open a call":
            return switch connection.open(.unary, requestBytes: 1) {
            case .write: "write"
            case .fail(let status): "fail \(status.code)"
            }
        case "frame, id open":
            return name(connection.received(ClientConnectionTests.response(live.number, "")))
        case "frame, id not open":
            return name(connection.received(ClientConnectionTests.response(77, "")))
        default: return "no such event"
        }
    }
}
