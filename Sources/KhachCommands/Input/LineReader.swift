/// What a file to be recorded is cut into, one line or body at a time.
protocol LineSource {
    /// Bytes taken from the file so far.
    var bytesCount: UInt64 { get }
    /// The next one, `nil` after the last.
    mutating func next() throws -> LineReader.Line?
}

/// Lines out of pieces of bytes, one at a time, in bounded memory.
///
/// A line ends with a line feed, a carriage return before it is dropped, and the last one may end
/// with the input. A byte order mark at the start is skipped.
struct LineReader: LineSource {
    /// How much is read at once.
    static let pieceBytes = 1 << 16
    /// A line longer than this is refused: an interaction keeps 16 KiB of text.
    static let lineBytesMax = 1 << 20

    struct Line: Hashable, Sendable {
        /// Counted from 1.
        var number: Int
        /// `nil` when the line is longer than `lineBytesMax`.
        var bytes: [UInt8]?

        var isBlank: Bool { self.bytes?.allSatisfy { $0 == 0x20 || $0 == 0x09 } ?? false }
    }

    /// Bytes taken from the source so far.
    private(set) var bytesCount: UInt64 = 0
    private let read: () throws -> [UInt8]
    private var piece: ArraySlice<UInt8> = []
    private var number = 0
    private var isFinished = false

    /// - Parameter read: the next piece; empty at the end of the input.
    init(read: @escaping () throws -> [UInt8]) {
        self.read = read
    }

    /// The next line, `nil` after the last.
    mutating func next() throws -> Line? {
        var bytes: [UInt8] = []
        var isOverlong = false
        var isStarted = false
        while true {
            if self.piece.isEmpty { try self.fill() }
            if self.piece.isEmpty {
                guard isStarted else { return nil }

                return self.line(bytes, isOverlong)
            }

            isStarted = true
            let end = self.piece.firstIndex(of: UInt8(ascii: "\n"))
            let part = self.piece[..<(end ?? self.piece.endIndex)]
            if bytes.count + part.count > Self.lineBytesMax {
                isOverlong = true
                bytes = []
            } else if !isOverlong {
                bytes += part
            }
            self.piece = end.map { self.piece[($0 + 1)...] } ?? []
            if end != nil { return self.line(bytes, isOverlong) }
        }
    }

    private mutating func fill() throws {
        guard !self.isFinished else { return }

        let bytes = try self.read()
        self.isFinished = bytes.isEmpty
        self.piece = bytes[...]
        if self.bytesCount == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            self.piece = bytes.dropFirst(3)
        }
        self.bytesCount += UInt64(bytes.count)
        // A piece that was the mark alone is not the end.
        if self.piece.isEmpty { try self.fill() }
    }

    private mutating func line(_ bytes: [UInt8], _ isOverlong: Bool) -> Line {
        self.number += 1
        guard !isOverlong else { return Line(number: self.number, bytes: nil) }

        let isReturned = bytes.last == UInt8(ascii: "\r")
        return Line(number: self.number, bytes: isReturned ? bytes.dropLast() : bytes)
    }
}
