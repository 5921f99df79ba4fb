internal import KhachCore

/// What a channel calls a person or an event of a page; such ids are their bytes (I1).
///
/// `String` would compare by canonical equivalence.
struct ExternalID: Hashable {
    var page: PageID
    var text: String

    init(_ page: PageID, _ text: String) {
        self.page = page
        self.text = text
    }

    static func == (left: Self, right: Self) -> Bool {
        left.page == right.page && left.text.utf8.elementsEqual(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(self.page.rawValue)
        var text = self.text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
