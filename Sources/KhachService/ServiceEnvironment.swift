package import KhachCore
package import TTRPC

/// What the methods need from the world: a store, clocks, a seal, a detector, presses, zones.
///
/// The service reads no clock and holds no key of its own; the composition root gives them.
package struct ServiceEnvironment: Sendable {
    package var store: any CustomerStore
    package var now: @Sendable () -> Instant
    package var monotonicNow: @Sendable () -> MonotonicInstant
    package var seal: Seal
    package var detector: ContactDetector
    /// What makes the files of exports.
    package var presses: ExportPresses
    /// Bounds of what is around the service, for who asks.
    package var surroundingLimits: [EnforcedLimit] = []
    /// Told how many commits a cache is behind when it pulls changes.
    package var pulled: @Sendable (_ behind: CommitSequence) -> Void = { _ in }
    /// Who is known.
    package let callers: Callers
    /// How much of the server each of them has.
    package let shares: CallerShares
    /// Who calls the methods of this environment; `store` is what the caller sees of it.
    package private(set) var caller = Caller.localAdministrator
    /// Of the pages that the caller sees.
    package private(set) var scopeMark = ScopeMark.everyPage
    private let wholeStore: any CustomerStore
    package let exports = ExportSessions()
    /// Who waits for commits.
    package let watches: Watches
    /// What health tells.
    package var readiness = Readiness()
    package let zones = ZoneCache()

    package init(
        store: any CustomerStore,
        now: @escaping @Sendable () -> Instant,
        monotonicNow: @escaping @Sendable () -> MonotonicInstant,
        seal: Seal,
        detector: ContactDetector,
        presses: ExportPresses,
        callers: Callers,
        shares: CallerShares
    ) {
        self.store = store
        self.wholeStore = store
        self.now = now
        self.monotonicNow = monotonicNow
        self.seal = seal
        self.detector = detector
        self.presses = presses
        self.watches = Watches(of: store)
        self.callers = callers
        self.shares = shares
    }

    /// Makes what the store says of tokens hold from here on.
    package func loadTokens() async throws(StoreError) {
        let turn = self.callers.beginLoad()
        self.callers.load(try await self.wholeStore.tokens(), turn)
    }

    /// The same for a caller who is known.
    func scoped(to caller: Caller) -> ServiceEnvironment {
        var scoped = self
        scoped.caller = caller
        scoped.scopeMark = ScopeMark(caller.scope, self.seal)
        if caller.scope != .everything { scoped.store = self.store.scoped(to: caller.scope) }
        return scoped
    }

    /// How long a query may run: the caller's deadline, but never longer than the limit.
    func queryDeadline(_ context: CallContext) -> Deadline {
        let latest = self.monotonicNow().nanoseconds + ServiceLimits.queryNanosecondsMax
        return Deadline(
            monotonicNanoseconds: min(context.deadline?.nanoseconds ?? .max, latest)
        )
    }
}

/// Every bound of the service that is not the domain's or the wire's.
package enum ServiceLimits {
    package static let queryNanosecondsMax: UInt64 = 30_000_000_000
    package static let directoryRowsMax = 1_000
    /// Of what a reply lists, since a frame has 4 MiB: a page ends before, and has a token.
    package static let replyBytesMax = 3 << 20
    /// Lines of the audit that are read at once, since one may be long.
    package static let auditRowsReadMax = 50
    /// Of a filter, whose page ids are the most of it.
    package static let filterBytesMax = 64 << 10
    package static let contactValueBytesMax = 320
    package static let rolesPerAccountMax = 16
    package static let roleBytesMax = 64
    package static let localeNames: Set<String> = ["vi", "en"]

    /// Exports that run or may be resumed; one more is refused.
    package static let exportsMax = 4
    package static let exportIDsMax = 10_000
    package static let exportChunkBytesMax = 256 << 10
    /// Rows between two chunks that only say how far a workbook is.
    package static let exportProgressRows = 10_000
    /// Pages of records whose beginnings are kept for those who come back.
    package static let exportStartsMax = 1_024
    /// How long an export may take with all its pauses.
    package static let exportNanosecondsMax: UInt64 = 3_600_000_000_000
    /// How long an export is kept after its stream broke.
    package static let exportParkedNanosecondsMax: UInt64 = 120_000_000_000
    /// How long an export is kept after it was sent to its end.
    package static let exportFinishedNanosecondsMax: UInt64 = 30_000_000_000

    /// Streams of WatchChanges; one more is refused.
    package static let watchersMax = 4_096
    /// After which a watcher is told that nothing is new: with a tick each second, 10 s at most.
    package static let watchSilenceNanoseconds: UInt64 = 9_000_000_000

    package static let timeZoneDefault = "Asia/Ho_Chi_Minh"
}

/// The whole API of `khach.v1` as one method table; no sockets.
package func khachMethods(_ environment: ServiceEnvironment) -> MethodTable {
    GuardedMethods(environment).table()
}

/// Every method of the API over one environment.
package func khachRows(_ environment: ServiceEnvironment) -> MethodRows {
    var rows = MethodRows()
    InteractionMethods(environment: environment).register(in: &rows)
    CustomerMethods(environment: environment).register(in: &rows)
    ExportMethods(environment: environment).register(in: &rows)
    StatisticsMethods(environment: environment).register(in: &rows)
    EditMethods(environment: environment).register(in: &rows)
    BlockMethods(environment: environment).register(in: &rows)
    HistoryMethods(environment: environment).register(in: &rows)
    ProfileMethods(environment: environment).register(in: &rows)
    DirectoryMethods(environment: environment).register(in: &rows)
    DirectoryChangeMethods(environment: environment).register(in: &rows)
    TokenMethods(environment: environment).register(in: &rows)
    SyncMethods(environment: environment).register(in: &rows)
    DigestMethods(environment: environment).register(in: &rows)
    OutboxMethods(environment: environment).register(in: &rows)
    WatchMethods(environment: environment).register(in: &rows)
    LimitMethods(environment: environment).register(in: &rows)
    HealthMethods(serving: Set(rows.services.keys), readiness: environment.readiness)
        .register(in: &rows)
    return rows
}
