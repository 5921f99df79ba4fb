/// The platforms whose webhook bodies can be read.
package enum WebhookFormat: String, CaseIterable, Sendable {
    case facebook
    case instagram
    case zalo
    case shopee
}
