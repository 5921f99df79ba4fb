internal import KhachRPC

/// What the exit status of `khach` says to a script.
enum ExitStatus: Int32, Sendable {
    case done = 0
    /// For any other reason.
    case failure = 1
    /// Some lines were refused; the others were recorded.
    case partial = 3
    case notFound = 4
    /// The server cannot be reached or cannot answer now; the same command may succeed later.
    case unavailable = 5
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

    /// The only place where an error of a call becomes an exit status.
    init(_ error: RPCError) {
        switch error.code {
        case .notFound: self.status = .notFound
        case .unavailable, .deadlineExceeded, .resourceExhausted: self.status = .unavailable
        default: self.status = .failure
        }
        self.message = "\(error.code.name): \(error.message)"
        let parts =
            (error.reason.isEmpty ? [] : ["reason \(error.reason)"])
            + error.fieldViolations.map {
                // The message often says the same words already.
                error.message.contains($0.description)
                    ? "field \($0.field)" : "\($0.field): \($0.description)"
            }
        if !parts.isEmpty { self.message += " (\(parts.joined(separator: "; ")))" }
        self.message = ShownText.oneLine(self.message)
    }
}
