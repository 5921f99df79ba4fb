internal import Foundation
internal import KhachProto

/// Names as people write them on Vietnamese channels (domain.md §5.2).
enum SampleNames {
    /// A name in one of the forms that a channel sends for a person.
    static func person(_ random: inout SplitMix64) -> String {
        let isFemale = random.happens(perMille: 640)
        let surname = Self.surnames.draw(&random)
        let middle = (isFemale ? Self.femaleMiddles : Self.maleMiddles).draw(&random)
        let given = random.pick(isFemale ? Self.femaleGivens : Self.maleGivens)
        let full = middle.isEmpty ? "\(surname) \(given)" : "\(surname) \(middle) \(given)"
        switch random.below(1_000) {
        case 0..<440: return full
        case 440..<610: return VietnameseText.withoutDiacritics(full)
        case 610..<750: return "\(given) \(surname)"
        case 750..<830: return middle.isEmpty ? given : "\(middle) \(given)"
        case 830..<900: return Self.nickname(given, &random)
        case 900..<930: return full.uppercased()
        case 930..<960: return "\(given) \(surname) \(random.pick(Self.symbols))"
        case 960..<975: return full.decomposedStringWithCanonicalMapping
        case 975..<982: return Self.script(VietnameseText.withoutDiacritics(full))
        case 982..<985: return "Ð\(random.pick(["ỗ", "ặng", "inh"])) \(given)"
        default: return random.pick(Self.foreigners)
        }
    }

    /// An account name, such as `lan_pham96` or `user8812x`.
    static func account(_ random: inout SplitMix64) -> String {
        guard random.happens(perMille: 750) else {
            return "user\(random.within(1_000...9_999_999))\(random.pick(["", "x", "vn"]))"
        }

        let given = VietnameseText.withoutDiacritics(random.pick(Self.femaleGivens)).lowercased()
        let surname = VietnameseText.withoutDiacritics(Self.surnames.draw(&random)).lowercased()
        return "\(given)\(random.pick(["_", ".", ""]))\(surname)\(random.within(1...9_999))"
    }

    /// A name as a marketplace hides it: `N***n`.
    static func masked(_ random: inout SplitMix64) -> String {
        let name = VietnameseText.withoutDiacritics(random.pick(Self.femaleGivens))
        return "\(name.prefix(1))***\(name.suffix(1))"
    }

    /// What a channel sends when it does not tell the name (M3).
    static func placeholder(_ channel: Khach_V1_Channel) -> String {
        switch channel {
        case .facebook: "Facebook User"
        case .instagram: "Instagram User"
        case .zaloOa: "Zalo User"
        case .shopee: "Shopee User"
        case .lazada: "Lazada User"
        default: "TikTok User"
        }
    }

    private static func nickname(_ given: String, _ random: inout SplitMix64) -> String {
        switch random.below(4) {
        case 0: "\(random.pick(["Mẹ", "Ba", "Bố"])) \(random.pick(Self.pets))"
        case 1: "\(random.pick(["Bé", "Cô", "Út", "Chị"])) \(random.pick(Self.pets))"
        case 2: "\(random.pick(["Tiệm Nhà", "Út Mót", "Shop"])) \(given)"
        default: random.pick(["Su Su", "Mây Trắng", "Bống Bang", "Cỏ May", "."])
        }
    }

    /// Mathematical script letters, as profile decorators make them.
    private static func script(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar {
                    case "A"..."Z": Unicode.Scalar(0x1D4D0 + scalar.value - 0x41) ?? scalar
                    case "a"..."z": Unicode.Scalar(0x1D4EA + scalar.value - 0x61) ?? scalar
                    default: scalar
                    }
                }
            )
        )
    }

    private static let surnames = Weighted<String>([
        ("Nguyễn", 384), ("Trần", 110), ("Lê", 95), ("Phạm", 71), ("Hoàng", 26), ("Huỳnh", 25),
        ("Phan", 45), ("Vũ", 19), ("Võ", 20), ("Đặng", 21), ("Bùi", 20), ("Đỗ", 14), ("Hồ", 13),
        ("Ngô", 13), ("Dương", 10), ("Lý", 5), ("Đinh", 6), ("Trịnh", 6), ("Trương", 8),
        ("Đoàn", 6), ("Mai", 6), ("Lương", 6), ("Lâm", 5), ("Tô", 4), ("Tạ", 4), ("Đào", 6),
        ("Hà", 5), ("Châu", 4), ("Cao", 6), ("Thái", 5), ("Quách", 3), ("La", 3), ("Kiều", 3),
        ("Văn", 3), ("Phùng", 4), ("Lưu", 5),
    ])
    private static let femaleMiddles = Weighted<String>([
        ("Thị", 45), ("Ngọc", 6), ("Thanh", 6), ("Thu", 6), ("Kim", 5), ("Mỹ", 4), ("Hồng", 5),
        ("Minh", 4), ("Bích", 3), ("Phương", 4), ("Thuỳ", 4), ("", 8),
    ])
    private static let maleMiddles = Weighted<String>([
        ("Văn", 25), ("Minh", 8), ("Quốc", 7), ("Đức", 8), ("Hữu", 6), ("Hoàng", 6), ("Thanh", 6),
        ("Anh", 5), ("Ngọc", 5), ("Công", 5), ("Tuấn", 4), ("", 15),
    ])
    private static let femaleGivens = [
        "Linh", "Trang", "Hương", "Lan", "Hà", "Hằng", "Thảo", "Ngọc", "Anh", "Nhung", "Phương",
        "Yến", "Vy", "My", "Trâm", "Thư", "Ngân", "Nhi", "Quỳnh", "Duyên", "Hạnh", "Hoa", "Mai",
        "Loan", "Thuỷ", "Tuyết", "Oanh", "Xuân", "Châu", "Đào", "Giang", "Hiền", "Huyền", "Khánh",
        "Kiều", "Liên", "Ly", "Nga", "Nguyệt", "Như", "Tâm", "Thắm", "Thương", "Tiên", "Uyên",
        "Vân",
    ]
    private static let maleGivens = [
        "Anh", "Tuấn", "Hùng", "Dũng", "Minh", "Nam", "Hải", "Long", "Đức", "Huy", "Khoa", "Phúc",
        "Quang", "Sơn", "Thành", "Thắng", "Tùng", "Trung", "Việt", "Vinh", "Bảo", "Cường", "Đạt",
        "Duy", "Hiếu", "Hoàng", "Khang", "Kiên", "Lâm", "Nghĩa", "Nhân", "Phong", "Quân", "Tài",
        "Tân", "Thiện", "Toàn", "Trí", "Tú", "Vũ",
    ]
    private static let pets = ["Bin", "Thỏ", "Ba", "Bông", "Ken", "Sóc", "Gấu", "Na", "Tôm"]
    private static let symbols = ["🌸", "❤️", "🦋", "☘️", "✨", "(Xu)", "🌸🌸"]
    private static let foreigners = [
        "Anna Kim", "David Miller", "Somchai P.", "李小龙", "田中 花子", "김민지", "Maria Cruz",
        "Budi Santoso",
    ]
}
