internal import KhachCore
internal import TTRPC

extension Status {
    /// The only place where a store's error becomes a wire status.
    init(_ error: StoreError) {
        switch error.code.value {
        case .requestReused:
            self.init(.invalidArgument, reason: "REQUEST_ID_REUSED", error.message)
        case .unsupportedOnChannel:
            self.init(.failedPrecondition, reason: "UNSUPPORTED_ON_CHANNEL", error.message)
        case .notFound: self.init(.notFound, reason: "NOT_FOUND", error.message)
        case .alreadyExists: self.init(.alreadyExists, reason: "ALREADY_EXISTS", error.message)
        case .invalid: self.init(.invalidArgument, reason: "INVALID", error.message)
        case .deadlineExceeded:
            self.init(.deadlineExceeded, reason: "DEADLINE_EXCEEDED", error.message)
        case .cancelled: self.init(.cancelled, reason: "CANCELLED", error.message)
        case .unavailable, .zoneMissing:
            self.init(.unavailable, reason: "STORE_UNAVAILABLE", error.message)
        case .full: self.init(.resourceExhausted, reason: "STORE_FULL", error.message)
        case .outcomeUnknown: self.init(.unknown, reason: "OUTCOME_UNKNOWN", error.message)
        case .corrupt: self.init(.dataLoss, reason: "STORE_CORRUPT", error.message)
        case .schemaTooNew:
            self.init(.failedPrecondition, reason: "SCHEMA_TOO_NEW", error.message)
        }
    }

    /// Why a cursor was refused (sync.md §3).
    init(_ refusal: SyncCursor.Refusal) {
        switch refusal {
        case .invalid:
            self.init(
                .invalidArgument,
                reason: "CURSOR_INVALID",
                "cursor: one made by this server expected, found other bytes"
            )
        case .scopeMismatch:
            self.init(
                .invalidArgument,
                reason: "CURSOR_SCOPE_MISMATCH",
                "cursor: one for this business expected, found one for another scope"
            )
        case .generationChanged:
            self.init(
                .failedPrecondition,
                reason: "GENERATION_CHANGED",
                "cursor: the store's present generation expected, found an earlier one"
            )
        case .scopeChanged:
            self.init(
                .failedPrecondition,
                reason: "SCOPE_CHANGED",
                "cursor: one of the pages that the caller sees expected, found one of others"
            )
        case .ahead(let head):
            self.init(
                .outOfRange,
                reason: "CURSOR_AHEAD",
                "cursor: a position up to \(head) expected, found a later one",
                metadata: ["head_seq": String(head)]
            )
        }
    }
}

/// Runs a piece of a method; whatever it throws becomes the status that says it on the wire.
func mapErrors<Value>(_ body: () async throws -> Value) async throws(Status) -> Value {
    do {
        return try await body()
    } catch {
        throw Status(caught: error)
    }
}

/// The same for a method that runs in place.
func mapErrorsInPlace<Value>(_ body: () throws -> Value) throws(Status) -> Value {
    do {
        return try body()
    } catch {
        throw Status(caught: error)
    }
}

extension Status {
    fileprivate init(caught error: any Error) {
        switch error {
        case let status as Status: self = status
        case let error as StoreError: self.init(error)
        case let error as InputError: self.init(error)
        case let refusal as SyncCursor.Refusal: self.init(refusal)
        case is CancellationError: self.init(.cancelled, "the call was cancelled")
        default: self.init(.internal, "an error of type \(type(of: error)) was not expected")
        }
    }
}
