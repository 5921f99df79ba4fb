internal import Configuration

/// One thing that an operator chooses: its name, how it is written, its bounds and its default.
///
/// The name is that of the flag and of the file's key; in the environment it is `KHACHD_` and the
/// name in capitals. Knows of no source.
struct Setting<Value: Sendable>: SettingDeclaration {
    let name: String
    let form: WrittenSetting.Form
    /// What may be written, for the documents and for whoever wrote something else.
    let expected: String
    /// What holds when nobody says anything; `nil`: it must be given.
    let standard: WrittenSetting?
    let help: String
    /// The value of what is written; `nil` when that is not what is expected.
    let read: @Sendable (WrittenSetting) -> Value?

    func check(_ written: WrittenSetting, from source: String) throws(ConfigurationError) {
        _ = try self.value(of: written, from: source)
    }

    func value(
        of written: WrittenSetting,
        from source: String
    ) throws(ConfigurationError) -> Value {
        guard let value = self.read(written) else {
            throw ConfigurationError("\(source): \(self.expected) expected, found \(written)")
        }

        return value
    }
}

/// What can be said of a setting whatever its value is.
protocol SettingDeclaration: Sendable {
    var name: String { get }
    var form: WrittenSetting.Form { get }
    var expected: String { get }
    var standard: WrittenSetting? { get }
    var help: String { get }

    func check(_ written: WrittenSetting, from source: String) throws(ConfigurationError)
}

/// A setting as somebody wrote it.
enum WrittenSetting: Hashable, Sendable, CustomStringConvertible {
    /// How a setting is written, and so how it is asked for.
    enum Form: Hashable, Sendable {
        case text
        case integer
        case flag
        case list

        var type: ConfigType {
            switch self {
            case .text: .string
            case .integer: .int
            case .flag: .bool
            case .list: .stringArray
            }
        }

        /// What a file has for it.
        var inFile: String {
            switch self {
            case .text: "a string"
            case .integer: "a whole number"
            case .flag: "true or false"
            case .list: "a list of strings"
            }
        }
    }

    case text(String)
    case integer(Int)
    case flag(Bool)
    case list([String])

    init?(_ content: ConfigContent) {
        switch content {
        case .string(let text): self = .text(text)
        case .int(let number): self = .integer(number)
        case .bool(let isOn): self = .flag(isOn)
        case .stringArray(let texts): self = .list(texts)
        default: return nil
        }
    }

    var content: ConfigContent {
        switch self {
        case .text(let text): .string(text)
        case .integer(let number): .int(number)
        case .flag(let isOn): .bool(isOn)
        case .list(let texts): .stringArray(texts)
        }
    }

    var form: Form {
        switch self {
        case .text: .text
        case .integer: .integer
        case .flag: .flag
        case .list: .list
        }
    }

    var description: String {
        switch self {
        case .text(let text): text.isEmpty ? "an empty text" : text
        case .integer(let number): "\(number)"
        case .flag(let isOn): "\(isOn)"
        case .list(let texts): texts.isEmpty ? "an empty list" : texts.joined(separator: ", ")
        }
    }
}
