internal import ArgumentParser
internal import KhachProto
internal import SwiftProtobuf

/// Which customers a command is about, by their ids.
struct CustomerIDs: ParsableArguments {
    @Argument(help: "The ids of the customers.")
    var ids: [String] = []

    @Option(
        help: ArgumentHelp(
            "A file with an id or a customer in JSON on each line; - reads standard input.",
            valueName: "file"
        ),
        completion: .file()
    )
    var from: String?

    func validate() throws {
        guard self.ids.isEmpty, self.from == nil else { return }

        throw ValidationError("ids of customers or --from expected, neither found")
    }

    /// Every id, those of the command line first.
    func all() throws -> [String] {
        var all = self.ids
        if let from {
            var file = LineFile(from)
            while let line = try file.next() { all.append(try Self.id(line.text, line.number)) }
        }
        guard !all.isEmpty else {
            throw CommandFailure(.failure, "at least one id expected, none found")
        }
        return all
    }

    /// A line as `customers list --output jsonl` writes it, or an id alone.
    private static func id(_ line: String, _ number: Int) throws -> String {
        guard line.hasPrefix("{") else {
            let words = line.split { $0 == " " || $0 == "\t" }
            guard words.count == 1 else {
                throw CommandFailure(
                    .failure,
                    ShownText.oneLine("line \(number): an id alone expected, \(line) found")
                )
            }
            return String(words[0])
        }

        var options = JSONDecodingOptions()
        options.ignoreUnknownFields = true
        let customer = try? Khach_V1_Customer(jsonString: line, options: options)
        guard let customer, !customer.id.isEmpty else {
            throw CommandFailure(
                .failure,
                "line \(number): a customer in JSON with an id expected, other text found"
            )
        }
        return customer.id
    }
}
