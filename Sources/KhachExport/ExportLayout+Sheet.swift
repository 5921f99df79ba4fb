internal import CKhachExport
internal import KhachCore

extension ExportLayout {
    /// Lends the layout to the C formatter for the time of `body`.
    func lend<Answer>(
        _ body: (UnsafeMutablePointer<khach_sheet_options>) -> Answer
    ) -> Answer {
        var options = khach_sheet_options()
        options.format = Int32(self.format.rawValue)
        options.language = Int32(self.language.rawValue)
        options.without_bom = !self.hasByteOrderMark
        options.masks_contacts = self.masksContacts
        options.descriptor = -1

        // One block of texts, each ended by NUL, and where each begins.
        var texts: [CChar] = []
        var starts: [Int] = []
        for text in self.columns + [self.separator] {
            starts.append(texts.count)
            texts.append(contentsOf: text.utf8CString)
        }
        return texts.withUnsafeBufferPointer { block in
            let pointers = starts.map { start in block.baseAddress.map { $0 + start } }
            return pointers.withUnsafeBufferPointer { pointers in
                options.columns = pointers.baseAddress
                options.columns_count = self.columns.count
                options.separator = pointers[self.columns.count]
                return body(&options)
            }
        }
    }

    /// Throws what is wrong with it.
    func check() throws(Fault) {
        // C would end a text at a NUL, and take what comes before it.
        for (field, texts) in [("columns", self.columns), ("separator", [self.separator])]
        where texts.contains(where: { $0.utf8.contains(0) }) {
            throw Fault(field: field, message: "no NUL expected, found one")
        }
        var fault = khach_sheet_fault()
        let result = self.lend { khach_sheet_check($0, &fault) }
        guard result == KHACH_SHEET_DONE.rawValue else {
            throw Fault(field: fault.fieldText, message: fault.text)
        }
    }
}
