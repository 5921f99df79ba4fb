internal import KhachCore
internal import KhachDetection
internal import Testing

@Suite("Phone library")
struct PhoneLibraryTests {
    @Test(
        "a number that exists, in canonical form",
        arguments: [
            "+84912345678", "+842838221234", "+6591234567", "+12125550123", "+390612345678",
        ]
    )
    func valid(_ number: String) {
        #expect(PhoneLibrary.isValid(number))
    }

    @Test(
        "and its neighbours",
        arguments: [
            "", "+", "+8", "84912345678", "+8491234567", "+849123456789", "+84 912345678",
            "+840912345678", "+4407400123456", "+99912345678", "+84912345678901234567890",
            // 2^64 more than a number that exists.
            "+8418446744074621897294", "+٨٤",
            "+84912345678\0",
        ]
    )
    func invalid(_ number: String) {
        #expect(!PhoneLibrary.isValid(number))
    }

    @Test("knows every range of the plan: older metadata would lose numbers in silence")
    func knowsThePlan() {
        let every = ContactDetector { _ in true }
        for prefix in 0..<1_000 {
            let digits = String(prefix)
            let start = String(repeating: "0", count: 4 - digits.utf8.count) + digits
            // Hanoi and Ho Chi Minh City give numbers from 3 on; their areas have two digits.
            let isCity = (240...249).contains(prefix) || (280...289).contains(prefix)
            let landline = (isCity ? String(start.dropLast()) : start) + "3812345"
            for text in [start + "123456", landline + (isCity ? "6" : "")] {
                let expected = every.findings(in: text).map(\.value)
                #expect(ContactDetector.standard.findings(in: text).map(\.value) == expected)
            }
        }
    }

    @Test("answers many threads at once as it answers one")
    func threads() async {
        let valid: @Sendable (Int) -> Int = { first in
            (0..<500).count { PhoneLibrary.isValid("+84\(first)1\(2_345_000 + $0)") }
        }
        let answers = await withTaskGroup(of: (Int, Int).self) { group in
            for first in 2...9 { group.addTask { (first, valid(first)) } }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for first in 2...9 { #expect(answers[first] == valid(first)) }
        #expect(answers[9] == 500)
        #expect(answers[2] == 0)
    }

    @Test("loads its metadata")
    func load() {
        #expect(PhoneLibrary.load())
    }
}

@Suite("Vietnam's plan")
struct VietnamPlanTests {
    /// By prefix, how many mobile ranges of three digits there are: a count taken by hand from
    /// domain.md §4.6.
    static let mobileRanges: [(first: Int, count: Int)] = [
        (3, 80), (5, 34), (7, 50), (8, 84), (9, 89),
    ]

    @Test("has the ranges of the table, and no others", arguments: mobileRanges)
    func mobiles(_ expected: (first: Int, count: Int)) {
        let detector = ContactDetector { _ in true }
        let found = (0..<100).filter { rest in
            let prefix = "0\(expected.first)" + (rest < 10 ? "0" : "") + "\(rest)"
            return detector.findings(in: prefix + "123456").first?.rule == .national
        }
        #expect(found.count == expected.count)
    }

    @Test("has 68 landline areas of three digits, and two of two")
    func landlines() {
        let detector = ContactDetector { _ in true }
        let found = (0..<100).filter { rest in
            let prefix = "02" + (rest < 10 ? "0" : "") + "\(rest)"
            return detector.findings(in: prefix + "1234567").first?.rule == .landline
        }
        #expect(found.count == 7 + 7 + 2 + 3 + 5 + 8 + 2 + 6 + 4 + 1 + 8 + 5 + 2 + 1 + 20)
    }

    @Test("turns 21 old prefixes into new ones, the last seven digits kept")
    func migrations() {
        let detector = ContactDetector { _ in true }
        let found = (100..<200).compactMap { prefix in
            detector.findings(in: "0\(prefix)1234567").first
        }
        #expect(found.count == 21)
        #expect(found.allSatisfy { $0.rule == .migrated && $0.value.hasSuffix("1234567") })
        #expect(Set(found.map(\.value)).count == 21)
    }
}
