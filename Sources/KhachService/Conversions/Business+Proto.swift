internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf

extension Khach_V1_Business {
    init(_ business: Business) {
        self.init()
        self.id = business.id.text
        self.name = business.name
        self.timeZone = business.timeZone
        self.locale = business.locale
        self.createdAt = Google_Protobuf_Timestamp(business.createdAt)
    }
}
