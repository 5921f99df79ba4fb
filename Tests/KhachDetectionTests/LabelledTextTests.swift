internal import Foundation
internal import KhachCore
internal import KhachDetection
internal import Testing

@Suite("Labelled texts")
struct LabelledTextTests {
    private let detector = ContactDetector.standard

    @Test("the files are read whole")
    func files() {
        #expect(LabelledText.sample.count == 187)
        #expect(LabelledText.more.count == 448)
    }

    @Test("gives the labels of its row", arguments: LabelledText.sample + LabelledText.more)
    func labels(_ row: LabelledText) {
        let findings = self.detector.findings(in: row.text)
        #expect(findings.phones == row.phones)
        #expect(findings.emails == row.emails)
    }

    @Test(
        "says where: the bytes of the original hold the value",
        arguments: LabelledText.sample + LabelledText.more
    )
    func spans(_ row: LabelledText) {
        for finding in self.detector.findings(in: row.text) {
            let bytes = Array(row.text.utf8)[finding.bytes]
            let span = Self.plain(
                String(decoding: bytes, as: UTF8.self),
                letterZeros: finding.kind == .phone
            )
            switch finding.kind {
            case .email: #expect(span == finding.value)
            case .phone:
                // The subscriber's digits: what no form and no migration changes.
                let digits = span.filter(\.isNumber)
                #expect(digits.suffix(7) == finding.value.suffix(7))
                #expect((8...15).contains(digits.count))
                #expect(span.last?.isNumber == true)
            }
        }
    }

    @Test(
        "finds the same in decomposed letters",
        arguments: (LabelledText.sample + LabelledText.more).filter { $0.emails.isEmpty }
    )
    func decomposed(_ row: LabelledText) {
        // As macOS and some keyboards write Vietnamese letters.
        let text = row.text.decomposedStringWithCanonicalMapping
        #expect(self.detector.findings(in: text).phones == row.phones)
    }

    /// Wide and mathematical characters as ASCII, letters in lower case, what is invisible gone.
    private static func plain(_ span: String, letterZeros: Bool) -> String {
        var plain = String.UnicodeScalarView()
        for scalar in span.unicodeScalars {
            switch scalar.value {
            case 0xFF01...0xFF5E: plain.append(Unicode.Scalar(UInt8(scalar.value - 0xFEE0)))
            case 0x1D7CE...0x1D7FF:
                plain.append(Unicode.Scalar(UInt8((scalar.value - 0x1D7CE) % 10 + 0x30)))
            case 0x200B...0x200F, 0x202A...0x202E, 0x20E3, 0xFE0F, 0xFEFF: break
            case 0x4F where letterZeros, 0x6F where letterZeros:
                plain.append("0")
                plain.append("0")
            default: plain.append(scalar)
            }
        }
        return String(plain).lowercased()
    }
}
