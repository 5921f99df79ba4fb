internal import CLibCrypto
internal import Glibc
internal import KhachCore
internal import KhachSQLite

/// What lies beside a copy of a store: which moment of which history it is, and its hash.
struct BackupManifest: Hashable, Sendable {
    static let fileName = "manifest"
    static let storeName = "khach.db"
    private static let firstLine = "khach-backup 1"

    var madeAt: Instant
    var contents: StoreBackup.Contents
    var bytesCount: Int
    /// SHA-256 of the copy, as 64 digits.
    var hash: String

    /// One fact a line.
    var text: String {
        let facts = [
            Self.firstLine,
            "made-at-ms \(self.madeAt.milliseconds)",
            "schema \(self.contents.schemaVersion)",
            "generation \(self.contents.generation.hexadecimal)",
            "file \(Self.storeName) bytes \(self.bytesCount) sha256 \(self.hash)",
        ]
        let businesses = self.contents.businesses.map {
            "business \($0.id.text) head \($0.head) customers \($0.customers)"
        }
        return (facts + businesses).joined(separator: "\n") + "\n"
    }

    /// The size and the hash that a manifest says its copy has.
    static func expected(in text: String) throws -> (bytesCount: Int, hash: String) {
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        guard lines.first?.joined(separator: " ") == Self.firstLine,
            let file = lines.first(where: { $0.first == "file" }), file.count == 6,
            file[1] == Self.storeName, file[2] == "bytes", file[4] == "sha256",
            let bytesCount = Int(file[3]), file[5].utf8.count == 64
        else {
            throw StoreError(
                .invalid,
                "a manifest that begins with \"\(Self.firstLine)\" expected, another text found"
            )
        }
        return (bytesCount, file[5])
    }
}

/// Reading and writing of what a backup is made of.
enum BackupFile {
    private static let chunkBytes = 1 << 20

    /// The size of a file and its SHA-256.
    static func measure(_ path: String) throws -> (bytesCount: Int, hash: String) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Self.failure("\(path) expected") }

        defer { close(file) }
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            throw StoreError(.unavailable, "SHA-256 of libcrypto expected, none found")
        }

        var chunk = [UInt8](repeating: 0, count: Self.chunkBytes)
        var total = 0
        while true {
            let count = read(file, &chunk, Self.chunkBytes)
            guard count >= 0 else { throw Self.failure("\(path) that can be read expected") }
            guard count > 0 else { break }

            EVP_DigestUpdate(context, chunk, count)
            total += count
        }
        var hash = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var hashBytes: UInt32 = 0
        EVP_DigestFinal_ex(context, &hash, &hashBytes)
        return (total, hash.prefix(Int(hashBytes)).hexadecimal)
    }

    static func write(_ text: String, to path: String) throws {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        let file = open(path, flags, 0o600)
        guard file >= 0 else { throw Self.failure("a new file expected at \(path)") }

        defer { close(file) }
        let bytes = Array(text.utf8)
        guard Glibc.write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else {
            throw Self.failure("\(path) on the disk expected")
        }
    }

    /// A text of at most a megabyte.
    static func text(of path: String) throws -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Self.failure("a backup's manifest expected at \(path)") }

        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: Self.chunkBytes)
        let count = read(file, &bytes, bytes.count)
        guard count >= 0 else { throw Self.failure("\(path) that can be read expected") }

        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    private static func failure(_ expected: String) -> StoreError {
        StoreError(.unavailable, "\(expected), found: \(String(cString: strerror(errno)))")
    }
}

extension Sequence<UInt8> {
    fileprivate var hexadecimal: String {
        self.map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0\(digits)" : digits
        }.joined()
    }
}
