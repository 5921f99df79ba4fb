internal import Foundation
internal import Testing

/// The rules a reviewer would otherwise have to remember, checked on every `swift test`.
@Suite("Tidy")
struct TidyTests {
    @Test("stays inside its budget, its imports and its words", arguments: Checkout.files)
    func tidy(_ file: SourceFile) {
        for check in Checks.all {
            let findings = check.findings(file)
            #expect(
                findings.isEmpty,
                "\(file.path): \(check.name): \(findings.joined(separator: "; "))"
            )
        }
    }

    @Test("finds the files that it is to check")
    func findsFiles() {
        let paths = Set(Checkout.files.map(\.path))
        #expect(paths.contains("Sources/TTRPC/Frame.swift"))
        #expect(paths.contains("Tests/TidyTests/TidyTests.swift"))
        #expect(paths.contains("clients/c/src/cache.c"))
    }

    @Test(
        "a target with decisions has a DESIGN.md",
        arguments: [
            "Sources/TTRPC", "Sources/TTRPCNIO", "Sources/KhachCore", "Sources/KhachSQLite",
            "Sources/KhachChannels", "clients/c", "clients/c/index",
        ]
    )
    func design(_ folder: String) {
        let file = Checkout.root.appending(path: folder).appending(path: "DESIGN.md")
        #expect(FileManager.default.fileExists(atPath: file.path))
    }

    @Test("every library target of Sources has an import law")
    func lawsAreComplete() throws {
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: Checkout.root.appending(path: "Sources").path
        )
        for folder in folders where !["CSQLite", "CLibCrypto"].contains(folder) {
            #expect(Law.all.contains { $0.folder == "Sources/\(folder)" }, "\(folder)")
        }
    }
}

/// Each check is shown failing on a planted bad file, and passing on the nearest good one.
@Suite("Tidy checks can fail")
struct PlantedFileTests {
    struct Plant: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var check: Check
        var path: String
        var bad: String
        var good: String
    }

    static let plants: [Plant] = [
        Plant(
            testDescription: "401 lines",
            check: Checks.fileBudget,
            path: "Sources/TTRPC/A.swift",
            bad: String(repeating: "\n", count: 401),
            good: String(repeating: "\n", count: 400)
        ),
        Plant(
            testDescription: "601 lines of a machine",
            check: Checks.fileBudget,
            path: "Sources/TTRPC/A.swift",
            bad: "// Budget 600: a machine\n" + String(repeating: "\n", count: 600),
            good: "// Budget 600: a machine\n" + String(repeating: "\n", count: 599)
        ),
        Plant(
            testDescription: "a function of 71 lines",
            check: Checks.functionBudget,
            path: "Sources/TTRPC/A.swift",
            bad: "    func a() {\n" + String(repeating: "        b()\n", count: 69) + "    }\n",
            good: "    func a() {\n" + String(repeating: "        b()\n", count: 68) + "    }\n"
        ),
        Plant(
            testDescription: "a C function of 71 lines",
            check: Checks.functionBudget,
            path: "clients/c/src/a.c",
            bad: "void a(void)\n{\n" + String(repeating: "    b();\n", count: 69) + "}\n",
            good: "void a(void)\n{\n" + String(repeating: "    b();\n", count: 68) + "}\n"
        ),
        Plant(
            testDescription: "101 columns",
            check: Checks.columns,
            path: "Sources/TTRPC/A.swift",
            bad: String(repeating: "a", count: 101),
            good: String(repeating: "a", count: 100)
        ),
        Plant(
            testDescription: "a bare import",
            check: Checks.importAccess,
            path: "Sources/TTRPC/A.swift",
            bad: "import NIOCore\n",
            good: "internal import NIOCore\n"
        ),
        Plant(
            testDescription: "the domain imports a disk",
            check: Checks.importLaw,
            path: "Sources/KhachCore/A.swift",
            bad: "internal import CSQLite\n",
            good: "// internal import CSQLite\n"
        ),
        Plant(
            testDescription: "the service imports NIO",
            check: Checks.importLaw,
            path: "Sources/KhachService/A.swift",
            bad: "package import NIOCore\n",
            good: "package import TTRPC\n"
        ),
        Plant(
            testDescription: "the protocol core schedules",
            check: Checks.bannedWords,
            path: "Sources/TTRPC/A.swift",
            bad: "let loop: EventLoop",
            good: "let loop: Int"
        ),
        Plant(
            testDescription: "an unstructured task",
            check: Checks.bannedWords,
            path: "Sources/KhachServer/A.swift",
            bad: "let t = Task { }",
            good: "group.addTask { }"
        ),
        Plant(
            testDescription: "an unstructured task with arguments",
            check: Checks.bannedWords,
            path: "clients/swift/Sources/A.swift",
            bad: "let t = Task(priority: .low) { }",
            good: "let t: Task<Void, Never>"
        ),
        Plant(
            testDescription: "a task that starts at once, away from its home",
            check: Checks.bannedWords,
            path: "Sources/TTRPCNIO/CallTasks.swift",
            bad: "let t = Task.immediate { }",
            good: "let t = Task.isCancelled"
        ),
        Plant(
            testDescription: "a trap without a sentence",
            check: Checks.bannedWords,
            path: "Sources/KhachCore/A.swift",
            bad: "fatalError()",
            good: "preconditionFailure(\"a stream opens once\")"
        ),
        Plant(
            testDescription: "a clock in the domain",
            check: Checks.bannedWords,
            path: "Sources/KhachCore/A.swift",
            bad: "ContinuousClock.now",
            good: "now"
        ),
        Plant(
            testDescription: "601 lines of a test",
            check: Checks.fileBudget,
            path: "Tests/TTRPCTests/A.swift",
            bad: String(repeating: "\n", count: 601),
            good: String(repeating: "\n", count: 600)
        ),
        Plant(
            testDescription: "301 lines of a public header",
            check: Checks.fileBudget,
            path: "clients/c/include/khach/a.h",
            bad: String(repeating: "\n", count: 301),
            good: String(repeating: "\n", count: 300)
        ),
        Plant(
            testDescription: "an error that is not handled",
            check: Checks.bannedWords,
            path: "Sources/KhachCore/A.swift",
            bad: "let a = try! b()",
            good: "let a = try b()"
        ),
        Plant(
            testDescription: "what is to be mended",
            check: Checks.bannedWords,
            path: "clients/c/src/a.c",
            bad: "/* FIXME */",
            good: "/* fixed */"
        ),
        Plant(
            testDescription: "what is to be done",
            check: Checks.bannedWords,
            path: "Tests/TTRPCTests/A.swift",
            bad: "// TODO",
            good: "// to do"
        ),
        Plant(
            testDescription: "a detached task",
            check: Checks.bannedWords,
            path: "clients/swift/Sources/KhachRPC/A.swift",
            bad: "Task.detached(operation: a)",
            good: "group.addTask(operation: a)"
        ),
        Plant(
            testDescription: "the protocol core resolves",
            check: Checks.bannedWords,
            path: "Sources/TTRPC/A.swift",
            bad: "let promise: Promise",
            good: "let promise: StreamID"
        ),
        Plant(
            testDescription: "a test that sleeps",
            check: Checks.bannedWords,
            path: "Tests/TTRPCTests/A.swift",
            bad: "Thread.sleep(forTimeInterval: 1)",
            good: "ended.wait()"
        ),
        Plant(
            testDescription: "a benchmark that sleeps",
            check: Checks.bannedWords,
            path: "Benchmarks/src/a.c",
            bad: "usleep(1000);",
            good: "poll(fds, 1, 1000);"
        ),
        Plant(
            testDescription: "an executable with logic",
            check: Checks.plainMains,
            path: "Sources/khachd/Main.swift",
            bad: String(repeating: "\n", count: 21),
            good: String(repeating: "\n", count: 20)
        ),
    ]

    @Test("finds it", arguments: plants)
    func finds(_ plant: Plant) {
        let file = SourceFile(path: plant.path, text: plant.bad)
        #expect(!plant.check.findings(file).isEmpty)
    }

    @Test("lets its neighbour pass", arguments: plants)
    func passes(_ plant: Plant) {
        let file = SourceFile(path: plant.path, text: plant.good)
        #expect(plant.check.findings(file).isEmpty)
    }

    @Test(
        "a word's one home is a file that uses it",
        arguments: Ban.all.filter { !$0.homes.isEmpty }
    )
    func homes(_ ban: Ban) {
        for home in ban.homes {
            let file = Checkout.files.first { $0.path == home }
            #expect(file?.text.contains(ban.word) == true, "\(ban.word) in \(home)")
        }
    }

    @Test("every banned word has a planted file")
    func everyBanIsPlanted() {
        for word in Set(Ban.all.map(\.word)) {
            #expect(Self.plants.contains { $0.bad.contains(word) }, "\(word)")
        }
    }

    @Test("finds a junk drawer")
    func junkDrawer() {
        let bad = SourceFile(path: "Sources/KhachCore/Utils.swift", text: "")
        let good = SourceFile(path: "Sources/KhachCore/Instant.swift", text: "")
        #expect(!Checks.roomNames.findings(bad).isEmpty)
        #expect(Checks.roomNames.findings(good).isEmpty)
    }
}
