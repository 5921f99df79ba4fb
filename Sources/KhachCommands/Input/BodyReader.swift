internal import KhachChannels

/// The JSON bodies of a file, each with the line on which it begins, in bounded memory.
///
/// The first line that is not empty decides. If it leaves a bracket open and ends with `{`, `[`,
/// `,` or `:`, the file is one document or several, spread over lines, and the elements of a list
/// are bodies of their own. Otherwise each line is one body, and a bad line spoils no other.
struct BodyReader: LineSource {
    private enum Mode {
        case undecided
        case lines
        case documents(BodySplitter)
    }

    private var lines: LineReader
    private var mode = Mode.undecided
    private var ready: ArraySlice<LineReader.Line> = []

    /// - Parameter read: the next piece; empty at the end of the input.
    init(read: @escaping () throws -> [UInt8]) {
        self.lines = LineReader(read: read)
    }

    var bytesCount: UInt64 { self.lines.bytesCount }

    mutating func next() throws -> LineReader.Line? {
        while self.ready.isEmpty {
            let line = try self.lines.next()
            if case .undecided = self.mode, let line, !line.isBlank {
                self.mode = Self.opensDocument(line) ? .documents(BodySplitter()) : .lines
            }
            guard case .documents(var splitter) = self.mode else { return line }

            // Only one of the two copies may hold the body, or each line copies it.
            self.mode = .lines
            guard let line else { return splitter.finish() }

            self.ready = splitter.take(line)[...]
            self.mode = .documents(splitter)
        }
        return self.ready.popFirst()
    }

    private static func opensDocument(_ line: LineReader.Line) -> Bool {
        guard let bytes = line.bytes,
            let last = bytes.last(where: { $0 != 0x20 && $0 != 0x09 }),
            "{[,:".utf8.contains(last)
        else { return false }

        var depth = BracketDepth()
        for byte in bytes { depth.take(byte) }
        return depth.count > 0
    }
}

/// How many brackets are open, outside of texts.
struct BracketDepth {
    private(set) var count = 0
    private(set) var isInText = false
    private var isEscaped = false

    mutating func take(_ byte: UInt8) {
        if self.isInText {
            if self.isEscaped {
                self.isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                self.isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                self.isInText = false
            }
            return
        }
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["): self.count += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): self.count -= 1
        case UInt8(ascii: "\""): self.isInText = true
        default: break
        }
    }

    /// No text of JSON goes over a line's end, so a quotation mark that is missing costs one line.
    mutating func endLine() {
        self.isInText = false
        self.isEscaped = false
    }
}

/// Cuts documents that are spread over lines into bodies, by their brackets.
///
/// Knows no JSON: a body is for its reader to accept or refuse.
struct BodySplitter {
    private var body: [UInt8] = []
    private var depth = BracketDepth()
    /// The line on which the body began; 0 between bodies.
    private var start = 0
    private var isOverlong = false
    private var isInList = false

    /// The bodies that end on this line.
    mutating func take(_ line: LineReader.Line) -> [LineReader.Line] {
        guard let bytes = line.bytes else {
            // What it opens and closes is not known.
            self = BodySplitter()
            return [line]
        }

        var bodies: [LineReader.Line] = []
        for byte in bytes + [UInt8(ascii: "\n")] {
            if self.start == 0, self.isBetween(byte) { continue }
            if self.start > 0, self.isScalar, self.isDelimiter(byte) {
                bodies.append(self.end())
                _ = self.isBetween(byte)
                continue
            }

            if self.start == 0 { self.start = line.number }
            self.append(byte)
            if self.isComplete(byte) { bodies.append(self.end()) }
        }
        self.depth.endLine()
        return bodies
    }

    /// The body that the file left unfinished.
    mutating func finish() -> LineReader.Line? {
        self.start > 0 ? self.end() : nil
    }

    /// Whether the byte belongs to no body: space, and the brackets and commas of a list of bodies.
    private mutating func isBetween(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D: return true
        case UInt8(ascii: ","): return self.isInList
        case UInt8(ascii: "["):
            guard !self.isInList else { return false }

            self.isInList = true
            return true
        case UInt8(ascii: "]"):
            guard self.isInList else { return false }

            self.isInList = false
            return true
        default: return false
        }
    }

    private var isScalar: Bool { self.depth.count == 0 && !self.depth.isInText }

    private func isDelimiter(_ byte: UInt8) -> Bool {
        [0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: "]")].contains(byte)
    }

    private mutating func append(_ byte: UInt8) {
        self.depth.take(byte)
        guard !self.isOverlong, self.body.count < WebhookLimits.bodyBytesMax else {
            self.isOverlong = true
            self.body = []
            return
        }

        self.body.append(byte)
    }

    private func isComplete(_ byte: UInt8) -> Bool {
        self.depth.count < 0
            || self.isScalar && "}]\"".utf8.contains(byte)
    }

    private mutating func end() -> LineReader.Line {
        defer {
            self.body = []
            self.start = 0
            self.isOverlong = false
            self.depth = BracketDepth()
        }
        return LineReader.Line(number: self.start, bytes: self.isOverlong ? nil : self.body)
    }
}
