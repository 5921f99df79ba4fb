package import KhachCore
internal import KhachProto
internal import SwiftProtobuf

extension RecordCodec {
    /// Records as `khach.v1` messages, which is what callers and caches read.
    ///
    /// The bytes of a value are always the same: no message of a record holds a map, and fields
    /// are written in the order of their numbers.
    package static let proto = RecordCodec(
        encodeCustomer: { bytes(of: Khach_V1_Customer($0)) },
        encodeFacts: { bytes(of: Khach_Store_V1_CustomerFacts($0)) },
        decodeCustomer: { record, facts, business in
            guard let record = try? Khach_V1_Customer(serializedBytes: record),
                let facts = try? Khach_Store_V1_CustomerFacts(serializedBytes: facts)
            else { return nil }

            return Customer(record, facts, business: business)
        },
        encodeBusiness: { bytes(of: Khach_V1_Business($0)) },
        encodePage: { bytes(of: Khach_V1_Page($0)) },
        encodeTombstone: { customer, redirectTo in
            var tombstone = Khach_V1_Tombstone()
            tombstone.customerID = customer.text
            tombstone.reason = redirectTo == nil ? .erased : .linked
            tombstone.redirectTo = redirectTo?.text ?? ""
            return bytes(of: tombstone)
        }
    )

    private static func bytes(of message: some Message) -> [UInt8] {
        guard let bytes: [UInt8] = try? message.serializedBytes() else {
            preconditionFailure("a message without required fields can always be written")
        }

        return bytes
    }
}

private let millisecondsPerSecond: Int64 = 1_000
private let nanosecondsPerMillisecond: Int64 = 1_000_000

extension Google_Protobuf_Timestamp {
    /// Seconds round down, also before 1970, so that the rest is never negative.
    init(_ instant: Instant) {
        self.init()
        let (quotient, rest) = instant.milliseconds.quotientAndRemainder(
            dividingBy: millisecondsPerSecond
        )
        self.seconds = rest < 0 ? quotient - 1 : quotient
        let milliseconds = rest < 0 ? rest + millisecondsPerSecond : rest
        self.nanos = Int32(milliseconds * nanosecondsPerMillisecond)
    }
}

extension Instant {
    /// Rounded down to a millisecond; times beyond what it can hold become the nearest it can.
    init(_ timestamp: Google_Protobuf_Timestamp) {
        let (seconds, isBeyond) = timestamp.seconds.multipliedReportingOverflow(
            by: millisecondsPerSecond
        )
        let milliseconds = Int64(timestamp.nanos).quotientAndRemainder(
            dividingBy: nanosecondsPerMillisecond
        )
        let part = milliseconds.quotient - (milliseconds.remainder < 0 ? 1 : 0)
        let (sum, isOver) = seconds.addingReportingOverflow(part)
        self.init(
            milliseconds: isBeyond || isOver ? (timestamp.seconds < 0 ? .min : .max) : sum
        )
    }
}
