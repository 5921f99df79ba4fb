internal import KhachCore

/// The names of an unattributed interaction as bytes: what no caller ever sees, in no encoding of
/// the service.
///
/// Each is a source (1 byte), a time (8), and two texts after their lengths (2 each); numbers are
/// little endian.
enum PendingNames {
    static func encode(_ names: [NameObservation]) -> [UInt8] {
        var bytes: [UInt8] = []
        for observation in names {
            bytes.append(observation.source.rawValue)
            self.append(UInt64(bitPattern: observation.observedAt.milliseconds), 8, to: &bytes)
            for text in [observation.name.text, observation.name.folded] {
                let utf8 = text.utf8.prefix(Int(UInt16.max))
                self.append(UInt64(utf8.count), 2, to: &bytes)
                bytes.append(contentsOf: utf8)
            }
        }
        return bytes
    }

    /// `nil` when they cannot be read.
    static func decode(_ bytes: [UInt8]) -> [NameObservation]? {
        var names: [NameObservation] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let source = NameSource(rawValue: rest.removeFirst()),
                let time = self.number(8, from: &rest),
                let text = self.text(from: &rest),
                let folded = self.text(from: &rest)
            else { return nil }

            names.append(
                NameObservation(
                    source: source,
                    name: CustomerName(text: text, folded: folded),
                    observedAt: Instant(milliseconds: Int64(bitPattern: time))
                )
            )
        }
        return names
    }

    private static func append(_ number: UInt64, _ count: Int, to bytes: inout [UInt8]) {
        for index in 0..<count {
            bytes.append(UInt8(truncatingIfNeeded: number >> (8 * UInt64(index))))
        }
    }

    private static func number(_ count: Int, from rest: inout ArraySlice<UInt8>) -> UInt64? {
        guard rest.count >= count else { return nil }

        defer { rest.removeFirst(count) }
        return rest.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func text(from rest: inout ArraySlice<UInt8>) -> String? {
        guard let count = self.number(2, from: &rest), rest.count >= Int(count) else { return nil }

        defer { rest.removeFirst(Int(count)) }
        return String(validating: rest.prefix(Int(count)), as: UTF8.self)
    }
}
