internal import Foundation

/// One rule of docs and style that a machine can hold: what it finds wrong with a file.
struct Check: Sendable {
    var name: String
    var findings: @Sendable (SourceFile) -> [String]
}

/// The rules a reviewer would otherwise have to remember.
enum Checks {
    static let all: [Check] = [
        fileBudget, functionBudget, columns, importAccess, importLaw, bannedWords, roomNames,
        plainMains,
    ]

    static let fileBudget = Check(name: "a file is a room") { file in
        guard !file.isGenerated else { return [] }

        let most: Int
        if file.isTest {
            most = 600
        } else if file.path.contains("/include/") {
            most = 300
        } else if file.text.hasPrefix("// Budget 600:") {
            most = 600
        } else {
            most = 400
        }
        // The newline at the end is not a line.
        let count = file.lines.count - (file.text.hasSuffix("\n") ? 1 : 0)
        return count <= most ? [] : ["at most \(most) lines expected, found \(count)"]
    }

    static let functionBudget = Check(name: "a function fits a screen") { file in
        guard !file.isGenerated, file.isSwift || file.path.hasSuffix(".c") else { return [] }

        return functions(of: file).filter { $0.count > 70 }
            .map { "at most 70 lines expected, found \($0.count): \($0.lowerBound + 1)" }
    }

    static let columns = Check(name: "a line fits 100 columns") { file in
        guard !file.isGenerated, !file.path.contains("Vectors") else { return [] }

        return file.lines.enumerated().filter { $1.count > 100 }
            .map { "at most 100 columns expected, found \($1.count) in line \($0 + 1)" }
    }

    static let importAccess = Check(name: "an import states its access level") { file in
        guard file.isSwift, !file.isGenerated else { return [] }

        return file.lines.filter { $0.hasPrefix("import ") || $0.hasPrefix("@testable import ") }
            .map { "internal, package, private or public expected before: \($0)" }
    }

    static let importLaw = Check(name: "a target exists to forbid an import") { file in
        guard file.isSwift, !file.isGenerated,
            let law = Law.all.first(where: { file.isIn($0.folder) })
        else {
            return []
        }

        return imports(of: file).filter { !law.allowed.contains($0) }
            .map { "\(law.folder) may not import \($0): \(law.why)" }
    }

    static let bannedWords = Check(name: "banned words") { file in
        guard !file.isGenerated, !file.isIn("Tests/TidyTests") else { return [] }

        return Ban.all.filter { ban in
            ban.folders.contains { file.isIn($0) } && !ban.homes.contains(file.path)
                && file.text.contains(ban.word)
        }.map { "\($0.word): \($0.why)" }
    }

    static let roomNames = Check(name: "no junk drawers") { file in
        let drawers = ["Utils", "Util", "Helpers", "Common", "Misc", "Manager", "Extensions"]
        let stem = file.name.split(separator: ".").first.map(String.init) ?? ""
        let parts = file.path.split(separator: "/").dropLast().map(String.init) + [stem]
        return parts.filter { drawers.contains($0) }.map { "a noun expected, found \($0)" }
    }

    static let plainMains = Check(name: "executables have no logic") { file in
        guard file.isIn("Sources/khachd") || file.isIn("Sources/khach") else { return [] }

        return file.lines.count <= 21 ? [] : ["at most 20 lines expected in an executable"]
    }

    /// The modules that a file imports.
    static func imports(of file: SourceFile) -> [String] {
        file.lines.compactMap { line in
            let words = line.split(separator: " ")
            guard let keyword = words.firstIndex(of: "import"), keyword <= 2,
                words.prefix(keyword).allSatisfy({ Self.importPrefixes.contains(String($0)) }),
                let module = words.dropFirst(keyword + 1).first(where: { $0 != "struct" })
            else { return nil }

            return module.split(separator: ".").first.map(String.init)
        }
    }

    private static let importPrefixes: Set<String> = [
        "internal", "package", "private", "public", "fileprivate", "@testable", "@preconcurrency",
    ]

    /// Lines of every function: from the one that opens it to the brace at the same depth.
    private static func functions(of file: SourceFile) -> [Range<Int>] {
        let lines = file.lines
        return lines.indices.compactMap { start in
            guard Self.opensFunction(lines[start], inC: !file.isSwift) else { return nil }
            // A requirement of a protocol has no body.
            let signature = lines[start...].prefix { !$0.isEmpty }
            guard signature.contains(where: { $0.hasSuffix("{") }) else { return nil }

            let indent = lines[start].prefix { $0 == " " }
            let end = lines[(start + 1)...].firstIndex {
                $0.hasPrefix(indent + "}") && !$0.dropFirst(indent.count).hasPrefix("})")
            }
            return end.map { start..<$0 + 1 }
        }
    }

    private static func opensFunction(_ line: Substring, inC: Bool) -> Bool {
        guard !inC else { return line == "{" }

        let words = line.split(separator: " ")
        return words.prefix(5).contains("func") || words.first == "init"
            || words.dropFirst().first?.hasPrefix("init(") == true
    }
}

/// What a target may import (style.md §6); anything else is refused.
struct Law: Sendable {
    var folder: String
    var allowed: Set<String>
    var why: String

    static let all: [Law] = [
        Law(
            folder: "Sources/TTRPC",
            allowed: ["NIOCore", "SwiftProtobuf"],
            why: "the protocol core does no I/O"
        ),
        Law(
            folder: "Sources/TTRPCNIO",
            allowed: [
                "TTRPC", "NIOCore", "NIOPosix", "NIOConcurrencyHelpers", "Logging",
                "Synchronization", "Foundation", "Glibc", "Dispatch",
            ],
            why: "the runtime knows nothing of Khach"
        ),
        Law(
            folder: "Sources/KhachTLS",
            allowed: [
                "TTRPC", "TTRPCNIO", "NIOCore", "NIOSSL", "NIOTLS", "Logging", "Synchronization",
                "Glibc",
            ],
            why: "TLS knows nothing of what it carries"
        ),
        Law(
            folder: "Sources/KhachCertificates",
            allowed: ["CLibCrypto", "Glibc"],
            why: "certificates are made without a server or a client"
        ),
        Law(folder: "Sources/KhachCore", allowed: [], why: "the domain knows no wire and no disk"),
        Law(
            folder: "Sources/CPhone",
            allowed: [],
            why: "C++ behind a C header has no Swift in it"
        ),
        Law(
            folder: "Sources/KhachDetection",
            allowed: ["KhachCore", "CPhone"],
            why: "the rules ask whether a number exists, and nothing else"
        ),
        Law(
            folder: "Sources/KhachProto",
            allowed: ["SwiftProtobuf", "Foundation"],
            why: "generated"
        ),
        Law(
            folder: "Sources/KhachService",
            allowed: [
                "KhachCore", "KhachProto", "TTRPC", "SwiftProtobuf", "CKhachText",
                "Synchronization",
            ],
            why: "every method can be tested without a socket or a disk"
        ),
        Law(
            folder: "Sources/KhachSQLite",
            allowed: [
                "KhachCore", "CSQLite", "CKhachDigest", "CKhachIndex", "DequeModule", "Dispatch",
                "Glibc", "Synchronization",
            ],
            why: "the store knows no wire and no encoding"
        ),
        Law(
            folder: "Sources/KhachExport",
            allowed: ["KhachCore", "CKhachExport", "Dispatch", "Glibc", "Synchronization"],
            why: "files out of records know no wire and no store"
        ),
        Law(
            folder: "Sources/KhachGRPC",
            allowed: [
                "TTRPC", "TTRPCNIO", "KhachProto", "SwiftProtobuf", "GRPCCore",
                "GRPCNIOTransportHTTP2TransportServices", "NIOCore", "NIOPosix", "NIOHTTP2",
                "NIOHPACK",
                "Synchronization", "Glibc",
            ],
            why: "gRPC knows a table of methods and nothing of what they do"
        ),
        Law(
            folder: "Sources/KhachServer",
            allowed: [
                "TTRPC", "TTRPCNIO", "KhachCore", "KhachDetection", "KhachExport", "KhachService",
                "KhachSQLite", "KhachTLS", "KhachCertificates", "KhachGRPC", "CLibCrypto",
                "Logging", "ServiceLifecycle", "UnixSignals",
                "Dispatch", "Glibc", "NIOCore",
                "NIOPosix", "Synchronization", "ArgumentParser", "Foundation", "Configuration",
                "SystemPackage", "CoreMetrics", "Hummingbird",
            ],
            why: "wiring, and no domain rules"
        ),
        Law(
            folder: "Sources/KhachChannels",
            allowed: ["KhachProto", "SwiftProtobuf"],
            why: "a body is read without a file, a server or a clock"
        ),
        Law(
            folder: "Sources/KhachCommands",
            allowed: [
                "KhachRPC", "KhachClient", "KhachChannels", "KhachProto", "SwiftProtobuf",
                "ArgumentParser",
                "Foundation", "Synchronization", "Glibc", "Dispatch",
            ],
            why: "the command line is a client like any other"
        ),
        Law(
            folder: "Sources/khachd",
            allowed: ["KhachServer", "ArgumentParser"],
            why: "an executable has no logic"
        ),
        Law(folder: "Sources/khach", allowed: ["KhachCommands"], why: "an executable has no logic"),
        Law(
            folder: "Benchmarks/contact-bench",
            allowed: ["KhachCore", "KhachDetection", "Synchronization"],
            why: "what is measured is detection, and nothing around it"
        ),
        Law(
            folder: "Benchmarks/grpc-echo",
            allowed: ["KhachGRPC", "StreamingProto", "TTRPC", "SwiftProtobuf", "Glibc"],
            why: "what is measured is the listener, and nothing around it"
        ),
        Law(
            folder: "clients/swift/Sources/KhachClient",
            allowed: ["CKhach", "Synchronization", "Dispatch", "Glibc"],
            why: "the offline client shares nothing with the server but C and the schema"
        ),
        Law(
            folder: "clients/swift/Sources/KhachRPC",
            allowed: [
                "TTRPC", "TTRPCNIO", "KhachTLS", "KhachProto", "SwiftProtobuf", "Foundation",
            ],
            why: "the online client knows the wire and the schema only"
        ),
    ]
}

/// A word that has no place in some folders, and what to do instead.
struct Ban: Sendable {
    var word: String
    var folders: [String]
    var why: String
    /// The files that are the word's one home.
    var homes: Set<String> = []

    static let all: [Ban] = [
        Ban(
            word: "EventLoop",
            folders: ["Sources/TTRPC"],
            why: "the protocol core schedules nothing"
        ),
        Ban(
            word: "Promise",
            folders: ["Sources/TTRPC"],
            why: "the protocol core resolves nothing; hand out an id"
        ),
        Ban(word: " Task {", folders: ["Sources/TTRPC"], why: "the protocol core starts nothing"),
        Ban(
            word: ".now",
            folders: ["Sources/TTRPC", "Sources/KhachCore"],
            why: "time is an argument"
        ),
        Ban(
            word: " Task {",
            folders: ["Sources", "clients/swift/Sources"],
            why: "every task is a child"
        ),
        Ban(
            word: " Task(",
            folders: ["Sources", "clients/swift/Sources"],
            why: "every task is a child"
        ),
        Ban(
            word: "Task.immediate",
            folders: ["Sources", "clients/swift/Sources"],
            why: "every task is a child, and a call's are its connection's",
            homes: ["Sources/TTRPCNIO/Server/CallTasks.swift"]
        ),
        Ban(
            word: "Task.detached",
            folders: ["Sources", "clients/swift/Sources"],
            why: "every task is a child"
        ),
        Ban(
            word: "fatalError(",
            folders: ["Sources", "clients/swift/Sources"],
            why: "use preconditionFailure with a sentence"
        ),
        Ban(word: "try!", folders: ["Sources", "clients/swift/Sources"], why: "handle the error"),
        Ban(word: "FIXME", folders: Checkout.folders, why: "fix it before it lands"),
        Ban(word: "TODO", folders: Checkout.folders, why: "do it, or say in DESIGN.md why not"),
        Ban(
            word: "Thread.sleep",
            folders: Checkout.folders,
            why: "wait for what happens, not for time"
        ),
        Ban(
            word: "usleep(",
            folders: Checkout.folders,
            why: "wait for what happens, not for time"
        ),
    ]
}
