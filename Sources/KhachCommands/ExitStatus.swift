internal import Foundation
internal import KhachClient
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// What the exit status of `khach` says to a script.
enum ExitStatus: Int32, CaseIterable, Sendable {
    case done = 0
    /// For any other reason.
    case failure = 1
    /// Some lines or customers were refused; the others were done.
    case partial = 3
    case notFound = 4
    /// The server cannot be reached or cannot answer now; the same command may succeed later.
    case unavailable = 5
    /// Somebody else saved first: nothing was saved, and both values were shown.
    case conflict = 6
    /// The command line was not understood: EX_USAGE of sysexits.h, as ArgumentParser has it.
    case usage = 64
}

/// Why a command did not do what was asked, in one line.
struct CommandFailure: Error, Hashable, Sendable {
    var status: ExitStatus
    /// What was expected and what was found.
    var message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    /// Any error as a line and a status.
    static func explaining(_ error: any Error) -> Self {
        switch error {
        case let error as CommandFailure: error
        case let error as RPCError: Self(error)
        case let error as ClientError: Self(error)
        case let error as CocoaError: Self(error)
        default: Self(.failure, ShownText.oneLine("\(error)"))
        }
    }

    /// The same with more to say.
    func adding(_ text: String) -> Self {
        Self(self.status, "\(self.message); \(text)")
    }

    /// An error of the file system.
    private init(_ error: CocoaError) {
        let path = error.userInfo[NSFilePathErrorKey] as? String ?? "one of the files"
        let cause = (error.userInfo[NSUnderlyingErrorKey] as? POSIXError)?.code.rawValue
        let reason = cause.map { PlainText.reason($0) } ?? "error \(error.errorCode)"
        self.init(
            .failure,
            ShownText.oneLine("a file that can be used expected, found at \(path): \(reason)")
        )
    }

    /// The only place where an error of a call becomes an exit status.
    init(_ error: RPCError) {
        self.status = Self.status(error)
        self.message = "\(error.code.name): \(error.message)"
        let parts =
            (error.reason.isEmpty ? [] : ["reason \(error.reason)"])
            + error.fieldViolations.map {
                // The message often says the same words already.
                error.message.contains($0.description)
                    ? "field \($0.field)" : "\($0.field): \($0.description)"
            }
            + (error.editConflict.map { [Self.bothValues($0)] } ?? [])
            + (error.requestID.isEmpty ? [] : ["request \(error.requestID)"])
        if !parts.isEmpty { self.message += " (\(parts.joined(separator: "; ")))" }
        self.message = ShownText.oneLine(self.message)
    }

    private static func status(_ error: RPCError) -> ExitStatus {
        guard error.editConflict == nil else { return .conflict }

        switch error.code {
        case .notFound: return .notFound
        // Bounds of one customer, which no waiting moves.
        case .resourceExhausted
        where ["TOO_MANY_MARKS", "TOO_MANY_IDENTITIES"].contains(error.reason):
            return .failure
        case .unavailable, .deadlineExceeded, .resourceExhausted: return .unavailable
        default: return .failure
        }
    }

    private static func bothValues(_ conflict: Khach_V1_EditConflict) -> String {
        let stored = conflict.stored
        return "stored \"\(stored.text)\" by \(stored.updatedBy) at "
            + "\(LocalTime(zoneName: nil).text(stored.updatedAt)) UTC, revision "
            + "\(stored.editRevision); given \"\(conflict.given)\""
    }
}
