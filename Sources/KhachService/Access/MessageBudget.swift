internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import Synchronization
internal import TTRPC

/// The bytes of requests that the server holds at once, of everybody: what comes in, and what is
/// being answered.
///
/// Several times as much is in memory while a message is decoded; how many items it may have is
/// bounded for each message (`ItemScan`).
final class MessageBudget: Sendable {
    /// After how long it is worth to come again.
    private static let retrySeconds: Int64 = 1

    private struct State {
        var bytes = 0
        /// Of calls that run.
        var byToken: [TokenID: Int] = [:]
        /// Of what comes in from somewhere.
        var byAddress: [String: Int] = [:]
        /// Of what comes in by one connection.
        var byConnection: [UInt64: Int] = [:]
        var latestConnection: UInt64 = 0
    }

    private let bounds: CallerShares.Bounds
    private let state = Mutex(State())

    init(_ bounds: CallerShares.Bounds) {
        self.bounds = bounds
    }

    /// How much is held.
    var bytes: Int { self.state.withLock { $0.bytes } }

    /// Room for what comes in by one connection from a place, of whomever it is.
    func room(from place: String) -> RequestRoom {
        let connection = self.state.withLock { state in
            state.latestConnection += 1
            return state.latestConnection
        }
        return RequestRoom(
            take: { self.take($0, by: connection, from: place) },
            giveBack: { self.giveBack($0, by: connection, from: place) }
        )
    }

    private func take(_ bytes: Int, by connection: UInt64, from place: String) -> Status? {
        let bounds = self.bounds
        return self.state.withLock { state -> Status? in
            let own = state.byConnection[connection, default: 0] + bytes
            let ofAddress = state.byAddress[place, default: 0] + bytes
            guard own <= bounds.messageBytesPerConnection else {
                return Self.full(bounds.messageBytesPerConnection, "one connection", bytes)
            }
            guard ofAddress <= bounds.messageBytesPerAddress else {
                return Self.full(bounds.messageBytesPerAddress, "one address", bytes)
            }
            guard state.bytes + bytes <= bounds.messageBytes else {
                return Self.full(bounds.messageBytes, "everybody", bytes)
            }

            state.bytes += bytes
            state.byConnection[connection] = own
            state.byAddress[place] = ofAddress
            return nil
        }
    }

    private func giveBack(_ bytes: Int, by connection: UInt64, from place: String) {
        self.state.withLock { state in
            state.bytes -= bytes
            let own = state.byConnection[connection, default: bytes] - bytes
            state.byConnection[connection] = own == 0 ? nil : own
            let ofAddress = state.byAddress[place, default: bytes] - bytes
            state.byAddress[place] = ofAddress == 0 ? nil : ofAddress
        }
    }

    /// Takes room for a request, of a token where it is one's; a status says that there is none.
    func take(_ bytes: Int, of token: TokenID?) -> Status? {
        guard bytes > 0 else { return nil }

        return self.state.withLock { state -> Status? in
            let own = token.map { state.byToken[$0, default: 0] } ?? 0
            guard token == nil || own + bytes <= self.bounds.messageBytesPerToken else {
                return Self.full(self.bounds.messageBytesPerToken, "one token", bytes)
            }
            guard state.bytes + bytes <= self.bounds.messageBytes else {
                return Self.full(self.bounds.messageBytes, "everybody", bytes)
            }

            state.bytes += bytes
            if let token { state.byToken[token] = own + bytes }
            return nil
        }
    }

    /// A request that had room is over.
    func giveBack(_ bytes: Int, of token: TokenID?) {
        guard bytes > 0 else { return }

        self.state.withLock { state in
            state.bytes -= bytes
            guard let token else { return }

            let own = state.byToken[token, default: bytes] - bytes
            state.byToken[token] = own == 0 ? nil : own
        }
    }

    private static func full(_ bytesMax: Int, _ whose: String, _ more: Int) -> Status {
        var status = Status(
            .resourceExhausted,
            reason: "TOO_MANY_CALLS",
            "\(bytesMax) bytes of requests of \(whose) expected at most at once, found \(more) more"
        )
        status.attach(
            Google_Rpc_RetryInfo.with { $0.retryDelay.seconds = Self.retrySeconds }
        )
        return status
    }
}
