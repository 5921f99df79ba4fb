internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf

extension Permissions {
    /// None for a number that is not known.
    init(_ permission: Khach_V1_Permission) {
        let number = permission.rawValue
        self = (1...32).contains(number) ? Self(rawValue: 1 << UInt32(number - 1)) : []
        self.formIntersection(.all)
    }

    fileprivate var messages: [Khach_V1_Permission] {
        Khach_V1_Permission.allCases.filter { permission in
            let one = Permissions(permission)
            return !one.isEmpty && self.contains(one)
        }
    }
}

extension Khach_V1_AccessToken {
    init(_ token: AccessToken) {
        self.init()
        self.id = token.id.text
        self.name = token.name
        self.businessID = token.scope.business?.text ?? ""
        self.pageIds = (token.scope.pages ?? []).sorted().map(\.text)
        self.permissions = token.permissions.messages
        self.createdAt = Google_Protobuf_Timestamp(token.createdAt)
        if let expiresAt = token.expiresAt {
            self.expiresAt = Google_Protobuf_Timestamp(expiresAt)
        }
        if let revokedAt = token.revokedAt {
            self.revokedAt = Google_Protobuf_Timestamp(revokedAt)
        }
        self.principal = token.principal.map { "\($0)" } ?? ""
        self.secretsCount = UInt32(clamping: token.secrets.count)
    }
}
