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
    /// How much of a found value a refusal shows.
    static let shownCharactersMax = 40
}
