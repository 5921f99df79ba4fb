internal import ArgumentParser
internal import KhachProto

/// A channel as it is typed and shown: `facebook`, `zalo_oa`.
struct ChannelName: Hashable, Sendable, ExpressibleByArgument {
    let channel: Khach_V1_Channel

    private static let rows: [(channel: Khach_V1_Channel, name: String, placeholder: String)] = [
        (.facebook, "facebook", "Facebook User"), (.instagram, "instagram", "Instagram User"),
        (.zaloOa, "zalo_oa", "Zalo User"), (.shopee, "shopee", "Shopee User"),
        (.lazada, "lazada", "Lazada User"), (.tiktokShop, "tiktok_shop", "TikTok User"),
        (.webChat, "web_chat", "Web User"), (.other, "other", "User"),
    ]

    static let allValueStrings = rows.map(\.name)
    static let defaultCompletionKind = CompletionKind.list(allValueStrings)

    init(_ channel: Khach_V1_Channel) {
        self.channel = channel
    }

    init?(argument: String) {
        let name = argument.lowercased().replacing("-", with: "_")
        guard let row = Self.rows.first(where: { $0.name == name }) else { return nil }

        self.channel = row.channel
    }

    var name: String {
        Self.rows.first { $0.channel == self.channel }?.name ?? "\(self.channel.rawValue)"
    }

    /// What is shown for a person whose name the channel does not tell (domain.md M3).
    var placeholder: String {
        Self.rows.first { $0.channel == self.channel }?.placeholder ?? "User"
    }
}
