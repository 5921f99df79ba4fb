internal import Glibc
internal import KhachCore
internal import KhachSQLite
internal import KhachService
internal import KhachTestKit
internal import TestFolders

/// The stores that a test of the API can be over.
enum StoreKind: Sendable, CaseIterable {
    case memory
    case sqlite

    /// Runs `body` with the API over a new store.
    func run(
        detector: ContactDetector = ContactDetector(isValid: { _ in true }),
        _ body: (ServiceHarness) async throws -> Void
    ) async throws {
        switch self {
        case .memory:
            try await body(ServiceHarness(detector: detector))
        case .sqlite:
            let folder = try TestFolder()
            defer { withExtendedLifetime(folder) {} }
            let store = try SQLiteStore.open(
                path: folder.path("data"),
                codec: .proto,
                zones: .tzdata
            )
            defer { store.close() }
            // This store compares deadlines with the machine's clock.
            let harness = ServiceHarness(store: store, detector: detector) {
                var time = timespec()
                clock_gettime(CLOCK_MONOTONIC, &time)
                return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
            }
            try await body(harness)
        }
    }
}
