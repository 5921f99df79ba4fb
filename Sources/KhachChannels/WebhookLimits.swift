/// Every bound of reading a webhook body, with its unit in its name.
package enum WebhookLimits {
    /// A longer body is refused unread: those of the platforms are some kilobytes.
    package static let bodyBytesMax = 1 << 20
    /// Lists and objects inside each other; the deepest published body has ten.
    package static let levelsMax = 64
    /// What one body is read as; the rest of it is refused as a whole.
    ///
    /// Meta joins at most 1,000 events in a body.
    package static let itemsMax = 1_000
    /// Edits of one event at one time that are told apart: as many as a second has milliseconds.
    static let editsOfTimeMax = 1_000
    /// Texts and keys of edits that are held to tell the next ones apart.
    static let editBytesHeldMax = 8 << 20
    /// How much of a found value a refusal shows.
    static let shownCharactersMax = 40
}
