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
        self.ownPhones = page.ownContacts.filter { $0.kind == .phone }.map(\.value)
        self.ownEmails = page.ownContacts.filter { $0.kind == .email }.map(\.value)
        self.blockMode = page.blockMode == .gateway ? .gateway : .unspecified
    }
}
