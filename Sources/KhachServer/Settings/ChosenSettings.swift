internal import Configuration

/// What holds of every setting, and who said so: flags before the environment, the environment
/// before the file, the file before the defaults.
package struct ChosenSettings: Sendable {
    struct Choice: Sendable {
        var written: WrittenSetting
        var source: String
    }

    static let environmentPrefix = "KHACHD_"
    static let fileFlag = "config"
    private static let standardSource = "default"

    /// One who may say something, and how its sentences begin.
    private struct Source {
        var provider: any ConfigProvider
        var name: (String) -> String
        /// What was written there for a name, as it stands.
        var found: (String) -> String
    }

    private(set) var choices: [String: Choice] = [:]

    /// Reads every setting; throws everything that is wrong with any.
    package init(flags: FlagReader, environment: [String: String]) async throws(SettingsFaults) {
        let own = environment.filter { $0.key.hasPrefix(Self.environmentPrefix) }
        var faults = own.keys.sorted().compactMap(Self.unknownVariable)
        var sources = [Self.flags(flags), Self.environment(own)]
        if let path = flags.file ?? own[Self.variable(Self.fileFlag)] {
            do throws(SettingsFaults) {
                let file = try await SettingsFile(path: path)
                sources.append(
                    Source(
                        provider: file.provider,
                        name: { "\(path): \($0)" },
                        found: { _ in "another" }
                    )
                )
            } catch {
                faults += error.sentences
            }
        }
        for setting in Settings.all {
            do throws(ConfigurationError) {
                self.choices[setting.name] = try Self.choose(setting, sources)
            } catch {
                faults.append(error.description)
            }
        }
        guard faults.isEmpty else { throw SettingsFaults(faults) }
    }

    /// The value of a setting.
    func value<Value>(_ setting: Setting<Value>) throws(ConfigurationError) -> Value {
        guard let choice = self.choices[setting.name] else {
            throw ConfigurationError("\(setting.name): it must be given, found nothing")
        }

        return try setting.value(of: choice.written, from: setting.name)
    }

    /// Who said something of a setting, as sentences about it begin.
    func source<Value>(_ setting: Setting<Value>) -> String {
        let source = self.choices[setting.name]?.source
        return source == Self.standardSource ? setting.name : source ?? setting.name
    }

    /// A line for each setting: its name, its value, and who said so.
    package var table: String {
        Settings.all.compactMap { setting in
            self.choices[setting.name].map { "\(setting.name) = \($0.written)  # \($0.source)" }
        }.joined(separator: "\n")
    }

    /// The variable of a setting.
    static func variable(_ name: String) -> String {
        Self.environmentPrefix + name.uppercased().replacing("-", with: "_")
    }

    private static func choose(
        _ setting: any SettingDeclaration,
        _ sources: [Source]
    ) throws(ConfigurationError) -> Choice {
        let key = AbsoluteConfigKey([setting.name])
        for source in sources {
            let name = source.name(setting.name)
            let result: LookupResult
            do {
                result = try source.provider.value(forKey: key, type: setting.form.type)
            } catch {
                throw ConfigurationError(
                    "\(name): \(setting.expected) expected, found \(source.found(setting.name))"
                )
            }
            guard let written = result.value.flatMap({ WrittenSetting($0.content) }) else {
                continue
            }

            try setting.check(written, from: name)
            return Choice(written: written, source: name)
        }
        guard let standard = setting.standard else {
            throw ConfigurationError(
                "\(setting.name): \(setting.expected) expected, found nothing; it must be given"
            )
        }

        return Choice(written: standard, source: Self.standardSource)
    }

    private static func flags(_ flags: FlagReader) -> Source {
        Source(
            provider: InMemoryProvider(
                name: "flags",
                values: Dictionary(
                    uniqueKeysWithValues: flags.written.map { name, written in
                        (AbsoluteConfigKey([name]), ConfigValue(written.content, isSecret: false))
                    }
                )
            ),
            name: { "--\($0)" },
            found: { name in flags.written[name].map { "\($0)" } ?? "nothing" }
        )
    }

    private static func environment(_ variables: [String: String]) -> Source {
        Source(
            provider: EnvironmentVariablesProvider(environmentVariables: variables)
                .prefixKeys(with: "khachd"),
            name: Self.variable,
            found: { variables[Self.variable($0)] ?? "nothing" }
        )
    }

    private static func unknownVariable(_ variable: String) -> String? {
        let known = Settings.all.map { Self.variable($0.name) } + [Self.variable(Self.fileFlag)]
        guard !known.contains(variable) else { return nil }

        let name = variable.dropFirst(Self.environmentPrefix.count).lowercased()
        return Settings.unknown(name.replacing("_", with: "-"), among: Self.variable)
    }
}
