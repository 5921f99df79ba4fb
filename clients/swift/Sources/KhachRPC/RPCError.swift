public import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// Why a call had no response: a code and a reason for the program, a message for the person.
public struct RPCError: Error, Hashable, Sendable {
    /// What kind of failure it was; codes may be added, so switch with a default.
    public struct Code: Hashable, Sendable {
        /// The number of the code in `google.rpc.Code`.
        public let rawValue: Int32

        /// Makes a code from its number; any number is accepted.
        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        /// The call was given up by this side.
        public static let cancelled = Self(rawValue: 1)
        /// The failure is of a kind that the server did not name.
        public static let unknown = Self(rawValue: 2)
        /// A field of the request broke a rule; see `fieldViolations`.
        public static let invalidArgument = Self(rawValue: 3)
        /// The time for the call passed; the server may have done its work.
        public static let deadlineExceeded = Self(rawValue: 4)
        /// What the request names does not exist.
        public static let notFound = Self(rawValue: 5)
        /// What the request would make exists.
        public static let alreadyExists = Self(rawValue: 6)
        /// The caller may not do this.
        public static let permissionDenied = Self(rawValue: 7)
        /// A bound of the server was reached.
        public static let resourceExhausted = Self(rawValue: 8)
        /// The state of the server does not allow this now.
        public static let failedPrecondition = Self(rawValue: 9)
        /// Another call came between; the same call may succeed.
        public static let aborted = Self(rawValue: 10)
        /// A position past the end was named.
        public static let outOfRange = Self(rawValue: 11)
        /// The server does not know the method.
        public static let unimplemented = Self(rawValue: 12)
        /// A rule of the server or of this library was broken.
        public static let `internal` = Self(rawValue: 13)
        /// The server cannot be reached or cannot answer now.
        public static let unavailable = Self(rawValue: 14)
        /// Data were lost for good.
        public static let dataLoss = Self(rawValue: 15)
        /// The server does not know who is calling.
        public static let unauthenticated = Self(rawValue: 16)

        private static let names = [
            "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
            "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
            "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
            "UNAUTHENTICATED",
        ]

        /// The name of the code in `google.rpc.Code`, such as `NOT_FOUND`.
        public var name: String {
            let index = Int(self.rawValue)
            return Self.names.indices.contains(index) ? Self.names[index] : "CODE_\(index)"
        }
    }

    /// A field of the request, and the rule that it broke.
    public struct FieldViolation: Hashable, Sendable {
        /// The path of the field in the request.
        public var field: String
        /// What was expected and what was found.
        public var description: String

        /// Makes a violation.
        public init(field: String, description: String) {
            self.field = field
            self.description = description
        }
    }

    /// What kind of failure it was.
    public var code: Code
    /// What was expected and what was found.
    public var message: String
    /// The stable reason from `google.rpc.ErrorInfo`, such as `CURSOR_INVALID`; empty when none.
    public var reason: String
    /// What the reason is about, by name, from `google.rpc.ErrorInfo`.
    public var metadata: [String: String]
    /// The fields that broke a rule, from `google.rpc.BadRequest`.
    public var fieldViolations: [FieldViolation]
    /// Both values of a save that was made against another revision; nothing was saved.
    public var editConflict: Khach_V1_EditConflict?
    /// What the server calls the call, also in its log; empty when it did not answer.
    public var requestID: String

    /// Makes an error; `message` says what was expected and what was found.
    public init(
        _ code: Code,
        _ message: String,
        reason: String = "",
        metadata: [String: String] = [:],
        fieldViolations: [FieldViolation] = [],
        editConflict: Khach_V1_EditConflict? = nil,
        requestID: String = ""
    ) {
        self.code = code
        self.message = message
        self.reason = reason
        self.metadata = metadata
        self.fieldViolations = fieldViolations
        self.editConflict = editConflict
        self.requestID = requestID
    }

    /// Whether the same call may succeed if it is repeated after a pause; a save that somebody
    /// came before never does.
    public var isRetryable: Bool {
        self.editConflict == nil
            && [.unavailable, .aborted, .resourceExhausted].contains(self.code)
    }
}

extension RPCError {
    /// The only place where a wire status becomes a client error.
    ///
    /// A detail that cannot be read is left out: it must not hide the failure it came with.
    init(_ status: Status) {
        self.init(
            Code(rawValue: status.code.rawValue),
            status.message,
            requestID: status.requestID ?? ""
        )
        for detail in status.details {
            switch detail.typeURL.split(separator: "/").last {
            case "google.rpc.ErrorInfo":
                guard let info = try? Google_Rpc_ErrorInfo(serializedBytes: detail.value) else {
                    continue
                }

                self.reason = info.reason
                self.metadata = info.metadata
            case "google.rpc.BadRequest":
                guard let request = try? Google_Rpc_BadRequest(serializedBytes: detail.value)
                else { continue }

                self.fieldViolations += request.fieldViolations.map {
                    FieldViolation(field: $0.field, description: $0.description_p)
                }
            case "khach.v1.EditConflict":
                self.editConflict = try? Khach_V1_EditConflict(serializedBytes: detail.value)
            default: continue
            }
        }
    }
}
