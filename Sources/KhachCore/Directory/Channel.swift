/// The chat platform that a page lives on. Raw values are those of `khach.v1.Channel`.
package enum Channel: UInt8, Hashable, Sendable, CaseIterable {
    case facebook = 1
    case instagram = 2
    case zaloOA = 3
    case shopee = 4
    case lazada = 5
    case tiktokShop = 6
    case webChat = 7
    case other = 8
}
