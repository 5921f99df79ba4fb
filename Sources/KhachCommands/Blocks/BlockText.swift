internal import KhachProto

/// Blocks in the words of the tables.
enum BlockText {
    static func state(_ state: Khach_V1_Block.State) -> String {
        switch state {
        case .none: "not blocked"
        case .pendingBlock: "pending block"
        case .blocked: "blocked"
        case .pendingUnblock: "pending unblock"
        case .unspecified, .UNRECOGNIZED: ""
        }
    }

    /// As the schema has it, which programs read too.
    static func result(_ result: Khach_V1_BlockOutcome.Result) -> String {
        switch result {
        case .done: "DONE"
        case .pending: "PENDING"
        case .noChange: "NO_CHANGE"
        case .failed: "FAILED"
        case .unspecified, .UNRECOGNIZED: "OTHER"
        }
    }
}
