internal import KhachProto
internal import SwiftProtobuf

/// A field of a customer that people enter.
enum HandField: String, Sendable {
    case address
    case manualName = "manual_name"

    /// As people call it.
    var label: String {
        switch self {
        case .address: "address"
        case .manualName: "name by hand"
        }
    }

    func entry(of customer: Khach_V1_Customer) -> Khach_V1_HandEntry {
        switch self {
        case .address: customer.address
        case .manualName: customer.manualName
        }
    }

    /// The request that saves a text against a revision.
    func save(
        _ text: String,
        _ revision: UInt64,
        of id: String
    ) -> Khach_V1_UpdateCustomerRequest {
        .with {
            $0.id = id
            $0.updateMask.paths = [self.rawValue]
            switch self {
            case .address:
                $0.address = text
                $0.addressRevision = revision
            case .manualName:
                $0.manualName = text
                $0.manualNameRevision = revision
            }
        }
    }
}
