internal import KhachProto
internal import SwiftProtobuf

/// Accounts as they are typed.
enum RoleAccountText {
    /// `1234=ADMIN,EDITOR`, or an object of the schema; `nil` for any other text.
    ///
    /// A role has no equals sign; an id may have.
    static func account(_ text: String) -> Khach_V1_RoleAccount? {
        guard !text.hasPrefix("{") else { return try? Khach_V1_RoleAccount(jsonString: text) }
        guard let equals = text.lastIndex(of: "="), equals != text.startIndex else { return nil }

        let roles = text[text.index(after: equals)...].split(
            separator: ",",
            omittingEmptySubsequences: false
        )
        guard roles.allSatisfy({ !$0.isEmpty }) else { return nil }

        return .with {
            $0.externalUserID = String(text[..<equals])
            $0.roles = roles.map(String.init)
        }
    }
}
