internal import KhachCore
internal import KhachDetection
internal import Testing

/// Numbers that a channel gives as values (domain.md §2.4, §5.4).
@Suite("Supplied phones")
struct SuppliedPhoneTests {
    static let cases: [(value: String, phone: String?)] = [
        ("841282987721", "+84782987721"),
        ("84912345678", "+84912345678"),
        ("840912345678", "+84912345678"),
        ("0084912345678", "+84912345678"),
        ("+84912345678", "+84912345678"),
        ("0912345678", "+84912345678"),
        ("0912 345 678", "+84912345678"),
        ("01681234567", "+84381234567"),
        ("0842345678", "+84842345678"),
        ("02838221234", "+842838221234"),
        ("+6591234567", "+6591234567"),
        ("6591234567", nil),
        ("912345678", nil),
        ("841302987721", nil),
        ("091234567", nil),
        ("0912345678a", nil),
        ("0912345678, 0987654321", nil),
        ("", nil),
    ]

    @Test("is the number that is called today, or none", arguments: cases)
    func supplied(_ example: (value: String, phone: String?)) {
        #expect(ContactDetector.standard.phone(supplied: example.value) == example.phone)
    }
}
