/// The words around a number that say what it is (domain.md P5, P7): data, and how it is matched.
///
/// Written without diacritics, as `VietnameseWord` folds; a phrase is one line's words up to `|`.
struct ContactCues: Sendable {
    enum Meaning: UInt8, Sendable {
        /// The number after it is a phone.
        case phone
        /// The number after it is an account, an order, an identity: not a phone.
        case veto
        /// Likewise, when it is spelled with a tilde: *mã*, and not *má*.
        case vetoWithTilde
        /// Likewise, when *số* stands between: "chuyển khoản số".
        case vetoBeforeNumber
        /// Says nothing; the word before it decides.
        case filler
        /// *số*: a filler that `vetoBeforeNumber` needs.
        case number
    }

    struct Phrase: Sendable {
        /// The last word first.
        var words: [VietnameseWord]
        var meaning: Meaning
    }

    static let vietnamese = ContactCues()

    /// By the key of the last word; long phrases first.
    private let phrases: [UInt128: [Phrase]]

    private init() {
        var phrases: [UInt128: [Phrase]] = [:]
        for (meaning, text) in Self.tables {
            for line in text.split(whereSeparator: { $0 == "|" || $0 == "\n" }) {
                let words = line.split(separator: " ").map { VietnameseWord($0) }
                guard let last = words.last else { continue }

                phrases[last.key, default: []].append(
                    Phrase(words: words.reversed(), meaning: meaning)
                )
            }
        }
        self.phrases = phrases.mapValues { $0.sorted { $0.words.count > $1.words.count } }
    }

    /// The longest phrase that ends with the first of `words`, which run backwards.
    func phrase(endingWith words: ArraySlice<VietnameseWord>) -> Phrase? {
        guard let last = words.first, last.key != 0 else { return nil }

        return self.phrases[last.key]?.first { phrase in
            phrase.words.count <= words.count
                && zip(phrase.words, words).allSatisfy { $0.key == $1.key }
                && (phrase.meaning != .vetoWithTilde || last.hasTilde)
        }
    }

    /// Whether one word alone is a phone cue or *số*, and may be glued to the digits (P5).
    func mayBeGlued(_ word: VietnameseWord) -> Bool {
        word.key != 0
            && self.phrases[word.key, default: []].contains {
                $0.meaning == .phone || $0.meaning == .number
            }
    }

    private static let tables: [(Meaning, String)] = [
        (
            .phone,
            """
            sdt | sodt | so dt | dt | dth | dthoai | dien thoai | so dien thoai | sdth
            di dong | dd | sodienthoai | dienthoai
            zalo | zl | goi | lh | lhe | lien he | lien lac | alo | hotline
            tel | telephone | phone | mobile | cell | call | contact | whatsapp | viber
            """
        ),
        (
            .veto,
            """
            stk | sotk | tk | tknh | tai khoan | account | account number | so the
            ma don | ma don hang | so don | so don hang | so hoa don | ma dh | mdh
            ma vd | ma van don | van don | mvd | bill
            ma buu gui | ma tra cuu | ma hang | ma sp | ma san pham | ma gd | ma giao dich
            ma phieu | ma dat hang | ma dat cho | ma ho so | ma hoa don | ma hd | ma bao hanh
            mst | ma so thue | so thue | ma thue
            cccd | cmnd | cmt | can cuoc | chung minh | ho chieu | passport
            imei | seri | serial | otp | ma otp | ma xac nhan | ma xac minh | ma bao mat
            voucher | coupon | ma giam gia | ma voucher | ma khuyen mai | ma km
            ma kh | ma khach | ma khach hang | mkh | ma nv | ma nhan vien | ma the
            ma thanh vien | hop dong | id | uid | code | tracking
            """
        ),
        (.vetoWithTilde, "ma"),
        (.vetoBeforeNumber, "chuyen khoan | ck | chuyen tien"),
        (.number, "so"),
        (
            .filler,
            """
            la | cua | em | e | minh | mk | toi | chi | c | anh | shop | cty | cong ty | nay
            day | no | number | vao | qua | den | toi | chinh chu | moi | ngan hang | nh | vn
            mb | mbb | mbbank | vcb | vietcombank | vietcom | tcb | techcombank | techcom | tpb
            tpbank | acb | bidv | vpb | vpbank | vib | scb | shb | msb | ocb | hdb | hdbank | stb
            sacombank | vietinbank | vietin | vtb | ctg | agribank | agri | eximbank | exim
            seabank | lpb | lpbank | lienviet | namabank | nab | abbank | abb | bvbank | vietbank
            pvcombank | pvcb | ncb | kienlongbank | klb | shinhan | hsbc | uob | woori | cake
            timo | momo | bank
            """
        ),
    ]
}
