internal import SwiftProtobuf
internal import Testing

@testable internal import KhachChannels

@Suite("Times since 1970")
struct UnixTimeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var digits: String
        /// Seconds and nanoseconds; `nil` when it is no time.
        var expected: [Int64]?
    }

    static let cases: [Case] = [
        Case(testDescription: "seconds", digits: "1767232800", expected: [1_767_232_800, 0]),
        Case(
            testDescription: "milliseconds",
            digits: "1767232800123",
            expected: [1_767_232_800, 123_000_000]
        ),
        Case(
            testDescription: "microseconds",
            digits: "1767232800123456",
            expected: [1_767_232_800, 123_456_000]
        ),
        Case(
            testDescription: "nanoseconds",
            digits: "1767232800123456789",
            expected: [1_767_232_800, 123_456_789]
        ),
        Case(testDescription: "1970", digits: "0", expected: [0, 0]),
        Case(
            testDescription: "the last second",
            digits: "99999999999",
            expected: [99_999_999_999, 0]
        ),
        Case(
            testDescription: "the first millisecond",
            digits: "100000000000",
            expected: [100_000_000, 0]
        ),
        Case(
            testDescription: "the last millisecond",
            digits: "99999999999999",
            expected: [99_999_999_999, 999_000_000]
        ),
        Case(
            testDescription: "the first microsecond",
            digits: "100000000000000",
            expected: [100_000_000, 0]
        ),
        Case(
            testDescription: "the first nanosecond",
            digits: "100000000000000000",
            expected: [100_000_000, 0]
        ),
        Case(testDescription: "64 bits and more", digits: "9223372036854775808", expected: nil),
        Case(testDescription: "a sign", digits: "-1", expected: nil),
        Case(testDescription: "a fraction", digits: "1.5", expected: nil),
        Case(testDescription: "nothing", digits: "", expected: nil),
    ]

    @Test("the unit is decided by magnitude", arguments: cases)
    func timestamp(_ example: Case) {
        let time = UnixTime.timestamp(example.digits)
        #expect(time.map { [$0.seconds, Int64($0.nanos)] } == example.expected)
    }

    @Test("every day from 2004 to 2100 is the same in each unit")
    func units() throws {
        for day in 12_452...47_482 {
            let seconds = day * 86_400 + day % 86_400
            for zeros in ["", "000", "000000", "000000000"] {
                let time = try #require(UnixTime.timestamp("\(seconds)\(zeros)"))
                #expect(time.seconds == seconds && time.nanos == 0)
            }
        }
    }
}
