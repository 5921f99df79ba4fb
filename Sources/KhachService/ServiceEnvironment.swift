package import KhachCore
package import TTRPC

/// What the methods need from the world: a store, clocks, a seal, a detector, zones.
///
/// The service reads no clock and holds no key of its own; the composition root gives them.
package struct ServiceEnvironment: Sendable {
    package var store: any CustomerStore
    package var now: @Sendable () -> Instant
    package var monotonicNow: @Sendable () -> MonotonicInstant
    package var seal: Seal
    package var detector: ContactDetector
    package let zones = ZoneCache()

    package init(
        store: any CustomerStore,
        now: @escaping @Sendable () -> Instant,
        monotonicNow: @escaping @Sendable () -> MonotonicInstant,
        seal: Seal,
        detector: ContactDetector
    ) {
        self.store = store
        self.now = now
        self.monotonicNow = monotonicNow
        self.seal = seal
        self.detector = detector
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
    /// Of a filter, whose page ids are the most of it.
    package static let filterBytesMax = 64 << 10
    package static let contactValueBytesMax = 320
    package static let rolesPerAccountMax = 16
    package static let roleBytesMax = 64
    package static let localeNames: Set<String> = ["vi", "en"]
    package static let timeZoneDefault = "Asia/Ho_Chi_Minh"
}

/// The whole API of `khach.v1` as one method table; no sockets.
package func khachMethods(_ environment: ServiceEnvironment) -> MethodTable {
    var table = MethodTable()
    InteractionMethods(environment: environment).register(in: &table)
    CustomerMethods(environment: environment).register(in: &table)
    StatisticsMethods(environment: environment).register(in: &table)
    EditMethods(environment: environment).register(in: &table)
    BlockMethods(environment: environment).register(in: &table)
    HistoryMethods(environment: environment).register(in: &table)
    ProfileMethods(environment: environment).register(in: &table)
    DirectoryMethods(environment: environment).register(in: &table)
    DirectoryChangeMethods(environment: environment).register(in: &table)
    SyncMethods(environment: environment).register(in: &table)
    HealthMethods(
        serving: Set(table.names.compactMap { $0.split(separator: "/").first.map(String.init) })
    )
    .register(in: &table)
    return table
}
