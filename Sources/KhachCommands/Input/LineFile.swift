/// Lines of text of a file or of standard input, without blank ones.
struct LineFile {
    private let path: String
    private var reader: LineReader?

    /// - Parameter path: `-` is standard input.
    init(_ path: String) {
        self.path = path
    }

    /// The next line, without the blanks before it; `nil` after the last.
    mutating func next() throws -> (number: Int, text: String)? {
        if self.reader == nil {
            let read =
                self.path == "-" ? Surroundings.current.readInput : try InputFile(self.path).read
            self.reader = LineReader(read: read)
        }
        while let line = try self.reader?.next() {
            guard !line.isBlank else { continue }
            guard let bytes = line.bytes else {
                throw CommandFailure(
                    .failure,
                    "line \(line.number): at most \(LineReader.lineBytesMax) bytes expected, "
                        + "more found"
                )
            }

            let text = String(decoding: bytes, as: UTF8.self)
            return (line.number, String(text.drop { $0 == " " || $0 == "\t" }))
        }
        return nil
    }
}
