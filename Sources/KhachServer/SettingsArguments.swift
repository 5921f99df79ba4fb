internal import ArgumentParser
internal import Foundation

/// The settings of a command line, with what the environment and a file say beside it.
struct SettingsArguments: ParsableArguments {
    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp("Settings, as --NAME VALUE; see below.", valueName: "--setting value")
    )
    var flags: [String] = []

    /// What holds, and what the server makes of it; ends the process when that cannot be.
    func read() async throws -> (chosen: ChosenSettings, configuration: Configuration) {
        do {
            let chosen = try await ChosenSettings(
                flags: try FlagReader(self.flags),
                environment: ProcessInfo.processInfo.environment
            )
            return (chosen, try Configuration(chosen))
        } catch let fault as FlagReader.Fault {
            throw ValidationError(fault.description)
        } catch {
            Failures.complain("\(error)")
            throw ExitCode(EX_CONFIG)
        }
    }

    /// Every setting in two lines, for `--help`.
    static var help: String {
        let settings = Settings.all.map { setting in
            let standard = setting.standard.map { "; \($0) by default" } ?? "; it must be given"
            let expected = setting.expected.replacing("`", with: "")
            return "  --\(setting.name)\n      \(setting.help)\n      (\(expected)\(standard))"
        }
        return """
            Settings come from flags, from the environment (KHACHD_ and the name in capitals, \
            KHACHD_LOG_LEVEL), from the JSON file of --config FILE, in this order:

            \(settings.joined(separator: "\n"))
            """
    }
}
