internal import KhachCore
internal import SwiftProtobuf

extension Google_Protobuf_Timestamp {
    init(_ instant: Instant) {
        let (seconds, nanos) = instant.timestamp
        self.init(seconds: seconds, nanos: nanos)
    }
}

extension Instant {
    /// `nil` when the timestamp is outside what protobuf allows (years 1 to 9999).
    init?(_ timestamp: Google_Protobuf_Timestamp) {
        guard (-62_135_596_800...253_402_300_799).contains(timestamp.seconds),
            (0...999_999_999).contains(timestamp.nanos)
        else { return nil }

        self.init(milliseconds: timestamp.seconds * 1_000 + Int64(timestamp.nanos / 1_000_000))
    }

    /// What a timestamp holds of it.
    var timestamp: (seconds: Int64, nanos: Int32) {
        let (seconds, milliseconds) = self.milliseconds.quotientAndRemainder(dividingBy: 1_000)
        // Nanoseconds count forward from the second, also before 1970.
        let borrow: Int64 = milliseconds < 0 ? 1 : 0
        return (seconds - borrow, Int32((milliseconds + borrow * 1_000) * 1_000_000))
    }
}
