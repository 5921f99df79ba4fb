internal import CKhachText
internal import KhachCore

extension CustomerName {
    /// Cleans and folds a text by the rules that server and clients share; `nil` when nothing
    /// visible is left (domain.md M1, M8).
    init?(cleaning text: String) {
        guard let cleaned = transformed(text, by: khach_text_clean_name), !cleaned.isEmpty,
            let folded = transformed(cleaned, by: khach_text_fold)
        else { return nil }

        self.init(text: cleaned, folded: folded)
    }
}

private typealias Transform = (
    UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, UnsafeMutablePointer<Int>?,
    UnsafePointer<CChar>?, Int
) -> Int32

private func transformed(_ text: String, by transform: Transform) -> String? {
    var text = text
    return text.withUTF8 { bytes -> String? in
        bytes.withMemoryRebound(to: CChar.self) { characters -> String? in
            var out: UnsafeMutablePointer<CChar>?
            var count = 0
            // An empty Swift string may have no address; C wants one.
            let start = characters.baseAddress ?? UnsafePointer(bitPattern: 1)
            guard transform(&out, &count, start, characters.count) == 0, let out else {
                return nil
            }
            defer { khach_text_free(out) }

            return String(
                decoding: UnsafeRawBufferPointer(start: out, count: count),
                as: UTF8.self
            )
        }
    }
}
