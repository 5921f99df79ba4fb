internal import KhachCore
internal import KhachService
internal import Testing

@Suite("Sync cursor")
struct SyncCursorTests {
    static let generation = [UInt8](repeating: 7, count: 16)
    static let business = BusinessID(rawValue: 1 << 40)
    static let cursors = [
        SyncCursor(business: business, position: .snapshot(after: .start, startedAt: 0)),
        SyncCursor(
            business: business,
            position: .snapshot(after: SnapshotKey(kind: .customer, id: .max), startedAt: 99)
        ),
        SyncCursor(business: business, position: .delta(after: .max)),
    ]

    @Test("comes back as it was sealed", arguments: cursors)
    func roundTrip(_ cursor: SyncCursor) throws {
        let sealed = cursor.sealed(by: .forTests, generation: Self.generation)
        let opened = try SyncCursor.open(
            sealed,
            by: .forTests,
            generation: Self.generation,
            business: Self.business
        )
        #expect(opened == cursor)
    }

    @Test("is invalid with any bit changed, cut or extended (A10)", arguments: cursors)
    func forged(_ cursor: SyncCursor) {
        let sealed = cursor.sealed(by: .forTests, generation: Self.generation)
        for bit in 0..<sealed.count * 8 {
            var forged = sealed
            forged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(self.refusal(forged) == .invalid)
        }
        for length in 0..<sealed.count {
            #expect(self.refusal(Array(sealed[..<length])) == .invalid)
        }
        #expect(self.refusal(sealed + [0]) == .invalid)
    }

    @Test("of another business is refused by name, of another generation too")
    func foreign() {
        let sealed = Self.cursors[1].sealed(by: .forTests, generation: Self.generation)
        let other = BusinessID(rawValue: 2)
        #expect(throws: SyncCursor.Refusal.scopeMismatch) {
            try SyncCursor.open(
                sealed,
                by: .forTests,
                generation: Self.generation,
                business: other
            )
        }
        #expect(throws: SyncCursor.Refusal.generationChanged) {
            try SyncCursor.open(
                sealed,
                by: .forTests,
                generation: [UInt8](repeating: 8, count: 16),
                business: Self.business
            )
        }
    }

    private func refusal(_ bytes: [UInt8]) -> SyncCursor.Refusal? {
        do throws(SyncCursor.Refusal) {
            _ = try SyncCursor.open(
                bytes,
                by: .forTests,
                generation: Self.generation,
                business: Self.business
            )
            return nil
        } catch {
            return error
        }
    }
}
