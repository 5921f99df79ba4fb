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
                "ServerStream": 36, "ServerConnection": 85, "ClientStream": 18,
                "ClientConnection": 15,
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
        let hasOneAnswer = cell.state.hasPrefix("one answer")
        var stream = ServerStream(
            hasOneAnswer ? .clientStreaming : .bidirectional,
            isInputClosed: cell.state.hasSuffix("closed")
        )
        if cell.state == "answered" { _ = stream.abort() }
        func name(_ end: ServerStream.OnEnd) -> String {
            switch end {
            case .writeResponse: "writeResponse"
            case .writeEnd: "writeEnd"
            case .reject(let status): "reject \(status.code)"
            case .ignore: "ignore"
            }
        }
        func name(_ data: ServerStream.OnData) -> String {
            if case .abort(let status) = data { "abort \(status.code)" } else { "\(data)" }
        }
        switch cell.event {
        case "send":
            return switch stream.send(payloadBytes: 1) {
            case .write: "write"
            case .fail(let status): "fail \(status.code)"
            }
        case "abort": return stream.abort() ? "yes" : "no"
        case "message": return name(stream.receivedData(hasMessage: true, isLast: false))
        case "last message": return name(stream.receivedData(hasMessage: true, isLast: true))
        case "end of messages": return name(stream.receivedData(hasMessage: false, isLast: true))
        case "nothing": return name(stream.receivedData(hasMessage: false, isLast: false))
        case "handler answers": return name(stream.handlerEnded(.answered(payloadBytes: 1)))
        case "handler finishes": return name(stream.handlerEnded(.finishedStream))
        case "handler fails": return name(stream.handlerEnded(.failed(Status(.notFound, ""))))
        default: return "no such event"
        }
    }

    private static func serverConnection(_ cell: Cell) -> String {
        var connection = ServerConnection()
        let now = MonotonicInstant(nanoseconds: 0)
        let isExtended = cell.event.hasSuffix("extended")
        // Half-closed is what a stock peer can be: this one greets when it is that already.
        if cell.state == "leaving" || (isExtended && cell.state != "halfClosed") {
            _ = connection.received(.hello(), now: now)
        }
        switch cell.state {
        case "leaving": _ = connection.drain()
        case "draining":
            _ = connection.drain()
            _ = connection.leave()
        case "halfClosed": _ = connection.peerClosed()
        case "closed": connection.closed()
        default: break
        }
        if isExtended, cell.state == "halfClosed" { _ = connection.received(.hello(), now: now) }
        func name(_ action: ServerConnection.OnFrame) -> String {
            switch action {
            case .call: "call"
            case .reject(_, let status): "reject \(status.code)"
            case .abort(_, let status): "abort \(status.code)"
            case .write(let frame), .writeFirst(let frame): "write \(frame.extensionName ?? "")"
            case .deliver, .close: "no cell has it"
            case .ignore: "ignore"
            }
        }
        switch cell.event {
        case "request": return name(connection.received(.request(1, "now"), now: now))
        case "data, id not open": return name(connection.received(.data(1), now: now))
        case "response": return name(connection.received(.other(1, 2), now: now))
        case "unknown kind": return name(connection.received(.other(1, 0xEF), now: now))
        case "oversized": return name(connection.receivedOversized(StreamID(1), length: 5 << 20))
        case "idle": return "\(connection.onIdle)"
        case "hello": return name(connection.received(.hello(), now: now))
        case "cancel, id not open": return name(connection.received(.cancel(1), now: now))
        case "ping, extended": return name(connection.received(.ping(7), now: now))
        case "ping answered, extended":
            let answer = Ping(0x4C45_4156_494E_4721, isAnswer: true).frame
            return name(connection.received(answer, now: now))
        case "silence, extended": return connection.ping()?.extensionName ?? "nothing"
        case "drain", "drain, extended": _ = connection.drain()
        case "peer knows": _ = connection.leave()
        case "peer closed, extended": return "\(connection.peerClosed())"
        case "peer closed": if connection.peerClosed() == .close { return "close" }
        case "connection closed": connection.closed()
        default: return "no such event"
        }
        // The state it came to, told by what it does.
        let isClosed = connection.receivedOversized(StreamID(1), length: 5 << 20) == .ignore
        return switch connection.onIdle {
        case .stay: connection.leave() == nil ? "serving" : "leaving"
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
        let first = cell.state == "retired" ? Limits.streamIDMax : StreamID.first
        var connection = ClientConnection(firstStream: first)
        var live = StreamID(1)
        if cell.state != "open" || cell.event != "open a call" {
            live = connection.open(.unary, requestBytes: 1).id.map { StreamID($0) } ?? live
            _ = connection.received(.hello())
        }
        if cell.state == "closed" { _ = connection.closed(Status(.unavailable, "gone")) }
        func name(_ action: ClientConnection.OnFrame) -> String {
            switch action {
            case .tell: "tell"
            case .writeFirst: "write"
            case .notBegun(let streams): "notBegun \(streams.count)"
            case .ignore: "ignore"
            }
        }
        switch cell.event {
        case "open a call":
            return switch connection.open(.unary, requestBytes: 1) {
            case .write: "write"
            case .fail(let status): "fail \(status.code)"
            case .elsewhere: "elsewhere"
            }
        case "goaway below it":
            return name(connection.received(GoAway(StreamID(0), .noError).frame))
        case "ping": return name(connection.received(.ping(7)))
        case "frame, id open":
            return name(connection.received(ClientConnectionTests.response(live.number, "")))
        case "frame, id not open":
            return name(connection.received(ClientConnectionTests.response(77, "")))
        default: return "no such event"
        }
    }
}
