internal import Foundation

/// A text that a customer writes, with what it contains by construction (domain.md §5.4, §5.5).
///
/// No detector is asked: the phones and addresses are the ones that were put in.
struct SampleText: Sendable {
    /// The text is words, which noise may change, and codes, which it may not.
    enum Part: Sendable {
        case words(String)
        case code(String)
    }

    /// The name of the template.
    var template: String
    var text: String
    /// E.164, in order of appearance.
    var phones: [String] = []
    /// In lower case.
    var emails: [String] = []

    init(
        _ template: String,
        _ parts: [Part],
        phones: [String] = [],
        emails: [String] = [],
        _ random: inout SplitMix64
    ) {
        self.template = template
        self.text = Self.disturbed(parts, &random)
        self.phones = phones
        self.emails = emails
    }

    /// Whether a detector is put to the test by this text.
    var isLabelled: Bool { self.template != "chatter" }

    /// A text that says the number, and perhaps a second one.
    static func contact(
        _ phone: SamplePhone,
        second: SamplePhone?,
        _ random: inout SplitMix64
    ) -> Self {
        let written = phone.written(&random)
        if let second {
            return Self(
                "two-phones",
                [.code("\(written) hoặc \(second.written(&random))")],
                phones: phone == second ? [phone.e164] : [phone.e164, second.e164],
                &random
            )
        }

        let item = random.pick(Self.items)
        let place = random.pick(Self.places)
        let parts: (String, [Part]) =
            switch random.below(8) {
            case 0, 1: ("cue", [.code(Self.cues.draw(&random) + written)])
            case 2: ("reply", [.words("ib e nha "), .code(written)])
            case 3:
                (
                    "order",
                    [.words("Chốt \(random.within(1...5)) \(item) size M, "), .code(written)]
                )
            case 4:
                (
                    "delivery",
                    [
                        .words("\(random.pick(Self.people)) - "), .code(written),
                        .words(" - \(place)"),
                    ]
                )
            case 5:
                (
                    "slashes",
                    [
                        .words("\(random.pick(Self.people))/"), .code(written),
                        .words("/\(place)/cod "), .code("\(random.within(99...999))k"),
                    ]
                )
            case 6:
                (
                    "account-and-phone",
                    [.code("stk 19\(random.within(Self.accounts)) TCB, sđt \(written)")]
                )
            default:
                (
                    "order-and-phone",
                    [.code("check đơn 250529\(random.within(10...99))JNTS giúp e, sđt \(written)")]
                )
            }
        return Self(parts.0, parts.1, phones: [phone.e164], &random)
    }

    /// A text that says an address for electronic mail.
    static func mail(_ random: inout SplitMix64) -> Self {
        let host = random.pick(["gmail.com", "yahoo.com.vn", "outlook.com", "icloud.com"])
        var address = SampleNames.account(&random) + "@" + host
        switch random.below(4) {
        case 0:
            let phone = SamplePhone(mobile: &random)
            address = "\(phone.national)@gmail.com"
            return Self("phone-in-mail", [.code(address)], emails: [address], &random)
        case 1:
            let phone = SamplePhone(mobile: &random)
            return Self(
                "mail-and-phone",
                [.code("\(address) / \(phone.national)")],
                phones: [phone.e164],
                emails: [address],
                &random
            )
        default:
            return Self(
                "invoice",
                [.words("gửi hđ về "), .code(address), .words(" nha")],
                emails: [address],
                &random
            )
        }
    }

    /// A text that looks like a number and is none.
    static func decoy(_ random: inout SplitMix64) -> Self {
        let phone = SamplePhone(mobile: &random)
        let (template, code): (String, String) =
            switch random.below(12) {
            case 0: ("order-code", "mã đơn \(phone.national)")
            case 1: ("account", "stk \(phone.national) MB")
            case 2:
                ("tax-code", "mst 0\(random.within(8...9))0\(random.within(1_000_000...9_999_999))")
            case 3: ("tracking", "SPXVN\(random.within(100_000_000_000...999_999_999_999))")
            case 4: ("price", random.pick(["199k", "2tr5", "1.990.000đ", "84.912.345.678 đ"]))
            case 5: ("date", "1\(random.below(10))/06/2025 2\(random.below(4)):30")
            case 6: ("counting", "mẫu 07 08 09 10 11")
            case 7: ("identity-card", "cccd 0790\(random.within(10_000_000...99_999_999))")
            case 8: ("link", "https://shopee.vn/product/\(random.within(1...9))23456789/9876543210")
            case 9: ("hotline", random.pick(["1900 1234", "1800 6789"]))
            case 10: ("prefix", random.pick(["DH-", "#"]) + phone.national)
            default: ("spoilt", phone.spoilt(&random))
            }
        return Self(template, [.code(code)], &random)
    }

    static func chatter(_ random: inout SplitMix64) -> Self {
        Self("chatter", [.words(random.pick(Self.chatter))], &random)
    }

    /// What the page answers.
    static func answer(_ random: inout SplitMix64) -> Self {
        Self("chatter", [.words(random.pick(Self.answers))], &random)
    }

    /// The parts in one text, with noise in the words (§5.5); the labels stay true.
    private static func disturbed(_ parts: [Part], _ random: inout SplitMix64) -> String {
        let isPlain = random.happens(perMille: 350)
        let isTeen = random.happens(perMille: 300)
        let isLoud = random.happens(perMille: 30)
        let isDecomposed = random.happens(perMille: 20)
        var text = ""
        for part in parts {
            guard case .words(var words) = part else {
                if case .code(let code) = part { text += code }
                continue
            }

            if isTeen {
                for (long, short) in Self.teencode where words.contains(long) {
                    words = words.replacing(long, with: short)
                }
            }
            if isPlain { words = VietnameseText.withoutDiacritics(words) }
            if isLoud { words = words.uppercased() }
            if isDecomposed { words = words.decomposedStringWithCanonicalMapping }
            text += words
        }
        if random.happens(perMille: 400) { text += " " + random.pick(Self.particles) }
        if random.happens(perMille: 120) { text += " " + random.pick(Self.emoji) }
        return text
    }

    private static let accounts = 10_000_000_000...99_999_999_999
    private static let cues = Weighted<String>([
        ("", 40), ("sđt ", 18), ("sdt ", 12), ("đt ", 5), ("số ", 5), ("zalo ", 5), ("lh ", 3),
        ("gọi ", 3), ("alo ", 2), ("tel: ", 2),
    ])
    private static let teencode = [("không", "k"), ("được", "dc"), ("rồi", "r"), ("vậy", "v")]
    private static let particles = ["ạ", "nha", "nhé", "nhaa"]
    private static let emoji = ["😍", "❤️", "🥰", "😂", "👍"]
    private static let items = ["váy hoa", "áo thun", "son đỏ", "set bé gái", "túi cói"]
    private static let people = ["Lan", "Hằng Trần", "Minh", "chị Thảo", "Tuấn Anh"]
    private static let places = [
        "ngõ 12 Láng Hạ, Hà Nội", "thôn Đông, Gia Lâm", "Lê Lợi, quận 1, HCM",
        "ấp Bình Hoà, Long An", "chợ Cồn, Đà Nẵng",
    ]
    private static let chatter = [
        "còn hàng không shop", "giá nhiêu ạ", "ship Hà Nội bao lâu", "ib", ".", "😍", "c ơi", "up",
        "chấm", "mẫu này có màu đen không", "cho xem hình thật được không",
        "e đặt rồi vậy bao giờ có",
        "size L còn không", "nhận được hàng rồi, đẹp lắm", "đổi size được không shop", "rep e với",
    ]
    private static let answers = [
        "Dạ còn chị nhé", "Dạ em gửi giá vào tin nhắn rồi ạ", "Chị cho em xin số điện thoại ạ",
        "Dạ ship 2-3 ngày chị nhé", "Cảm ơn chị đã ủng hộ shop", "Dạ mẫu này còn đủ size ạ",
    ]
}
