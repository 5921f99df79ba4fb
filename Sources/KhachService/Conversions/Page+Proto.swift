internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf

extension Khach_V1_Page {
    init(_ page: Page) {
        self.init()
        self.id = page.id.text
        self.businessID = page.businessID.text
        self.channel = Khach_V1_Channel(rawValue: Int(page.key.channel.rawValue)) ?? .unspecified
        self.externalPageID = page.key.externalPageID
        self.name = page.name
        self.createdAt = Google_Protobuf_Timestamp(page.createdAt)
    }
}
