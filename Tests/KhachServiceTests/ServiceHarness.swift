internal import KhachCore
internal import KhachExport
internal import KhachProto
internal import KhachService
internal import KhachTestKit
internal import SwiftProtobuf
internal import Synchronization
internal import TTRPC
internal import Testing

/// The whole API without a socket, at a stopped clock, over a store: in memory unless a test gives
/// another.
struct ServiceHarness {
    static let clock = Instant(milliseconds: 1_790_000_000_000)

    let store: any CustomerStore
    let table: MethodTable
    let seal: Seal
    let exports: ExportSessions
    let watches: Watches
    /// Nanoseconds of the monotonic clock, which stands until a test moves it.
    let monotonic: ManualNanoseconds
    let environment: ServiceEnvironment
    /// The wall clock, which stands until a test moves it.
    let clock: ManualClock
    /// Where streams wait between two looks at who is known.
    let pauses: ManualPauses
    /// The connection by which every call comes.
    let mark = OneConnection()
    /// What calls carry; `nil` for none.
    var token: String?

    init(
        store: any CustomerStore = MemoryStore(codec: .proto),
        detector: ContactDetector = ContactDetector(isValid: { _ in true }),
        machineNanoseconds: (@Sendable () -> UInt64)? = nil,
        shares bounds: CallerShares.Bounds = CallerShares.Bounds()
    ) {
        let seal = Seal.forTests
        let clock = ManualClock(Self.clock)
        let pauses = ManualPauses()
        let monotonic = ManualNanoseconds()
        self.store = store
        self.seal = seal
        self.monotonic = monotonic
        let callers = Callers(
            mint: .forTests,
            now: { clock.value },
            pause: { _ in try await pauses.wait() }
        )
        let environment = ServiceEnvironment(
            store: store,
            now: { clock.value },
            monotonicNow: {
                MonotonicInstant(nanoseconds: machineNanoseconds?() ?? monotonic.value)
            },
            seal: seal,
            detector: detector,
            presses: .threads(folder: "/tmp"),
            callers: callers,
            shares: CallerShares(
                bounds,
                now: { MonotonicInstant(nanoseconds: monotonic.value) },
                pause: { monotonic.advance(UInt64($0 / .nanoseconds(1))) }
            )
        )
        self.environment = environment
        self.clock = clock
        self.pauses = pauses
        self.exports = environment.exports
        self.watches = environment.watches
        self.table = khachMethods(environment)
    }

    /// What the server does each second.
    func tick() {
        self.watches.tick(now: MonotonicInstant(nanoseconds: self.monotonic.value))
    }

    /// What calls say of who makes them.
    var metadata: Metadata {
        Metadata(self.token.map { [.init(key: "Authorization", value: "Bearer \($0)")] } ?? [])
    }

    /// Calls a method with bytes, as a connection would.
    func call(_ name: String, _ payload: Payload) async throws(Status) -> Payload {
        let parts = name.split(separator: "/").map(String.init)
        let context = CallContext(
            service: parts[0],
            method: parts[1],
            metadata: self.metadata,
            mark: self.mark
        )
        switch try self.table.handler(parts[0], parts[1]).get() {
        case .inPlace(let body): return try body(context, payload)
        case .unary(let body): return try await body(context, payload)
        case .serverStreaming(let body):
            // One that goes on as long as the server does has no more than its first message.
            try await body(
                context,
                payload,
                ResponseStream { _ throws(Status) in
                    self.watches.close()
                    self.environment.readiness.become(.leaving)
                }
            )
            return Payload()
        default: throw Status(.unimplemented, "a unary method expected")
        }
    }

    func call<Reply: Message>(
        _ name: String,
        _ request: some Message,
        as reply: Reply.Type = Reply.self
    ) async throws -> Reply {
        let payload: Payload = try request.serializedBytes()
        return try Reply(serializedBytes: try await self.call(name, payload))
    }

    /// The status that a call is refused with.
    func refusal(_ name: String, _ request: some Message) async throws -> Status {
        let payload: Payload = try request.serializedBytes()
        do throws(Status) {
            _ = try await self.call(name, payload)
        } catch {
            return error
        }
        Issue.record("\(name): a refusal expected, found a reply")
        return Status(.ok, "")
    }

    func business(zone: String = "Asia/Ho_Chi_Minh") async throws -> Khach_V1_Business {
        let reply: Khach_V1_CreateBusinessResponse = try await self.call(
            "khach.v1.DirectoryService/CreateBusiness",
            Khach_V1_CreateBusinessRequest.with {
                $0.name = "Shop"
                $0.timeZone = zone
            }
        )
        return reply.business
    }

    func page(
        _ business: Khach_V1_Business,
        _ externalID: String,
        channel: Khach_V1_Channel = .facebook
    ) async throws -> Khach_V1_Page {
        let reply: Khach_V1_CreatePageResponse = try await self.call(
            "khach.v1.DirectoryService/CreatePage",
            Khach_V1_CreatePageRequest.with {
                $0.businessID = business.id
                $0.channel = channel
                $0.externalPageID = externalID
                $0.name = "Page \(externalID)"
            }
        )
        return reply.page
    }

    func record(_ items: [Khach_V1_Interaction]) async throws -> [Khach_V1_InteractionOutcome] {
        let reply: Khach_V1_RecordInteractionsResponse = try await self.call(
            "khach.v1.InteractionService/RecordInteractions",
            Khach_V1_RecordInteractionsRequest.with { $0.interactions = items }
        )
        return reply.outcomes
    }
}

/// A wall clock that a test moves.
final class ManualClock: Sendable {
    private let instant: Mutex<Instant>

    init(_ instant: Instant) {
        self.instant = Mutex(instant)
    }

    var value: Instant { self.instant.withLock { $0 } }

    func advance(seconds: Int64) {
        self.instant.withLock { $0.milliseconds += seconds * 1_000 }
    }
}

/// Pauses that end when a test says so.
final class ManualPauses: Sendable {
    private let ends = Mutex<Int>(0)

    /// Ends the pause that is under way, or the next one.
    func end() {
        self.ends.withLock { $0 += 1 }
    }

    func wait() async throws {
        while !self.take() {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    private func take() -> Bool {
        self.ends.withLock { ends in
            guard ends > 0 else { return false }

            ends -= 1
            return true
        }
    }
}

/// A clock that a test moves.
final class ManualNanoseconds: Sendable {
    private let nanoseconds = Mutex<UInt64>(1_000_000_000)

    var value: UInt64 { self.nanoseconds.withLock { $0 } }

    func advance(_ nanoseconds: UInt64) {
        self.nanoseconds.withLock { $0 += nanoseconds }
    }
}

extension Seal {
    /// A tag that depends on every byte; not secret.
    static let forTests = Seal { bytes in
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return (0..<16).map { UInt8(truncatingIfNeeded: hash >> UInt64(($0 % 8) * 8)) ^ UInt8($0) }
    }
}

extension SecretMint {
    /// Secrets that count up, and a hash that depends on every byte; neither is secret.
    static var forTests: SecretMint {
        let count = ManualNanoseconds()
        return SecretMint(
            random: { bytes in
                count.advance(1)
                return (0..<bytes).map { UInt8(truncatingIfNeeded: count.value >> ($0 % 8 * 8)) }
            },
            sha256: { bytes in
                let tag = Seal.forTests.seal([], context: bytes)
                return tag + tag
            }
        )
    }
}

extension Khach_V1_Interaction {
    /// An inbound message of "u1" on the page "p1", changed by `change`.
    static func sample(
        _ key: String,
        _ change: (inout Khach_V1_Interaction) -> Void = { _ in }
    ) -> Khach_V1_Interaction {
        .with {
            $0.channel = .facebook
            $0.externalPageID = "p1"
            $0.eventKey = key
            $0.externalUserID = "u1"
            $0.direction = .inbound
            $0.kind = .message
            $0.occurredAt = Google_Protobuf_Timestamp(seconds: 1_780_000_000, nanos: 0)
            change(&$0)
        }
    }
}

extension Status {
    /// The field of the status's first violation.
    var field: String? {
        self.details.first { $0.typeURL.hasSuffix("google.rpc.BadRequest") }
            .flatMap { try? Google_Rpc_BadRequest(serializedBytes: $0.value) }?
            .fieldViolations.first?.field
    }
}
