internal import Foundation
internal import Glibc

/// What the system says of this process.
struct ProcessFacts: Hashable, Sendable {
    var residentBytes = 0
    var openDescriptors = 0

    /// Reads /proc; what cannot be read is 0.
    static func now() -> ProcessFacts {
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?
            .split(separator: " ").dropFirst().first.flatMap { Int($0) }
        let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        return ProcessFacts(
            residentBytes: (pages ?? 0) * sysconf(Int32(_SC_PAGESIZE)),
            openDescriptors: descriptors?.count ?? 0
        )
    }
}
