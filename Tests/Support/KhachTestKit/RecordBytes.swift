/// Looks into a record without knowing its schema: a protobuf message as fields.
package enum RecordBytes {
    /// The message without some of its fields.
    package static func without(fields: Set<Int>, _ record: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        self.forEach(record) { field, whole, _ in
            if !fields.contains(field) { kept += record[whole] }
        }
        return kept
    }

    /// The bytes of every value of one field.
    package static func values(of field: Int, _ record: [UInt8]) -> [[UInt8]] {
        var values: [[UInt8]] = []
        self.forEach(record) { found, _, value in
            if found == field { values.append(Array(record[value])) }
        }
        return values
    }

    private static func forEach(
        _ record: [UInt8],
        _ body: (_ field: Int, _ whole: Range<Int>, _ value: Range<Int>) -> Void
    ) {
        var position = 0
        while position < record.count {
            let start = position
            let tag = self.varint(record, &position)
            var value = position
            switch tag & 7 {
            case 0:
                _ = self.varint(record, &position)
            case 2:
                let count = self.varint(record, &position)
                value = position
                position += count
            default:
                preconditionFailure("a record holds numbers and bytes only")
            }
            body(tag >> 3, start..<position, value..<position)
        }
    }

    private static func varint(_ record: [UInt8], _ position: inout Int) -> Int {
        var value = 0
        var shift = 0
        while position < record.count {
            let byte = record[position]
            position += 1
            value |= Int(byte & 0x7f) << shift
            shift += 7
            if byte < 0x80 { break }
        }
        return value
    }
}
