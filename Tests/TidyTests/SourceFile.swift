internal import Foundation
internal import Testing

/// A file of the checkout as the checks see it: where it is, and its lines.
struct SourceFile: Sendable, CustomTestStringConvertible {
    /// From the root of the checkout, such as "Sources/TTRPC/Frame.swift".
    var path: String
    var text: String

    var lines: [Substring] { self.text.split(separator: "\n", omittingEmptySubsequences: false) }
    var name: String { String(self.path.split(separator: "/").last ?? "") }
    var testDescription: String { self.path }

    /// The folder of its target: "Sources/TTRPC", "clients/c", ….
    func isIn(_ folder: String) -> Bool { self.path.hasPrefix(folder + "/") }
    var isSwift: Bool { self.path.hasSuffix(".swift") }
    var isC: Bool { self.path.hasSuffix(".c") || self.path.hasSuffix(".h") }
    var isTest: Bool { self.path.contains("Tests/") || self.path.contains("/tests/") }
    var isGenerated: Bool { self.path.lowercased().contains("/generated/") }
}

/// Every source file of the checkout.
enum Checkout {
    static let root: URL = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static func path(_ name: String) -> String { self.root.appending(path: name).path }

    static func text(of name: String) throws -> String {
        try String(contentsOfFile: self.path(name), encoding: .utf8)
    }

    static let folders = ["Sources", "Tests", "clients", "Benchmarks"]

    static let files: [SourceFile] = folders.flatMap { folder in
        let start: URL = root.appending(path: folder)
        let found = FileManager.default.enumerator(at: start, includingPropertiesForKeys: nil)
        return (found?.compactMap { $0 as? URL } ?? []).compactMap { (url: URL) -> SourceFile? in
            let path = String(url.standardized.path.dropFirst(root.path.count))
                .trimmingPrefix("/")
            guard ["swift", "c", "h"].contains(url.pathExtension), !path.contains("/build"),
                !path.contains("/.build"),
                let text = try? String(contentsOf: url, encoding: .utf8)
            else { return nil }

            return SourceFile(path: String(path), text: text)
        }
    }
}
