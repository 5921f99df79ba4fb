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
    }

    private let bytesMax: Int
    private let bytesPerTokenMax: Int
    private let state = Mutex(State())

    init(bytesMax: Int, bytesPerTokenMax: Int) {
        self.bytesMax = bytesMax
        self.bytesPerTokenMax = bytesPerTokenMax
    }

    /// How much is held.
    var bytes: Int { self.state.withLock { $0.bytes } }

    /// Room for what comes in, of whomever it is.
    var room: RequestRoom {
        RequestRoom(
            take: { self.take($0, of: nil) },
            giveBack: { self.giveBack($0, of: nil) }
        )
    }

    /// Takes room for a request, of a token where it is one's; a status says that there is none.
    func take(_ bytes: Int, of token: TokenID?) -> Status? {
        guard bytes > 0 else { return nil }

        return self.state.withLock { state -> Status? in
            let own = token.map { state.byToken[$0, default: 0] } ?? 0
            guard token == nil || own + bytes <= self.bytesPerTokenMax else {
                return Self.full(self.bytesPerTokenMax, "one token", bytes)
            }
            guard state.bytes + bytes <= self.bytesMax else {
                return Self.full(self.bytesMax, "everybody", bytes)
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
