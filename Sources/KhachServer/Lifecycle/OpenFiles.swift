internal import Glibc

/// The room of the process for open files, which connections and the store share.
enum OpenFiles {
    /// What is kept for the store, its log, exports, and operators' connections.
    static let reserve = 256

    /// Raises the bound as far as the process may; returns it.
    static func raise() -> Int {
        var bounds = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &bounds) == 0 else {
            return 1_024
        }

        var raised = bounds
        raised.rlim_cur = bounds.rlim_max
        let isRaised = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0
        return Int(clamping: isRaised ? raised.rlim_cur : bounds.rlim_cur)
    }

    /// How many connections each of so many listeners may have.
    static func connectionsMax(wanted: Int, listeners: Int, room: Int) -> Int {
        min(wanted, max(1, (room - self.reserve) / max(1, listeners)))
    }
}
