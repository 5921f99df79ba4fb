internal import Foundation
internal import SwiftProtobuf

/// Instants as a person of the business reads them.
struct LocalTime: Sendable {
    /// The zone's name, to be said beside the times.
    let zoneName: String
    private let format: Date.VerbatimFormatStyle

    /// - Parameter zoneName: an IANA name; when it is `nil` or unknown, times are in UTC.
    init(zoneName: String?) {
        let zone = zoneName.flatMap { TimeZone(identifier: $0) }
        self.zoneName = zone == nil ? "UTC" : zoneName ?? "UTC"
        self.format = Date.VerbatimFormatStyle(
            format: """
                \(year: .padded(4))-\(month: .twoDigits)-\(day: .twoDigits) \
                \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\
                \(minute: .twoDigits)
                """,
            timeZone: zone ?? .gmt,
            calendar: Calendar(identifier: .gregorian)
        )
    }

    /// `2026-06-30 23:59`.
    func text(_ instant: Google_Protobuf_Timestamp) -> String {
        Date(timeIntervalSince1970: TimeInterval(instant.seconds)).formatted(self.format)
    }

    /// `2026-06-30`, of days since 1970.
    static func day(_ days: Int32) -> String {
        String(Self(zoneName: nil).text(.init(seconds: Int64(days) * 86_400)).prefix(10))
    }
}
