internal import KhachCore
internal import KhachDetection
internal import Testing

/// Each rule of domain.md §4.6 and §4.7 by its number: what it takes, and its nearest neighbour.
@Suite("Contact rules")
struct ContactRulesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var rule: String
        var text: String
        var found: [String]
        var forms: [ContactRule]

        var testDescription: String { "\(self.rule): \(self.text.debugDescription)" }

        init(_ rule: String, _ text: String, _ found: [String: ContactRule] = [:]) {
            self.rule = rule
            self.text = text
            self.found = Array(found.keys)
            self.forms = Array(found.values)
        }
    }

    static let lan = "+84912345678"

    static let forms: [Case] = [
        Case("P1 keycaps", "0️⃣9️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣", [lan: .national]),
        Case("P1 a letter o is a zero at a word's start", "sđt:o912345678", [lan: .national]),
        Case("P1 and not inside a word", "hoo912345678"),
        Case("P2 a link to a phone", "https://zalo.me/0912345678", [lan: .national]),
        Case("P2 wa.me writes in full", "wa.me/6591234567", ["+6591234567": .foreign]),
        Case("P2 any other link", "https://zalo.vn/0912345678"),
        Case("P2 a date with its time", "09.12.2024 10:30"),
        Case(
            "P2 and not a number that looks like half a date",
            "09.12.34.56.78",
            [
                "+84912345678": .national
            ]
        ),
        Case("P3 three joiners", "0912 - 345 - 678", [lan: .national]),
        Case("P3 and not four", "0912 -- 345 -- 678"),
        Case("P3 a newline separates", "0912\n345678"),
        Case("P3 a slash separates", "0912/345678"),
        Case("P3 a tab separates", "0912\t345678"),
        Case("P3 a comma before three digits", "0912,345,678", [lan: .national]),
        Case("P3 and not before four", "091,2345,678"),
        Case("P4 national", "0912345678", [lan: .national]),
        Case("P4 and one digit more", "09123456780"),
        Case("P4 and one less", "091234567"),
        Case("P4 landline", "028 3822 1234", ["+842838221234": .landline]),
        Case("P4 and an area that is none", "0231 3822 123"),
        Case("P4 an old mobile", "0168 123 4567", ["+84381234567": .migrated]),
        Case("P4 and a prefix that never was", "0161 123 4567"),
        Case("P4 with its country", "84912345678", [lan: .country]),
        Case("P4 and not with a trunk zero too", "840912345678"),
        Case("P4 international", "+84 912 345 678", [lan: .international]),
        Case("P4 with a trunk zero", "+84 (0)912 345 678", [lan: .international]),
        Case("P4 with 00", "0084912345678", [lan: .international]),
        Case("P4 another country", "+65 9123 4567", ["+6591234567": .foreign]),
        Case("P4 and not without its plus", "65 9123 4567"),
        Case("P4 an old area in brackets", "(08) 3822 1234", ["+842838221234": .bracketed]),
        Case("P4 nine digits after a cue", "sđt 912 345 678", [lan: .cued]),
        Case("P4 and not without one", "lấy 912 345 678"),
        Case("P4 services are no customers", "1900 1009 18001091"),
        Case("P5 a cue may be glued", "Zalo0912345678", [lan: .national]),
        Case("P5 and another word not", "Zola0912345678"),
        Case("P5 a code before", "DH-0912345678"),
        Case("P5 and not a word", "Lan-0912345678", [lan: .national]),
        Case("P5 a capital after", "0912345678VN"),
        Case("P5 and not a particle", "0912345678ạ", [lan: .national]),
        Case("P5 a mask after", "0912345678x"),
        Case("P6 an amount", "84.912.345.678 đ"),
        Case("P6 and not one group", "84912345678 đ", [lan: .country]),
        Case("P7 an account", "stk VCB: 0912345678"),
        Case("P7 that is a phone too", "stk 0912345678 cũng là zalo", [lan: .national]),
        Case("P7 the nearer cue wins", "stk, sđt 0912345678", [lan: .national]),
        Case("P7 across a newline after a colon", "STK:\n0912345678"),
        Case("P7 and not across any other", "gửi bill\n0912345678", [lan: .national]),
        Case("P7 transfer to the number", "chuyển khoản số 0912345678"),
        Case("P7 and not transfer alone", "chuyển khoản 0912345678", [lan: .national]),
        Case("P8 part of something longer", "0912 345 678 901"),
        Case("P8 and not before an amount", "0912 345 678 200k", [lan: .national]),
        Case("P9 counting", "09 10 11 12 13"),
        Case("P9 and not counting", "09 10 11 12 14", ["+84910111214": .national]),
        Case(
            "P10 once, the old form too",
            "0168 123 4567, 0381234567",
            [
                "+84381234567": .migrated
            ]
        ),
        Case("E1 an address", "mail: Lan@Gmail.com", ["lan@gmail.com": .email]),
        Case("E2 two dots", "lan..a@gmail.com"),
        Case("E3 a domain that is none", "lan@gmail.con"),
        Case("E4 a letter of another script before", "nguyễnvana@gmail.com"),
        Case("E4 another @ after", "lan@gmail.com@x"),
        Case("E5 inside a link", "https://u:p@host.com/x"),
        Case("E5 and not after mailto", "mailto:lan@gmail.com", ["lan@gmail.com": .email]),
        Case("E6 once", "lan@gmail.com LAN@gmail.com", ["lan@gmail.com": .email]),
    ]

    @Test("takes the form, or nothing", arguments: forms)
    func rule(_ example: Case) {
        let findings = ContactDetector.standard.findings(in: example.text)
        #expect(findings.map(\.value) == example.found)
        #expect(findings.map(\.rule) == example.forms)
    }

    @Test("P10 in the order of the text, phones and addresses together")
    func order() {
        let findings = ContactDetector.standard.findings(in: "0987654321 a@b.vn 0912345678")
        #expect(findings.map(\.value) == ["+84987654321", "a@b.vn", "+84912345678"])
        #expect(findings.map(\.bytes) == [0..<10, 11..<17, 18..<28])
    }

    @Test("N8, P12 what the caller excludes is not found, in whatever form it is written")
    func excluding() {
        let text = "01681234567 lan@x.vn 0912345678 HOA@x.vn"
        let findings = ContactDetector.standard.findings(
            in: text,
            excluding: ["+84381234567", "hoa@x.vn"]
        )
        #expect(findings.map(\.value) == ["lan@x.vn", "+84912345678"])
    }

    @Test("a finding carries the version of the rules and of the plan")
    func version() {
        let findings = ContactDetector.standard.findings(in: "0912345678")
        #expect(findings.map(\.detectorVersion) == ["1 vn-2025-1"])
    }
}
