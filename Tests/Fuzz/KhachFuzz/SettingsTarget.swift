internal import Foundation
internal import KhachServer

/// A configuration file holds, and says the same twice with a line for each setting; or it is
/// refused, each sentence with what was expected.
enum SettingsTarget {
    private static let path = NSTemporaryDirectory() + "khach-fuzz-\(getpid()).json"

    static func check(_ bytes: [UInt8]) async throws {
        guard FileManager.default.createFile(atPath: self.path, contents: Data(bytes)) else {
            throw Finding(description: "a file that can be written expected: \(self.path)")
        }
        defer { try? FileManager.default.removeItem(atPath: self.path) }

        let first = try await self.read()
        try holds(try await self.read() == first, "it says the same twice")
        for sentence in first.faults {
            try holds(sentence.contains("expected"), "what was expected is said: \(sentence)")
            try holds(!sentence.contains("\n"), "a fault is a line: \(sentence)")
        }
        let names = first.table.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.prefix { $0 != " " } }
        try holds(
            first.faults.isEmpty == (names.count > 1) && Set(names).count == names.count,
            "a line for each setting: \(first.table)"
        )
    }

    /// What holds, or what is wrong.
    private struct Reading: Equatable {
        var table = ""
        var faults: [String] = []
    }

    private static func read() async throws -> Reading {
        let flags = try FlagReader(["--config", self.path])
        let chosen: ChosenSettings
        do throws(SettingsFaults) {
            chosen = try await ChosenSettings(flags: flags, environment: ["KHACHD_DATA": "d"])
        } catch {
            return Reading(faults: error.sentences)
        }
        do throws(ConfigurationError) {
            _ = try Configuration(chosen)
        } catch {
            return Reading(faults: [error.description])
        }
        return Reading(table: chosen.table)
    }
}
