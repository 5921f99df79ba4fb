internal import KhachCore

/// What a channel calls a person or an event of a page; such ids are their bytes (I1).
///
/// `String` would compare by canonical equivalence. The hash is made once and compared first: a
/// table that holds another id in the place asked for need not follow it to its text.
struct ExternalID: Hashable {
    let page: PageID
    let text: String
    private let hash: Int

    init(_ page: PageID, _ text: String) {
        var contiguous = text
        var hasher = Hasher()
        hasher.combine(page.rawValue)
        contiguous.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        self.page = page
        self.text = contiguous
        self.hash = hasher.finalize()
    }

    static func == (left: Self, right: Self) -> Bool {
        left.hash == right.hash && left.page == right.page
            && left.text.utf8.elementsEqual(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(self.hash)
    }
}
