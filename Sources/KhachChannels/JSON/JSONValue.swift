/// A JSON value as it was written: a number keeps its digits, an object the order of its members
/// and every repetition of one.
enum JSONValue: Hashable, Sendable {
    struct Member: Hashable, Sendable {
        var name: String
        var value: JSONValue
    }

    case object([Member])
    case list([JSONValue])
    case text(String)
    /// The literal, such as `9007199254740993` or `-1.5e3`.
    case number(String)
    case flag(Bool)
    case null

    /// What it is, without saying what it holds.
    var kind: String {
        switch self {
        case .object: "an object"
        case .list: "a list"
        case .text(let text): text.isEmpty ? "an empty text" : "a text"
        case .number: "a number"
        case .flag(let flag): "\(flag)"
        case .null: "null"
        }
    }
}
