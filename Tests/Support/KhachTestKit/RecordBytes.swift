/// Looks into a record without knowing its schema: a protobuf message as fields.
package enum RecordBytes {
    /// The message without some of its fields.
    package static func without(fields: Set<Int>, _ record: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        var position = 0
        while position < record.count {
            let start = position
            let tag = self.varint(record, &position)
            switch tag & 7 {
            case 0:
                _ = self.varint(record, &position)
            case 2:
                let count = self.varint(record, &position)
                position += count
            default:
                preconditionFailure("a record holds numbers and bytes only")
            }
            if !fields.contains(tag >> 3) {
                kept += record[start..<position]
            }
        }
        return kept
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
