/// The flags of a command line as settings: `--name VALUE`, `--name=VALUE`, and `--name` alone for
/// what is true or false.
package struct FlagReader: Sendable {
    /// A command line that is none: which argument, what was expected.
    package struct Fault: Error, CustomStringConvertible {
        package var description: String
    }

    private(set) var written: [String: WrittenSetting] = [:]
    /// The configuration file, when one is named.
    private(set) var file: String?

    package init(_ arguments: [String]) throws(Fault) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--"), argument.count > 2 else {
                throw Fault(description: "a flag that begins with -- expected, found \(argument)")
            }

            let parts = argument.dropFirst(2).split(
                separator: "=",
                maxSplits: 1,
                omittingEmptySubsequences: false
            ).map(String.init)
            let name = parts[0]
            let own = parts.count == 2 ? parts[1] : nil
            if name == ChosenSettings.fileFlag {
                self.file = try Self.value(of: name, own, &rest)
                continue
            }
            guard let setting = Settings.all.first(where: { $0.name == name }) else {
                throw Fault(description: Settings.unknown(name) { "--\($0)" })
            }

            if setting.form == .flag, own == nil {
                self.written[name] = .flag(true)
            } else {
                self.add(try Self.value(of: name, own, &rest), to: setting)
            }
        }
    }

    private mutating func add(_ text: String, to setting: any SettingDeclaration) {
        switch (setting.form, self.written[setting.name]) {
        case (.list, .list(let texts)): self.written[setting.name] = .list(texts + [text])
        case (.list, _): self.written[setting.name] = .list([text])
        case (.integer, _):
            self.written[setting.name] = Int(text).map { .integer($0) } ?? .text(text)
        case (.flag, _): self.written[setting.name] = Bool(text).map { .flag($0) } ?? .text(text)
        case (.text, _): self.written[setting.name] = .text(text)
        }
    }

    private static func value(
        of name: String,
        _ own: String?,
        _ rest: inout ArraySlice<String>
    ) throws(Fault) -> String {
        guard let value = own ?? rest.popFirst() else {
            throw Fault(description: "--\(name): a value after it expected, found nothing")
        }

        return value
    }
}
