package import KhachCore

/// Where a client is in a business's change feed (sync.md §4.2).
///
/// On the wire it is opaque: `{version, generation, business, seq, phase, key, scope}` and a tag.
/// Version 1 had no scope, and was of every page.
package struct SyncCursor: Hashable, Sendable {
    /// Why a cursor was refused; the reason goes into `ErrorInfo` (sync.md §3).
    package enum Refusal: Error, Hashable, Sendable {
        case invalid
        case scopeMismatch
        case generationChanged
        /// Of other pages than the caller sees now (D3, D6).
        case scopeChanged
        case ahead(head: CommitSequence)
    }

    private static let version: UInt8 = 2
    private static let versionWithoutScope: UInt8 = 1
    private static let generationBytes = 16
    private static let bodyBytes = 1 + generationBytes + 8 + 8 + 1 + 8 + 8
    private static let bodyBytesWithoutScope = bodyBytes - 8
    private static let context = Array("khach.v1.cursor".utf8)
    /// The phase byte of a delta; a first pass has the kind that it stands in.
    private static let delta: UInt8 = 1

    package var business: BusinessID
    package var position: FeedPosition
    package var scope: ScopeMark

    package init(business: BusinessID, position: FeedPosition, scope: ScopeMark = .everyPage) {
        self.business = business
        self.position = position
        self.scope = scope
    }

    package func sealed(by seal: Seal, generation: [UInt8]) -> [UInt8] {
        precondition(generation.count == Self.generationBytes, "a generation has 16 bytes")
        var body: [UInt8] = [Self.version]
        body.append(contentsOf: generation)
        body.appendInteger(UInt64(bitPattern: self.business.rawValue))
        body.appendInteger(self.position.latest)
        switch self.position {
        case .snapshot(let after, _):
            body.append(after.kind.rawValue)
            body.appendInteger(UInt64(bitPattern: after.id))
        case .delta:
            body.append(Self.delta)
            body.appendInteger(0)
        }
        body.appendInteger(self.scope.value)
        return seal.seal(body, context: Self.context)
    }

    /// Reads a sealed cursor; says nothing of a forged one but that it is invalid.
    package static func open(
        _ bytes: [UInt8],
        by seal: Seal,
        generation: [UInt8],
        business: BusinessID,
        scope expected: ScopeMark = .everyPage
    ) throws(Refusal) -> SyncCursor {
        guard let body = seal.open(bytes, context: Self.context), let mark = Self.mark(of: body)
        else { throw .invalid }

        let scope = BusinessID(rawValue: Int64(bitPattern: body.integer(at: 17)))
        guard scope == business else { throw .scopeMismatch }
        guard Array(body[1..<17]) == generation else { throw .generationChanged }
        guard mark == expected else { throw .scopeChanged }

        let seq = body.integer(at: 25)
        guard body[33] != Self.delta else {
            return SyncCursor(business: scope, position: .delta(after: seq), scope: mark)
        }
        guard let kind = ChangeKind(rawValue: body[33]) else { throw .invalid }

        let key = SnapshotKey(kind: kind, id: Int64(bitPattern: body.integer(at: 34)))
        return SyncCursor(
            business: scope,
            position: .snapshot(after: key, startedAt: seq),
            scope: mark
        )
    }

    /// `nil` for bytes of no version.
    private static func mark(of body: [UInt8]) -> ScopeMark? {
        switch (body.first, body.count) {
        case (Self.version, Self.bodyBytes):
            ScopeMark(value: body.integer(at: Self.bodyBytesWithoutScope))
        case (Self.versionWithoutScope, Self.bodyBytesWithoutScope): .everyPage
        default: nil
        }
    }
}

/// Which pages a cursor speaks of: another set has another mark.
package struct ScopeMark: Hashable, Sendable {
    package static let everyPage = ScopeMark(value: 0)

    let value: UInt64

    fileprivate init(value: UInt64) {
        self.value = value
    }

    package init(_ scope: AccessScope, _ seal: Seal) {
        guard let pages = scope.pages else {
            self = .everyPage
            return
        }

        var bytes = Array("khach.v1.scope".utf8)
        for page in pages.sorted() { bytes.appendInteger(UInt64(bitPattern: page.rawValue)) }
        // Never that of every page.
        self.init(value: seal.seal([], context: bytes).integer(at: 0) | 1)
    }
}
