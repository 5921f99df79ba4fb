internal import SwiftProtobuf

/// Shows messages in the format that was asked for.
enum Listing {
    /// Shows one message: as rows for people, whole for programs.
    static func show<Response: Message>(
        _ response: Response,
        as format: OutputFormat,
        table: (Response) -> String
    ) throws {
        let console = Surroundings.current.console
        switch format {
        case .table: console.write(table(response))
        case .json: console.write(JSONText.indented(try response.jsonString()) + "\n")
        case .jsonl: console.write(try response.jsonString() + "\n")
        }
    }

    /// Shows each message on a line of its own.
    static func showLines(_ messages: [some Message]) throws {
        let lines = try messages.map { try $0.jsonString() + "\n" }.joined()
        Surroundings.current.console.write(lines)
    }

    /// Rows of two cells: what, and what it is.
    static func facts(_ facts: [(name: String, value: String)]) -> String {
        let width = facts.map { ShownText.width($0.name) }.max() ?? 0
        return facts.filter { !$0.value.isEmpty }.map { fact in
            ShownText.fitted(fact.name, columns: width) + "  "
                + ShownText.oneLine(fact.value) + "\n"
        }.joined()
    }
}
