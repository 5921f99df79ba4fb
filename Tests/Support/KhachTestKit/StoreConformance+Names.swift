internal import KhachCore

/// Search by name (domain.md §4.8): its table of vectors, and the order of answers.
extension StoreConformance {
    struct Search {
        var query: String
        /// In their order.
        var found: [String]
    }

    /// Each name is a person's; the latest message is the later name's.
    static let searchedPeople = [
        "Nguyễn Văn An", "Đặng Thị Đào", "Nguyễn Nguyên Khang", "Trần Ngọc Hạ", "Hà", "Hạ",
        "Lê Thị Hà", "Hoàng-Yến.Trần", "Bé❤️Thỏ", "𝓝𝓰𝓾𝔂𝓮𝓷 𝓛𝓪𝓷", "Ｌａｎ Ｐｈạｍ", "Ðỗ Hùng", "🌸🌸",
        "Lan Phạm", "Phạm Lan", "Phạm Ngọc Lan",
    ]

    static let searches = [
        Search(query: "nguyen van a", found: ["Nguyễn Văn An"]),
        Search(query: "NGUYỄN VĂN A", found: ["Nguyễn Văn An"]),
        Search(query: "nguye\u{302}\u{303}n va\u{306}n a", found: ["Nguyễn Văn An"]),
        Search(query: "a nguyen", found: ["Nguyễn Văn An"]),
        Search(query: "nguyen nguyen", found: ["Nguyễn Nguyên Khang"]),
        Search(query: "guyen", found: []),
        Search(query: "dang thi dao", found: ["Đặng Thị Đào"]),
        Search(query: "đao", found: ["Đặng Thị Đào"]),
        // Equal, then beginning, then in order; with its marks first.
        Search(query: "hà", found: ["Hà", "Hạ", "Lê Thị Hà", "Trần Ngọc Hạ"]),
        // Without marks the latest message decides.
        Search(query: "ha", found: ["Hạ", "Hà", "Lê Thị Hà", "Trần Ngọc Hạ"]),
        Search(query: "be tho", found: ["Bé❤️Thỏ"]),
        Search(query: "hoang yen tran", found: ["Hoàng-Yến.Trần"]),
        Search(query: "do hung", found: ["Ðỗ Hùng"]),
        Search(query: "🌸", found: ["🌸🌸"]),
        Search(
            query: "pham lan",
            found: ["Phạm Lan", "Phạm Ngọc Lan", "Lan Phạm", "Ｌａｎ Ｐｈạｍ"]
        ),
        Search(query: "nguyen lan", found: ["𝓝𝓰𝓾𝔂𝓮𝓷 𝓛𝓪𝓷"]),
    ]

    static let nameClaims: [Claim] = [
        Claim(description: "S16 names answer as the vectors say, best first, in pages of any size")
        {
            store in
            let world = try await World(in: store)
            let messages = searchedPeople.enumerated().map { index, name in
                var message = world.message("m\(index)", from: "u\(index)", at: Int64(index))
                message.nameHints = [
                    Interaction.NameHint(
                        source: .event,
                        name: CustomerName(text: name, folded: NameOracle.folded(name))
                    )
                ]
                return message
            }
            _ = try await store.record(messages, now: now)
            for search in searches {
                var filter = CustomerFilter(businessID: world.businesses[0].id)
                filter.name = search.query
                for rowsMax in [1, 2, 100] {
                    let records = try await list(
                        store,
                        filter,
                        order: .relevance,
                        rowsMax: rowsMax
                    )
                    let names = records.map {
                        String(decoding: RecordBytes.text(ofField: 5, $0), as: UTF8.self)
                    }
                    try require(
                        names == search.found,
                        "\(search.query): \(search.found) expected, found \(names)"
                    )
                }
                let count = try await store.count(filter, deadline: nil)
                try requireEqual(count.count, search.found.count)
            }
        }
    ]
}
