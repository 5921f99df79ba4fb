internal import ArgumentParser
internal import KhachProto

/// Who carries out blocks on the platform, as it is typed and shown.
enum BlockModeName: String, CaseIterable, Sendable, ExpressibleByArgument {
    /// Nobody: a block is in force here at once.
    case local
    case gateway

    init(_ mode: Khach_V1_BlockMode) {
        self = mode == .gateway ? .gateway : .local
    }

    var mode: Khach_V1_BlockMode {
        switch self {
        case .local: .local
        case .gateway: .gateway
        }
    }
}
