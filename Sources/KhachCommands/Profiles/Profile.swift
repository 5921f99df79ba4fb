internal import Foundation
internal import Glibc

/// A server and a token that a person does not want to give each time.
///
/// A file of its own in `~/.config/khach`, which nobody else may read: it is refused otherwise.
struct Profile: Equatable {
    static let nameDefault = "default"
    private static let nameCharacters = CharacterSet.alphanumerics.union(
        CharacterSet(charactersIn: "-_.")
    )
    private static let bytesMax = 4_096

    var server: String
    /// The secret of a token; `nil` for a server that needs none.
    var token: String?

    /// Lines of a word and a value.
    var text: String {
        "server \(self.server)\n" + (self.token.map { "token \($0)\n" } ?? "")
    }

    init(server: String, token: String?) {
        self.server = server
        self.token = token
    }

    private init?(text: String) {
        var values: [Substring: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { return nil }

            values[parts[0]] = String(parts[1])
        }
        guard let server = values["server"],
            values.keys.allSatisfy({ $0 == "server" || $0 == "token" })
        else { return nil }

        self.init(server: server, token: values["token"])
    }

    /// The profile of a name, of KHACH_PROFILE, or the default one, which need not be there.
    static func read(_ given: String?) throws -> Profile? {
        let named = given ?? Surroundings.current.environment["KHACH_PROFILE"]
        guard let path = try Self.path(of: named ?? Self.nameDefault) else { return nil }

        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else {
            guard errno == ENOENT, named == nil else {
                throw CommandFailure(.usage, "a profile expected at \(path), none found")
            }
            return nil
        }

        let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_uid == geteuid(), status.st_mode & 0o077 == 0
        else {
            throw CommandFailure(
                .usage,
                "a file of one's own with mode 0600 expected at \(path), another found"
            )
        }
        let bytes = try handle.read(upToCount: Self.bytesMax) ?? Data()
        guard let profile = Profile(text: String(decoding: bytes, as: UTF8.self)) else {
            throw CommandFailure(.usage, "a profile expected at \(path), another file found")
        }
        return profile
    }

    /// Writes it in the place of the one of that name; the path.
    func save(as name: String) throws -> String {
        guard let path = try Self.path(of: name), let folder = Self.folder else {
            throw CommandFailure(.failure, "HOME expected, none found")
        }
        guard self.text.utf8.count <= Self.bytesMax else {
            throw CommandFailure(
                .usage,
                "a server and a token of at most \(Self.bytesMax) bytes expected, "
                    + "\(self.text.utf8.count) found"
            )
        }

        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let new = "\(path).new"
        unlink(new)
        let file = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            throw CommandFailure(.failure, "a file that can be made at \(new) expected, none found")
        }

        try FileHandle(fileDescriptor: file, closeOnDealloc: true).write(
            contentsOf: Data(self.text.utf8)
        )
        guard rename(new, path) == 0 else {
            throw CommandFailure(.failure, "a file that can be named \(path) expected")
        }
        return path
    }

    /// The names of those that are there, in order.
    static func names() throws -> [String] {
        guard let folder = Self.folder, FileManager.default.fileExists(atPath: folder) else {
            return []
        }

        return try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { !$0.hasSuffix(".new") }.sorted()
    }

    static func remove(_ name: String) throws {
        guard let path = try Self.path(of: name) else {
            throw CommandFailure(.failure, "HOME expected, none found")
        }
        guard unlink(path) != 0 else { return }

        let code = errno
        guard code == ENOENT else {
            throw CommandFailure(
                .failure,
                "a profile that can be removed expected at \(path), found: "
                    + String(cString: strerror(code))
            )
        }
        throw CommandFailure(.notFound, "a profile expected, none found named \(name)")
    }

    private static var folder: String? {
        let environment = Surroundings.current.environment
        if let folder = environment["XDG_CONFIG_HOME"], !folder.isEmpty { return "\(folder)/khach" }

        return environment["HOME"].map { "\($0)/.config/khach" }
    }

    private static func path(of name: String) throws -> String? {
        let isFine =
            !name.isEmpty && !name.hasPrefix(".") && !name.hasSuffix(".new")
            && name.unicodeScalars.allSatisfy { Self.nameCharacters.contains($0) }
        guard isFine else {
            throw CommandFailure(
                .usage,
                "a profile's name of letters, digits, - _ and . expected, another found"
            )
        }
        return self.folder.map { "\($0)/\(name)" }
    }
}
