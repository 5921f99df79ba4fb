internal import Glibc

/// Words of the house for what the system and counting say.
enum PlainText {
    /// The system's words for an error number, as they stand inside a sentence.
    static func reason(_ code: Int32) -> String {
        let text = String(cString: strerror(code))
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    /// `1 customer`, `2 customers`.
    static func count(_ count: some BinaryInteger, _ one: String, _ many: String) -> String {
        "\(count) \(count == 1 ? one : many)"
    }

    static func customers(_ count: some BinaryInteger) -> String {
        Self.count(count, "customer", "customers")
    }

    static func lines(_ count: some BinaryInteger) -> String {
        Self.count(count, "line", "lines")
    }

    /// `30 seconds`, `0.5 seconds`, `1 second`.
    static func seconds(_ seconds: Double) -> String {
        "\(Self.number(seconds)) \(seconds == 1 ? "second" : "seconds")"
    }

    /// `30`, `0.5`.
    static func number(_ value: Double) -> String {
        let isWhole = value == value.rounded() && abs(value) < 1e9
        return isWhole ? "\(Int(value))" : "\(value)"
    }
}
