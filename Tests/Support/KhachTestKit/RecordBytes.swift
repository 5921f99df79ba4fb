/// Looks into a record without knowing its schema: a protobuf message as fields.
package enum RecordBytes {
    /// The message without some of its fields.
    package static func without(fields: Set<Int>, _ record: [UInt8]) -> [UInt8] {
        self.fields(of: record).filter { !fields.contains($0.number) }.flatMap { record[$0.whole] }
    }

    /// The bytes of a field that holds bytes; none when it is not there.
    package static func text(ofField number: Int, _ record: [UInt8]) -> [UInt8] {
        self.fields(of: record).last { $0.number == number }.map { Array(record[$0.value]) } ?? []
    }

    /// The bytes of every value of one field.
    package static func values(of field: Int, _ record: [UInt8]) -> [[UInt8]] {
        self.fields(of: record).filter { $0.number == field }.map { Array(record[$0.value]) }
    }

    private static func fields(
        of record: [UInt8]
    ) -> [(number: Int, whole: Range<Int>, value: Range<Int>)] {
        var fields: [(number: Int, whole: Range<Int>, value: Range<Int>)] = []
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
            fields.append((tag >> 3, start..<position, value..<position))
        }
        return fields
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
