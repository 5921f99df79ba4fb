internal import KhachProto
internal import SwiftProtobuf

/// One business, as it was made or changed.
enum BusinessFacts {
    static func show(_ business: Khach_V1_Business, as format: OutputFormat) throws {
        try Listing.show(business, as: format) { business in
            Listing.facts([
                ("id", business.id), ("name", business.name), ("time zone", business.timeZone),
                ("locale", business.locale),
            ])
        }
    }
}
