internal import Glibc
internal import Logging

/// Writes the log to standard error, one line for each message, as logfmt or JSON.
///
/// Whatever a value holds, it stays in its line: control characters are escaped.
struct LineLogHandler: LogHandler {
    var metadata = Logger.Metadata()
    var logLevel = Logger.Level.info
    private let format: LogFormat
    private let write: @Sendable (String) -> Void

    init(
        format: LogFormat,
        write: @escaping @Sendable (String) -> Void = LineLogHandler.toStandardError
    ) {
        self.format = format
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let extra = (event.metadata ?? [:]).merging(self.metadata) { own, _ in own }
        let fields =
            [
                ("time", Clocks.nowText()), ("level", event.level.rawValue),
                ("message", "\(event.message)"),
            ] + extra.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        self.write(self.format.line(fields) + "\n")
    }

    private static let toStandardError: @Sendable (String) -> Void = { line in
        let bytes = Array(line.utf8)
        // There is nowhere left to say that this failed.
        _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}

extension LogFormat {
    /// One line of fields in their order.
    func line(_ fields: [(key: String, value: String)]) -> String {
        switch self {
        case .json:
            "{"
                + fields.map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }
                .joined(separator: ",") + "}"
        case .logfmt:
            fields.map { "\($0.key)=\(Self.plain($0.value) ? $0.value : Self.quoted($0.value))" }
                .joined(separator: " ")
        }
    }

    private static func plain(_ value: String) -> Bool {
        !value.isEmpty
            && value.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0.value < 0x7F && $0 != "\"" && $0 != "=" && $0 != "\\"
            }
    }

    /// A string of JSON without a character that ends a line or moves a cursor.
    private static func quoted(_ value: String) -> String {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar.value {
            case 0x22: text += "\\\""
            case 0x5C: text += "\\\\"
            case 0x0A: text += "\\n"
            case 0x00...0x1F, 0x7F...0x9F, 0x2028, 0x2029, 0x200E, 0x200F, 0x202A...0x202E,
                0x2066...0x2069:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
