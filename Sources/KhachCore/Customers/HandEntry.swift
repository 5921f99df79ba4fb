/// What a person entered by hand, and who and when (S8).
package struct HandEntry: Hashable, Sendable {
    /// Empty once it was cleared.
    package var text: String
    package var updatedBy: String
    package var updatedAt: Instant
    /// Counts the saves; a save names the one that it was made against.
    package var editRevision: UInt64

    package init(text: String, updatedBy: String, updatedAt: Instant, editRevision: UInt64) {
        self.text = text
        self.updatedBy = updatedBy
        self.updatedAt = updatedAt
        self.editRevision = editRevision
    }
}

/// A further id of the person on the page (I5, §4.2).
package struct Identity: Hashable, Sendable {
    /// The channel's ordinary kind.
    package static let ordinaryKind = ""

    package var kind: String
    package var externalUserID: String

    package init(kind: String, externalUserID: String) {
        self.kind = kind
        self.externalUserID = externalUserID
    }

    // Ids are their bytes (I1).
    package static func == (left: Self, right: Self) -> Bool {
        left.kind.utf8.elementsEqual(right.kind.utf8)
            && left.externalUserID.utf8.elementsEqual(right.externalUserID.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        for text in [self.kind, self.externalUserID] {
            for byte in text.utf8 {
                hasher.combine(byte)
            }
        }
    }
}
