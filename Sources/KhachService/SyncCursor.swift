package import KhachCore

/// Where a client is in a business's change feed (sync.md §4.2).
///
/// On the wire it is opaque: `{version, generation, scope, seq, phase}` and a tag.
package struct SyncCursor: Hashable, Sendable {
    package enum Phase: Hashable, Sendable {
        /// The first pass. The client had nothing at `startedAt`: older tombstones are of no use.
        case snapshot(startedAt: CommitSequence)
        case delta
    }

    /// Why a cursor was refused; the reason goes into `ErrorInfo` (sync.md §3).
    package enum Refusal: Error, Hashable, Sendable {
        case invalid
        case scopeMismatch
        case generationChanged
        case ahead(head: CommitSequence)
    }

    private static let version: UInt8 = 1
    private static let generationBytes = 16
    private static let bodyBytes = 1 + generationBytes + 8 + 8 + 1 + 8
    private static let context = Array("khach.v1.cursor".utf8)

    package var business: BusinessID
    package var seq: CommitSequence
    package var phase: Phase

    package init(business: BusinessID, seq: CommitSequence, phase: Phase) {
        self.business = business
        self.seq = seq
        self.phase = phase
    }

    package func sealed(by seal: Seal, generation: [UInt8]) -> [UInt8] {
        precondition(generation.count == Self.generationBytes, "a generation has 16 bytes")
        var body: [UInt8] = [Self.version]
        body.append(contentsOf: generation)
        body.appendInteger(UInt64(bitPattern: self.business.rawValue))
        body.appendInteger(self.seq)
        switch self.phase {
        case .snapshot(let startedAt):
            body.append(1)
            body.appendInteger(startedAt)
        case .delta:
            body.append(2)
            body.appendInteger(0)
        }
        return seal.seal(body, context: Self.context)
    }

    /// Reads a sealed cursor; says nothing of a forged one but that it is invalid.
    package static func open(
        _ bytes: [UInt8],
        by seal: Seal,
        generation: [UInt8],
        business: BusinessID
    ) throws(Refusal) -> SyncCursor {
        guard let body = seal.open(bytes, context: Self.context), body.count == Self.bodyBytes,
            body[0] == Self.version
        else { throw .invalid }

        let scope = BusinessID(rawValue: Int64(bitPattern: body.integer(at: 17)))
        guard scope == business else { throw .scopeMismatch }
        guard Array(body[1..<17]) == generation else { throw .generationChanged }

        let phase: Phase
        switch body[33] {
        case 1: phase = .snapshot(startedAt: body.integer(at: 34))
        case 2: phase = .delta
        default: throw .invalid
        }
        return SyncCursor(business: scope, seq: body.integer(at: 25), phase: phase)
    }
}
