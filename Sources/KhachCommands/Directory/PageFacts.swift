internal import KhachProto
internal import SwiftProtobuf

/// One page, as it was made or changed.
enum PageFacts {
    static func show(_ page: Khach_V1_Page, as format: OutputFormat) throws {
        try Listing.show(page, as: format) { page in
            Listing.facts([
                ("id", page.id), ("business", page.businessID),
                ("channel", ChannelName(page.channel).name), ("external id", page.externalPageID),
                ("name", page.name), ("blocks", BlockModeName(page.blockMode).rawValue),
                ("own phones", page.ownPhones.joined(separator: ", ")),
                ("own emails", page.ownEmails.joined(separator: ", ")),
            ])
        }
    }
}
