internal import KhachCore
internal import KhachDetection
internal import Synchronization
internal import Testing

/// What a text may cost, counted: no clock decides whether these pass.
@Suite("Contact effort")
struct ContactEffortTests {
    /// Every unit of text is visited by few passes, and a number by few looks around it.
    private static let stepsPerByteMax = 24
    private static let textBytes = 16 << 10

    static let hostile: [String] = [
        "0", "9", "09", "0 ", "0.", "84.", "1-2 3.4/", " ", "-", "@", "a@", "a@b.", "a.b@c.d ",
        "a.",
        "a.vn/", "http://", "://", "+", "+1 ", "+84", "(0)", "(04)", "o0", "0912345678 x",
        "0912345678 ", "0912 345 678 901 ", "+49 30 12", "stk ma don so la em ", "sdt 9 1 2 3 4 ",
        "x_1-", "1.1.2020 ", "1.000.", "21.0285,105.8542 ", "ế9", "e\u{301}", "0\u{200B}",
    ]

    @Test("16 KiB of anything is a bounded number of steps", arguments: hostile)
    func bounded(_ pattern: String) {
        let effort = Self.effort(of: Self.text(of: pattern, bytes: Self.textBytes))
        #expect(effort.steps <= Self.stepsPerByteMax * Self.textBytes)
        #expect(effort.validations <= ContactDetector.validationsMax)
    }

    @Test("a join stops where no number of the plan starts so")
    func deadEnds() {
        let effort = Self.effort(of: Self.text(of: "0 ", bytes: Self.textBytes))
        #expect(effort.steps <= 8 * Self.textBytes)
    }

    @Test("twice the text is twice the steps, and no more", arguments: hostile)
    func linear(_ pattern: String) {
        let half = Self.effort(of: Self.text(of: pattern, bytes: Self.textBytes / 2))
        let whole = Self.effort(of: Self.text(of: pattern, bytes: Self.textBytes))
        #expect(whole.steps <= half.steps * 5 / 2)
    }

    @Test(
        "numbers up to the cap are asked after, and those beyond it are left out",
        arguments: [63, 64, 65, 200]
    )
    func cap(_ count: Int) {
        let numbers = (0..<count).map { "09\(12_345_678 + $0)" }
        let scan = ContactDetector.standard.scan(numbers.joined(separator: ", "))
        let expected = min(count, ContactDetector.validationsMax)
        #expect(scan.findings.count == expected)
        #expect(scan.effort.validations == expected)
        #expect(scan.effort.isCut == (count > ContactDetector.validationsMax))
    }

    @Test("a number that is written often is asked after once")
    func onceEach() {
        let scan = ContactDetector.standard.scan(Self.text(of: "0912345678, ", bytes: 4_096))
        #expect(scan.effort.validations == 1)
        #expect(!scan.effort.isCut)
    }

    @Test(
        "a text of fewer than eight digits asks nothing",
        arguments: [
            "", "chào shop ạ", "ship trước 17h30 ngày 12/3", "+84 12345", "+65 912 3",
            "sđt 0912345",
            "mail a1234567@gmail.com", "０９１２３４５",
        ]
    )
    func prefilter(_ text: String) {
        let asked = Mutex(0)
        let detector = ContactDetector { _ in
            asked.withLock { $0 += 1 }
            return true
        }
        let scan = detector.scan(text)
        #expect(asked.withLock { $0 } == 0)
        #expect(scan.findings.phones.isEmpty)

        // Nor is anything else done for phones: letters instead of digits cost the same.
        let letters = String(text.map { $0.isNumber ? "z" : $0 })
        let isWide = text.utf8.count != letters.utf8.count
        #expect(isWide || scan.effort.steps == detector.scan(letters).effort.steps)
    }

    @Test("and one of eight does")
    func eightDigits() {
        let asked = Mutex<[String]>([])
        let detector = ContactDetector { number in
            asked.withLock { $0.append(number) }
            return true
        }
        #expect(detector.findings(in: "+85212345").map(\.value) == ["+85212345"])
        #expect(asked.withLock { $0 } == ["+85212345"])
    }

    @Test("a text of neither digits nor @ is passed over once")
    func passedOver() {
        let text = String(repeating: "chào shop ạ, ", count: 1_000)
        #expect(Self.effort(of: text).steps == text.utf8.count)
    }

    @Test("what libphonenumber refuses is not found")
    func refused() {
        let nobody = ContactDetector { _ in false }
        #expect(nobody.findings(in: "0912345678 +6591234567 a@b.vn").map(\.value) == ["a@b.vn"])
    }

    private static func effort(of text: String) -> ContactEffort {
        ContactDetector.standard.scan(text).effort
    }

    /// The pattern over and over, and a number at the end so that no prefilter helps.
    private static func text(of pattern: String, bytes: Int) -> String {
        let end = " 0912345678"
        let count = (bytes - end.utf8.count) / pattern.utf8.count
        return String(repeating: pattern, count: count) + end
    }
}
