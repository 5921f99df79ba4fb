internal import KhachCore
internal import Testing

@Suite("Identifiers")
struct IdentifiersTests {
    @Test(
        "a text comes back as its number, and sorts as it",
        arguments: [0, 1, 31, 32, 1_835_008_000_000 << 20, Int64.max - 1, .max])
    func roundTrip(_ number: Int64) {
        let text = CustomerID(rawValue: number).text
        #expect(text.utf8.count == 14)
        #expect(text.hasPrefix("c"))
        #expect(CustomerID(text: text)?.rawValue == number)
        #expect(PageID(text: text) == nil)
        #expect(number == .max || CustomerID(rawValue: number + 1).text > text)
    }

    @Test(
        "what is not an identifier's text is refused",
        arguments: [
            "", "c", "c000000000000", "c00000000000000", "b0000000000001", "C0000000000001",
            "c000000000000O", "c000000000000i", "c 000000000001", "c8000000000000",
            "czzzzzzzzzzzzz", "c00000000000é", "c000000000000\u{0}",
        ])
    func refusal(_ text: String) {
        #expect(CustomerID(text: text) == nil)
    }

    @Test("numbers only rise, whatever the clock does")
    func sequence() {
        var sequence = IdentifierSequence(after: 5)
        var last: Int64 = 5
        for milliseconds in [1_000, 1_000, 999, -4, 0, 1_001, 1_001] as [Int64] {
            let next = sequence.next(now: Instant(milliseconds: milliseconds))
            #expect(next > last)
            last = next
        }
        #expect(last >= 1_001 << 20)
    }
}
