/// The outcome of a call that did not succeed: a code, a sentence and typed details.
///
/// It is `google.rpc.Status`, which ttrpc sends as it is (wire.md §1.2, §4).
package struct Status: Error, Hashable, Sendable {
    /// The canonical codes; only these are ever sent, since a stock Rust client takes any other
    /// number for success (wire.md §1.6).
    package enum Code: Int32, Hashable, Sendable, CaseIterable {
        case ok = 0
        case cancelled = 1
        case unknown = 2
        case invalidArgument = 3
        case deadlineExceeded = 4
        case notFound = 5
        case alreadyExists = 6
        case permissionDenied = 7
        case resourceExhausted = 8
        case failedPrecondition = 9
        case aborted = 10
        case outOfRange = 11
        case unimplemented = 12
        case `internal` = 13
        case unavailable = 14
        case dataLoss = 15
        case unauthenticated = 16
    }

    /// One `google.protobuf.Any` of a status.
    package struct Detail: Hashable, Sendable {
        package var typeURL: String
        package var value: [UInt8]

        package init(typeURL: String, value: [UInt8]) {
            self.typeURL = typeURL
            self.value = value
        }
    }

    package var code: Code
    /// What was expected and what was found; no personal data.
    package var message: String
    package var details: [Detail]

    package init(_ code: Code, _ message: String, details: [Detail] = []) {
        self.code = code
        self.message = message
        self.details = details
    }
}
