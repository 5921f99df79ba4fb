internal import Dispatch
internal import Foundation
internal import Glibc
internal import Synchronization

/// A process that was started here: its end is waited for, but not for ever.
///
/// Not Foundation's `Process`: that of Swift 6.3.1 reads beyond what readdir gave it, and now and
/// then dies of it (swift-corelibs-foundation, pull request 5472).
final class Child {
    /// How a process ended.
    private enum End {
        case exit(Int32)
        case signal(Int32)
    }

    /// What the thread knows that waits for the end.
    private final class Watch: Sendable {
        let end = Mutex<End?>(nil)
        let ended = DispatchSemaphore(value: 0)
    }

    struct StartError: Error {
        var program: String
        var code: Int32
    }

    let pid: Int32
    private let watch = Watch()

    var isRunning: Bool { self.watch.end.withLock { $0 == nil } }

    /// The exit status, or nil when a signal ended it.
    var status: Int32? {
        self.watch.end.withLock { end in
            if case .exit(let status) = end { status } else { nil }
        }
    }

    /// Streams are input, output and errors: each a file handle or a pipe.
    init(
        _ url: URL,
        _ arguments: [String],
        environment: [String: String] = [:],
        streams: [Any]
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, stream) in streams.enumerated() {
            Self.add(stream, as: Int32(number), to: &actions)
        }
        guard let closeFrom else { throw StartError(program: "closefrom", code: ENOSYS) }

        _ = closeFrom(&actions, 3)

        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let argv = ([url.path] + arguments).map { strdup($0) } + [nil]
        let envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, url.path, &actions, nil, argv, envp)
        guard code == 0 else { throw StartError(program: url.path, code: code) }

        self.pid = pid
        for (number, stream) in streams.enumerated() {
            // The ends of pipes that are the child's.
            guard let pipe = stream as? Pipe else { continue }

            try (number == 0 ? pipe.fileHandleForReading : pipe.fileHandleForWriting).close()
        }
        Self.wait(for: pid, self.watch)
    }

    deinit {
        if self.isRunning { Glibc.kill(self.pid, SIGKILL) }
    }

    /// Waits for the end; false when it did not come in time.
    func waitUntilExit(seconds: Int) -> Bool {
        guard self.watch.ended.wait(timeout: .now() + .seconds(seconds)) == .success else {
            return false
        }

        self.watch.ended.signal()
        return true
    }

    /// Lets it run for so long, unless it ends before, and kills it then.
    func kill(afterMilliseconds milliseconds: Int) {
        let end = self.watch.ended.wait(timeout: .now() + .milliseconds(milliseconds))
        if end == .success {
            self.watch.ended.signal()
        } else {
            Glibc.kill(self.pid, SIGKILL)
            _ = self.waitUntilExit(seconds: 60)
        }
    }

    private static func add(
        _ stream: Any,
        as number: Int32,
        to actions: inout posix_spawn_file_actions_t
    ) {
        switch stream {
        case let pipe as Pipe:
            let handle = number == 0 ? pipe.fileHandleForReading : pipe.fileHandleForWriting
            posix_spawn_file_actions_adddup2(&actions, handle.fileDescriptor, number)
        case let handle as FileHandle where handle !== FileHandle.nullDevice:
            posix_spawn_file_actions_adddup2(&actions, handle.fileDescriptor, number)
        default:
            posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
        }
    }

    /// Waits on a thread of its own, and says how it ended.
    private static func wait(for pid: pid_t, _ watch: Watch) {
        Thread.detachNewThread {
            var status: Int32 = 0
            while waitpid(pid, &status, 0) == -1, errno == EINTR {}
            // The macros of wait.h, which Swift does not import.
            let signal = status & 0x7F
            watch.end.withLock { $0 = signal == 0 ? .exit(status >> 8 & 0xFF) : .signal(signal) }
            watch.ended.signal()
        }
    }
}

/// Closes every other descriptor in the child; of glibc 2.34, whose header hides it from Swift.
private let closeFrom = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np").map {
    unsafeBitCast($0, to: CloseFrom.self)
}

private typealias CloseFrom =
    @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
