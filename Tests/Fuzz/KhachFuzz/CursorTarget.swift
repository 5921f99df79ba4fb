internal import KhachCore
internal import KhachService

/// A cursor that this server did not make is invalid and nothing else; what it could have sealed,
/// in this release or another, is refused by name or comes back as it was.
enum CursorTarget {
    private static let generation = [UInt8](repeating: 7, count: 16)
    private static let business = BusinessID(rawValue: 1 << 40)
    private static let context = Array("khach.v1.cursor".utf8)

    /// Like a keyed hash to whoever has no key; good for nothing else.
    private static let seal = Seal { message in
        (0..<16).map { index in
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325 &+ UInt64(index)
            for byte in message { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            return UInt8(truncatingIfNeeded: hash >> 32)
        }
    }

    static func check(_ bytes: [UInt8]) throws {
        try holds(self.opened(bytes) == .failure(.invalid), "a forged cursor is invalid")

        let sealed = self.seal.seal(bytes, context: self.context)
        guard case .success(let cursor) = self.opened(sealed) else { return }

        let again = cursor.sealed(by: self.seal, generation: self.generation)
        try holds(self.opened(again) == .success(cursor), "a cursor comes back as it was")
        try holds(again.count <= 128, "a cursor is short: \(again.count)")
    }

    private static func opened(_ bytes: [UInt8]) -> Result<SyncCursor, SyncCursor.Refusal> {
        Result { () throws(SyncCursor.Refusal) in
            try SyncCursor.open(
                bytes,
                by: self.seal,
                generation: self.generation,
                business: self.business
            )
        }
    }
}
