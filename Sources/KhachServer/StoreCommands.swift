internal import ArgumentParser
internal import Glibc
internal import KhachCore
internal import KhachSQLite

/// `khachd backup`.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copies a store, as it is at one commit, while it is served.",
        discussion: """
            Makes the folder, with the copy and a manifest: which moment of which history, how \
            many customers, and a SHA-256. The copy is checked as by `khachd check`. The folder \
            has its name once everything is on the disk.
            """
    )

    @Option(help: "The folder of the store.")
    var data: String

    @Option(help: "The folder to make.")
    var to: String

    func run() async throws {
        try Failures.told {
            let unfinished = "\(self.to).unfinished"
            guard access(self.to, F_OK) != 0 else {
                throw StoreError(.alreadyExists, "a folder to make expected, \(self.to) found")
            }
            guard mkdir(unfinished, 0o700) == 0 else {
                let found = String(cString: strerror(errno))
                throw StoreError(
                    .unavailable,
                    "a folder that can be made expected at \(unfinished), found: \(found)"
                )
            }

            let begun = Clocks.now()
            let copy = "\(unfinished)/\(BackupManifest.storeName)"
            let contents = try StoreBackup.copy(dataFolder: self.data, to: copy)
            try CheckCommand.demand(try StoreCheck.run(copy))
            for suffix in ["-wal", "-shm"] { unlink(copy + suffix) }
            try StoreBackup.sync(copy)
            let (bytesCount, hash) = try BackupFile.measure(copy)
            let manifest = BackupManifest(
                madeAt: Clocks.now(),
                contents: contents,
                bytesCount: bytesCount,
                hash: hash
            )
            try BackupFile.write(
                manifest.text,
                to: "\(unfinished)/\(BackupManifest.fileName)"
            )
            try StoreBackup.sync(unfinished)
            guard rename(unfinished, self.to) == 0 else {
                let found = String(cString: strerror(errno))
                throw StoreError(
                    .unavailable,
                    "a folder that can be named \(self.to) expected, found: \(found)"
                )
            }
            try BackupMark.write(begun, in: self.data)
            print(manifest.text, terminator: "")
        }
    }
}

/// `khachd restore`.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Makes a backup the store of a folder that has none.",
        discussion: """
            What comes after it is another history: caches notice, compare themselves, and fetch \
            what differs. A folder with a store is refused: move it away first.
            """
    )

    @Option(help: "The folder that `khachd backup` made.")
    var from: String

    @Option(help: "The folder of the store; made if it is not there.")
    var data: String

    func run() async throws {
        try Failures.told {
            let copy = "\(self.from)/\(BackupManifest.storeName)"
            let manifest = try BackupFile.text(of: "\(self.from)/\(BackupManifest.fileName)")
            let expected = try BackupManifest.expected(in: manifest)
            let found = try BackupFile.measure(copy)
            guard expected == found else {
                throw StoreError(
                    .corrupt,
                    "\(copy) of \(expected.bytesCount) bytes with SHA-256 \(expected.hash) "
                        + "expected, \(found.bytesCount) bytes with \(found.hash) found"
                )
            }

            let contents = try StoreBackup.restore(copy, into: self.data, now: Clocks.now())
            for business in contents.businesses {
                print("business \(business.id.text) customers \(business.customers)")
            }
        }
    }
}

/// `khachd check`.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Says whether a store is whole; a server may go on.",
        discussion: """
            Reads everything at one moment: the file, what rows say of each other, the digests. \
            Prints a line for each law, and ends with 1 when one is broken.
            """
    )

    @Option(help: "The folder of the store, or of a backup.")
    var data: String

    func run() async throws {
        try Failures.told {
            let findings = try StoreCheck.run("\(self.data)/\(BackupManifest.storeName)")
            for finding in findings {
                print("\(finding.faults == 0 ? "ok" : "broken \(finding.faults)") \(finding.law)")
            }
            try Self.demand(findings)
        }
    }

    /// Throws when something is broken.
    static func demand(_ findings: [StoreCheck.Finding]) throws {
        let broken = findings.filter { $0.faults != 0 }
        guard broken.isEmpty else {
            let laws = broken.map { "\($0.law) (\($0.faults))" }.joined(separator: "; ")
            throw StoreError(.corrupt, "a whole store expected, broken found: \(laws)")
        }
    }
}

/// How the commands that are no server fail: one line, and status 1.
enum Failures {
    static func told(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as StoreError {
            throw self.tell(error)
        }
    }

    static func told(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as StoreError {
            throw self.tell(error)
        }
    }

    /// Says a sentence, which may be of several lines, on standard error.
    static func complain(_ text: String) {
        let lines = text.split(separator: "\n").map { "khachd: \($0)\n" }
        let bytes = Array(lines.joined().utf8)
        // There is nowhere left to say that this failed.
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }

    private static func tell(_ error: StoreError) -> ExitCode {
        self.complain(error.message)
        return .failure
    }
}
