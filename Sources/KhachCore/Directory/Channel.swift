/// The chat platform that a page lives on.
///
/// Raw values are those of `khach.v1.Channel`.
package enum Channel: UInt8, Hashable, Sendable, CaseIterable {
    case facebook = 1
    case instagram = 2
    case zaloOA = 3
    case shopee = 4
    case lazada = 5
    case tiktokShop = 6
    case webChat = 7
    case other = 8

    /// The text to show for a customer whose name is not known (domain.md M3).
    ///
    /// The same as `khach_text_placeholder` of the clients and the exports.
    package var placeholderName: String {
        switch self {
        case .facebook: "Facebook User"
        case .instagram: "Instagram User"
        case .zaloOA: "Zalo User"
        case .shopee: "Shopee User"
        case .lazada: "Lazada User"
        case .tiktokShop: "TikTok User"
        case .webChat: "Web User"
        case .other: "User"
        }
    }
}
