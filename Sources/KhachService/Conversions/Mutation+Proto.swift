internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

extension ServiceEnvironment {
    /// Who asks, checked; the request's bytes are what its name stands for.
    func author(
        _ mutation: Khach_V1_Mutation,
        _ payload: Payload
    ) throws(InputError) -> Authorship {
        let requestID = try checkedText(
            mutation.requestID,
            "mutation.request_id",
            0...Limits.requestIDBytesMax
        )
        return Authorship(
            actor: try checkedActor(mutation.actor, field: "mutation.actor"),
            requestID: requestID,
            fingerprint: requestID.isEmpty
                ? [] : Array(self.seal.seal([], context: payload.withUnsafeBytes { Array($0) }))
        )
    }
}

/// The name of who changes something.
func checkedActor(_ actor: String, field: String) throws(InputError) -> String {
    try checkedText(actor, field, 1...Limits.actorBytesMax)
}

/// A text of a request that may have so many bytes, and no NUL.
func checkedText(
    _ text: String,
    _ field: String,
    _ bytes: ClosedRange<Int>
) throws(InputError) -> String {
    guard bytes.contains(text.utf8.count) else {
        throw InputError(
            field,
            "\(bytes.lowerBound) to \(bytes.upperBound) bytes expected, found \(text.utf8.count)"
        )
    }
    guard !text.utf8.contains(0) else {
        throw InputError(field, "no NUL expected, found one")
    }
    return text
}

/// Counts the items of a repeated field before they are decoded (architecture, decision 15).
func checkCount(
    _ payload: Payload,
    field number: UInt64,
    _ name: String,
    _ counts: ClosedRange<Int>
) throws(Status) {
    let count = payload.withUnsafeBytes { bytes in
        ItemScan(bytes, field: number, itemsMax: counts.upperBound)?.items.count
    }
    // Bytes that are no message are refused where they are decoded.
    guard let count, !counts.contains(count) else { return }

    let found = count > counts.upperBound ? "more" : count == 0 ? "none" : "\(count)"
    throw Status(
        InputError(
            name,
            "\(counts.lowerBound) to \(counts.upperBound) items expected, found \(found)"
        )
    )
}

extension ContactPoint.Key {
    /// A contact that a request names: a phone as people write it, or an e-mail address.
    init(
        _ kind: Khach_V1_ContactKind,
        _ value: String,
        _ detector: ContactDetector
    ) throws(InputError) {
        let value = try checkedText(value, "value", 1...ServiceLimits.contactValueBytesMax)
        switch kind {
        case .phone:
            guard let phone = detector.phone(supplied: value) else {
                throw InputError(
                    "value",
                    "a phone number that exists, such as 0912345678 or +6591234567, expected, "
                        + "found another text"
                )
            }
            self.init(kind: .phone, value: phone)
        case .email:
            let findings = detector.findings(in: value)
            guard let finding = findings.first, findings.count == 1, finding.kind == .email,
                finding.bytes == 0..<value.utf8.count
            else {
                throw InputError(
                    "value",
                    "an e-mail address such as an@example.vn expected, found another text"
                )
            }
            self.init(kind: .email, value: finding.value)
        case .unspecified, .UNRECOGNIZED:
            throw InputError("kind", "PHONE or EMAIL expected, found \(kind.rawValue)")
        }
    }
}

extension Khach_V1_ContactKind {
    init(_ kind: ContactFinding.Kind) {
        switch kind {
        case .phone: self = .phone
        case .email: self = .email
        }
    }
}

extension StoredCustomer {
    /// A reply whose customer is field 1, its sequence field 2, and the position of that field 3.
    func reply(_ position: String) -> Payload {
        var writer = PayloadWriter(capacity: self.record.count + 96)
        writer.write(self.record, field: 1)
        writer.write(self.seq, field: 2)
        writer.write(position, field: 3)
        return writer.payload
    }
}
