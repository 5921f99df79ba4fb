internal import KhachCore
internal import KhachProto
internal import KhachService
internal import KhachTestKit
internal import NIOCore
internal import SwiftProtobuf
internal import Synchronization
internal import TTRPC

/// The service over a store in memory, and all that it ever was.
final class SimulatedServer {
    typealias Rows = [CustomerID: MemoryStore.StoredRow]

    /// What a call came to.
    enum Reply {
        case done([UInt8])
        case refused(Status)

        /// Why a call was refused, in one word.
        var reason: String? {
            guard case .refused(let status) = self else { return nil }

            let info = status.details.lazy.compactMap { detail in
                try? Google_Rpc_ErrorInfo(serializedBytes: detail.value)
            }.first
            return info?.reason ?? "UNKNOWN"
        }

        /// The bytes that go over the network.
        var frame: [UInt8] {
            var buffer = ByteBuffer()
            switch self {
            case .done(let bytes):
                FrameEncoder.writeResponse(.first, payload: Payload(bytes: bytes), into: &buffer)
            case .refused(let status):
                FrameEncoder.writeResponse(.first, status: status, into: &buffer)
            }
            return Array(buffer.readableBytesView)
        }
    }

    static let author = Authorship(actor: "server")
    static let pageKey = PageKey(channel: .facebook, externalPageID: "page")

    private(set) var store: MemoryStore
    private var table: MethodTable
    private let clock: Clock
    private(set) var generations = 1
    let business: BusinessID
    let otherBusiness: BusinessID
    /// The rows at each commit, by generation and sequence.
    private(set) var history: [[UInt8]: [CommitSequence: Rows]] = [:]
    /// States that any row ever had.
    private(set) var states: Set<MemoryStore.StoredRow> = []
    private var backup: (copy: MemoryBackup, history: [CommitSequence: Rows])?
    private var backupRows: Rows = [:]

    /// Milliseconds, moved by the simulation.
    final class Clock: Sendable {
        private let time = Mutex<Int64>(1_750_000_000_000)

        var now: Int64 {
            get { self.time.withLock { $0 } }
            set { self.time.withLock { $0 = newValue } }
        }
    }

    init(_ clock: Clock) async throws {
        self.clock = clock
        self.store = MemoryStore(generation: Self.generation(1))
        self.table = Self.methods(self.store, clock)
        let now = Instant(milliseconds: clock.now)
        var made: [BusinessID] = []
        for (index, key) in [Self.pageKey, PageKey(channel: .shopee, externalPageID: "page")]
            .enumerated()
        {
            let business = try await self.store.createBusiness(
                NewBusiness(name: "\(index)", timeZone: "UTC", locale: "vi"),
                by: Self.author,
                now: now
            )
            let page = NewPage(businessID: business.id, key: key, name: "Page")
            _ = try await self.store.createPage(page, by: Self.author, now: now)
            made.append(business.id)
        }
        (self.business, self.otherBusiness) = (made[0], made[1])
        self.note()
    }

    var generation: [UInt8] { self.store.generation }
    var head: CommitSequence { self.store.head(of: self.business) }
    var rows: Rows { self.store.rows(of: self.business) }
    var now: Instant { Instant(milliseconds: self.clock.now) }

    private static func generation(_ number: Int) -> [UInt8] {
        Array(repeating: UInt8(truncatingIfNeeded: number), count: 16)
    }

    private static func methods(_ store: MemoryStore, _ clock: Clock) -> MethodTable {
        khachMethods(
            ServiceEnvironment(
                store: store,
                now: { Instant(milliseconds: clock.now) },
                monotonicNow: { MonotonicInstant(nanoseconds: 0) },
                seal: Seal { bytes in
                    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
                    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
                    return (0..<16).map { UInt8(truncatingIfNeeded: hash >> UInt64($0 % 8 * 8)) }
                },
                detector: ContactDetector(isValid: { _ in true }),
                presses: ExportPresses(
                    check: { _ in },
                    open: { _, _ throws(StoreError) in
                        throw StoreError(.unavailable, "no file expected in a simulation")
                    }
                ),
                // No token was ever made: every caller is the administrator.
                callers: Callers(
                    mint: SecretMint(random: { Array(repeating: 0, count: $0) }, sha256: { $0 }),
                    now: { Instant(milliseconds: clock.now) },
                    pause: { _ in }
                ),
                shares: CallerShares(
                    now: { MonotonicInstant(nanoseconds: 0) },
                    pause: { _ in }
                )
            )
        )
    }

    // MARK: Calls

    /// The answer to a frame; nil when it is not whole, and there was no call.
    func call(_ frame: ArraySlice<UInt8>) async -> Reply? {
        var decoder = FrameDecoder()
        var buffer = ByteBuffer(bytes: frame)
        guard case .frame(let frame) = decoder.next(from: &buffer) else { return nil }

        defer { self.note() }
        do throws(Status) {
            let request = try Request(decoding: frame.body)
            let (service, method) = (
                String(buffer: request.service), String(buffer: request.method)
            )
            let handler = try self.table.handler(service, method).get()
            guard case .unary(let body) = handler else {
                throw Status(.unimplemented, "a unary method expected, \(method) found")
            }

            let context = CallContext(service: service, method: method)
            return .done(try await body(context, request.payload).bytes)
        } catch {
            return .refused(error)
        }
    }

    // MARK: What happens to it

    /// Keeps the present state for the oracles.
    func note() {
        let rows = self.rows
        self.history[self.generation, default: [:]][self.head] = rows
        for row in rows.values { self.states.insert(row) }
    }

    func takeBackup() {
        self.backup = (
            self.store.backup(now: self.now), self.history[self.generation] ?? [:]
        )
    }

    /// Goes back to the backup; false when there is none.
    func restore(asTheSame: Bool) -> Bool {
        guard let backup else { return false }

        if !asTheSame { self.generations += 1 }
        let generation = Self.generation(self.generations)
        self.store = MemoryStore(restoring: backup.copy, generation: generation)
        self.table = Self.methods(self.store, self.clock)
        self.history[generation] = backup.history
        self.note()
        return true
    }

    func record(_ user: String, _ key: String) async throws {
        let message = Interaction(
            page: Self.pageKey,
            eventKey: key,
            externalUserID: user,
            direction: .inbound,
            kind: .message,
            occurredAt: self.now,
            text: "",
            contacts: [],
            revision: 0
        )
        _ = try await self.store.record([message], now: self.now)
        self.note()
    }
}
