internal import KhachCore
internal import KhachDetection
internal import KhachProto
internal import Testing

/// The texts of the sample against the rules: its labels say what was put in, not what was found.
@Suite("Contacts of samples")
struct SampleContactsTests {
    private static let textsCount = 5_000
    private static let rightPerMilleMin = 990

    @Test("of the first 5,000 inbound texts, 99 in 100 give what was put in")
    func rules() throws {
        let labels = Dictionary(
            SampleTests.small.labels.map {
                (Self.key($0.externalPageId, $0.eventKey, $0.revision), $0)
            },
            uniquingKeysWith: { first, _ in first }
        )
        let texts = SampleTests.small.lines.filter {
            $0.direction == .inbound && $0.operation != .remove && !$0.text.isEmpty
        }.prefix(Self.textsCount)
        #expect(texts.count == Self.textsCount)

        var labelled = 0
        var misses: [String] = []
        for line in texts {
            let label = labels[Self.key(line.externalPageID, line.eventKey, "\(line.revision)")]
            labelled += label == nil ? 0 : 1
            let found = ContactDetector.standard.findings(in: line.text)
            let phones = found.filter { $0.kind == .phone }.map(\.value)
            let emails = found.filter { $0.kind == .email }.map(\.value)
            let (expectedPhones, expectedEmails) = (label?.phones ?? [], label?.emails ?? [])
            if phones != expectedPhones || emails != expectedEmails {
                misses.append(
                    "\(label?.template ?? "chatter"): \(line.text)\n"
                        + "  \(expectedPhones + expectedEmails) expected, \(phones + emails) found"
                )
            }
        }
        print("\(texts.count - misses.count) of \(texts.count) right, \(labelled) labelled")
        for miss in misses { print(miss) }
        #expect(labelled > 1_000)
        #expect(misses.count * 1_000 <= texts.count * (1_000 - Self.rightPerMilleMin))
    }

    private static func key(_ page: String, _ event: String, _ revision: String) -> String {
        "\(page)/\(event)/\(revision)"
    }
}
