internal import Configuration
internal import Foundation
internal import SystemPackage

/// A configuration file: one JSON object whose keys are names of settings.
///
/// Strict: a key that is no setting, or a value of another form, is a fault of the file.
struct SettingsFile: Sendable {
    let path: String
    let provider: any ConfigProvider

    /// Reads a file, and says everything that is wrong with it.
    init(path: String) async throws(SettingsFaults) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw SettingsFaults(["\(path): a file that can be read expected, none found"])
        }

        let values: [String: FileValue]
        do {
            values = try JSONDecoder().decode([String: FileValue].self, from: data)
        } catch {
            throw SettingsFaults(["\(path): one JSON object expected, found another text"])
        }
        let faults = values.sorted { $0.key < $1.key }.compactMap { name, value -> String? in
            guard let setting = Settings.all.first(where: { $0.name == name }) else {
                return Settings.unknown(name) { "\(path): \($0)" }
            }
            guard value.written?.form == setting.form else {
                return "\(path): \(name): \(setting.form.inFile) expected, found \(value)"
            }

            return nil
        }
        guard faults.isEmpty else { throw SettingsFaults(faults) }

        self.path = path
        do {
            self.provider = try await FileProvider<JSONSnapshot>(filePath: FilePath(path))
        } catch {
            throw SettingsFaults(["\(path): a file of settings expected, found: \(error)"])
        }
    }
}

/// What is wrong with the settings, each in a line.
package struct SettingsFaults: Error, CustomStringConvertible {
    package var sentences: [String]

    init(_ sentences: [String]) {
        self.sentences = sentences
    }

    package var description: String { self.sentences.joined(separator: "\n") }
}

/// A value of a file, with its form as it is written there.
private struct FileValue: Decodable, CustomStringConvertible {
    let written: WrittenSetting?
    let description: String

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let isOn = try? container.decode(Bool.self) {
            self.written = .flag(isOn)
        } else if let number = try? container.decode(Int.self) {
            self.written = .integer(number)
        } else if let text = try? container.decode(String.self) {
            self.written = .text(text)
        } else if let texts = try? container.decode([String].self) {
            self.written = .list(texts)
        } else {
            self.written = nil
        }
        switch self.written {
        case .text(let text): self.description = "the string \"\(text)\""
        case .list(let texts): self.description = "a list of \(texts.count) strings"
        case .some(let written): self.description = "\(written)"
        case nil: self.description = "a value of another form"
        }
    }
}
