internal import CKhachText
package import KhachCore
internal import Synchronization

/// The rules of one time zone, for local days (domain.md §4.9).
package final class LocalZone: Sendable {
    // The C object is never written after it is made, so any thread may read it.
    nonisolated(unsafe) private let zone: OpaquePointer

    /// `nil` when tzdata has no such zone.
    package init?(named name: String) {
        var zone: OpaquePointer?
        // C would end the name at a NUL, and take what comes before it.
        guard !name.utf8.contains(0), khach_zone_open(&zone, name) == 0, let zone else {
            return nil
        }

        self.zone = zone
    }

    deinit {
        khach_zone_free(self.zone)
    }

    /// The local day of an instant.
    package func day(of instant: Instant) -> DayNumber {
        khach_zone_day(self.zone, instant.milliseconds)
    }

    /// The first instant of a local day, given as days since 1970-01-01.
    package func start(ofDay day: Int32) -> Instant {
        Instant(milliseconds: khach_zone_day_start(self.zone, day))
    }
}

/// Zones that were asked for; tzdata has some 600 of them, which bounds it.
package final class ZoneCache: Sendable {
    private let zones = Mutex<[String: LocalZone]>([:])

    package init() {}

    package func zone(named name: String) -> LocalZone? {
        if let known = self.zones.withLock({ $0[name] }) { return known }
        // C would read to the NUL.
        guard !name.utf8.contains(0), let zone = LocalZone(named: name) else { return nil }

        self.zones.withLock { $0[name] = zone }
        return zone
    }
}

/// "YYYY-MM-DD" of days since 1970-01-01.
func dayText(_ day: DayNumber) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 11) { text in
        guard let start = text.baseAddress else { return "" }

        khach_day_format(start, day)
        return String(cString: start)
    }
}

/// Days since 1970-01-01 of "YYYY-MM-DD", or `nil` when it is not a date.
func dayNumber(_ text: String) -> Int32? {
    var day: Int32 = 0
    return !text.utf8.contains(0) && khach_day_parse(&day, text) == 0 ? day : nil
}

extension ZoneRules {
    /// The zones of the system's tzdata.
    package static let tzdata: ZoneRules = {
        let zones = ZoneCache()
        return ZoneRules { name in
            zones.zone(named: name).map { zone in LocalCalendar { zone.day(of: $0) } }
        }
    }()
}
