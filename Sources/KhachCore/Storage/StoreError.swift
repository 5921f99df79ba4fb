/// Why a store did not do what was asked.
package struct StoreError: Error, Sendable {
    /// What a program may branch on; codes may be added, so switch with a default.
    package struct Code: Hashable, Sendable {
        package enum Value: Sendable {
            case notFound
            case alreadyExists
            case invalid
            case deadlineExceeded
            case cancelled
            case unavailable
            case zoneMissing
            case full
            case outcomeUnknown
            case corrupt
            case schemaTooNew
            case requestReused
            case unsupportedOnChannel
        }

        package let value: Value

        /// What was named does not exist.
        package static var notFound: Self { .init(value: .notFound) }
        /// What was to be made exists.
        package static var alreadyExists: Self { .init(value: .alreadyExists) }
        /// A field broke a rule that only the store can check; the message names both.
        package static var invalid: Self { .init(value: .invalid) }
        /// The deadline passed before the answer was found.
        package static var deadlineExceeded: Self { .init(value: .deadlineExceeded) }
        /// Nobody waited for the answer any more, and it was not looked for to its end.
        package static var cancelled: Self { .init(value: .cancelled) }
        /// Nothing was changed, and the same call may succeed later.
        package static var unavailable: Self { .init(value: .unavailable) }
        /// Nothing was changed: tzdata lacks the zone of the business.
        package static var zoneMissing: Self { .init(value: .zoneMissing) }
        /// Nothing was changed: the disk is full.
        package static var full: Self { .init(value: .full) }
        /// A commit failed: it may or may not be there after a restart.
        package static var outcomeUnknown: Self { .init(value: .outcomeUnknown) }
        /// What is stored cannot be read.
        package static var corrupt: Self { .init(value: .corrupt) }
        /// The store was written by a newer version.
        package static var schemaTooNew: Self { .init(value: .schemaTooNew) }
        /// The name of the request is that of another one.
        package static var requestReused: Self { .init(value: .requestReused) }
        /// The channel is not known to offer it (B6).
        package static var unsupportedOnChannel: Self { .init(value: .unsupportedOnChannel) }
    }

    package var code: Code
    /// What was expected and what was found; no personal data.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension StoreError {
    package static let unknownToken = StoreError(
        .notFound,
        "id: a token expected, found none"
    )

    package static let tooManyTokens = StoreError(
        .full,
        "at most \(Limits.tokensMax) tokens expected, found as many"
    )

    package static let requestReused = StoreError(
        .requestReused,
        "a new request_id or the same request expected, another request with that id found"
    )

    /// A page of a channel that cannot block was to have a gateway that does.
    package static let gatewayUnsupported = StoreError(
        .unsupportedOnChannel,
        "block_mode: LOCAL expected, for the channel cannot block, found GATEWAY"
    )

    /// A filter names a page that is another business's, or none.
    package static func foreignPage(_ page: PageID) -> StoreError {
        StoreError(.notFound, "pages of the business expected, found \(page.text)")
    }
}
