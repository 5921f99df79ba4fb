package import KhachCore
internal import KhachProto
internal import SwiftProtobuf

extension RecordCodec {
    /// Records as `khach.v1` messages, which is what callers and caches read.
    ///
    /// The bytes of a value are always the same: no message of a record holds a map, and fields
    /// are written in the order of their numbers. A customer's are written by hand
    /// (`MessageBytes`), for every message of a chat writes them.
    package static let proto = RecordCodec(
        encodeCustomer: { customer in MessageBytes.of { $0.record(customer) } },
        encodeFacts: { customer in MessageBytes.of { $0.facts(customer) } },
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
        },
        encodeOutcome: { bytes(of: Khach_V1_MutationOutcome($0)) }
    )

    private static func bytes(of message: some Message) -> [UInt8] {
        guard let bytes: [UInt8] = try? message.serializedBytes() else {
            preconditionFailure("a message without required fields can always be written")
        }

        return bytes
    }
}
