/// JSON text with its members on lines of their own.
enum JSONText {
    /// Adds line breaks and indentation to JSON that is valid; changes nothing else.
    static func indented(_ json: String) -> String {
        var text: [UInt8] = []
        var depth = 0
        var isInText = false
        var isEscaped = false
        func lineBreak(_ depth: Int) {
            text.append(UInt8(ascii: "\n"))
            text += Array(repeating: UInt8(ascii: " "), count: depth * 2)
        }
        for byte in json.utf8 {
            if isInText {
                text.append(byte)
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                text.append(byte)
                lineBreak(depth)
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                let isEmpty = Self.dropSpace(&text)
                if !isEmpty { lineBreak(depth) }
                text.append(byte)
            case UInt8(ascii: ","):
                text.append(byte)
                lineBreak(depth)
            case UInt8(ascii: ":"): text += Array(": ".utf8)
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                break
            default:
                isInText = byte == UInt8(ascii: "\"")
                text.append(byte)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Takes the white space from the end; true when it followed an opening bracket.
    private static func dropSpace(_ text: inout [UInt8]) -> Bool {
        while let last = text.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\n") {
            text.removeLast()
        }
        return text.last == UInt8(ascii: "{") || text.last == UInt8(ascii: "[")
    }
}
