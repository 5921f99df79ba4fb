internal import NIOCore
internal import Synchronization
internal import TTRPC
internal import TTRPCNIO

/// One connection: where it is from, and whom it shows to call.
final class Connection: Sendable {
    /// Its own, and of no other that ever was.
    let number: UInt64
    let channel: any Channel
    /// The IP address of its other end.
    let address: String
    /// What its requests share with all others while they come in.
    let room: RequestRoom
    /// What methods say of who calls.
    let mark = ConnectionMark()
    private let shown = Mutex<Peer?>(nil)
    private let callsCount = Atomic(0)
    private let latestCall = Atomic<UInt64>(0)
    private let isEnding = Atomic(false)

    init(
        _ number: UInt64,
        _ channel: any Channel,
        from address: String,
        room: RequestRoom = .unbounded
    ) {
        self.number = number
        self.channel = channel
        self.address = address
        self.room = room
    }

    /// Who the connection itself shows to call; there before its first call.
    var peer: Peer? { self.shown.withLock(\.self) }

    func show(_ peer: Peer?) {
        self.shown.withLock { $0 = peer }
    }

    /// Whether a call runs.
    var isCalled: Bool { self.callsCount.load(ordering: .relaxed) > 0 }

    func callBegan() {
        self.callsCount.add(1, ordering: .relaxed)
    }

    /// Where the next call comes from.
    func nextOrigin() -> CallOrigin {
        let call = self.latestCall.add(1, ordering: .relaxed).newValue
        return CallOrigin(.grpc, connection: self.number, call: call)
    }

    func callEnded() {
        self.callsCount.subtract(1, ordering: .relaxed)
    }

    /// One of its calls was refused as too many.
    func refused() {
        self.channel.pipeline.fireUserInboundEventTriggered(Hush.Refusal())
    }

    /// Whether it closes soon, and no more calls of it are taken.
    var isUnwelcome: Bool { self.isEnding.load(ordering: .relaxed) }

    /// Closes it once the answers that are under way have had their time.
    func dismiss(after time: TimeAmount) {
        guard !self.isEnding.exchange(true, ordering: .relaxed) else { return }

        self.channel.eventLoop.scheduleTask(in: time) { self.channel.close(promise: nil) }
    }
}
