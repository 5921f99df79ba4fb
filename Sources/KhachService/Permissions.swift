/// What a caller may see beyond what everybody may.
package struct Permissions: Hashable, Sendable {
    package static let all = Permissions(seesContacts: true)

    /// Phones and e-mail addresses whole in an export; without it they are masked (§4.10).
    package var seesContacts: Bool

    package init(seesContacts: Bool) {
        self.seesContacts = seesContacts
    }
}
