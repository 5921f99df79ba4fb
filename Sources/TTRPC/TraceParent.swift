/// Where a call stands in a trace that began elsewhere, as `traceparent` of W3C Trace Context says.
package struct TraceParent: Hashable, Sendable {
    /// The key by which a caller says it.
    package static let key = "traceparent"
    private static let bytesCount = 55

    /// 32 digits, not all of them 0.
    package let traceID: String
    /// The caller's own span: 16 digits, not all of them 0.
    package let spanID: String
    /// Whether who began the trace wants it recorded.
    package let isSampled: Bool

    /// Reads `00-<32 digits>-<16 digits>-<2 digits>`, or the same at the beginning of a later
    /// version; `nil` for anything else, which is to be ignored.
    package init?(_ text: String) {
        let bytes = Array(text.utf8.prefix(Self.bytesCount + 1))
        guard bytes.count >= Self.bytesCount,
            [2, 35, 52].allSatisfy({ bytes[$0] == UInt8(ascii: "-") }),
            let version = Self.digits(bytes[0..<2]), version != "ff",
            let traceID = Self.digits(bytes[3..<35]), traceID.contains(where: { $0 != "0" }),
            let spanID = Self.digits(bytes[36..<52]), spanID.contains(where: { $0 != "0" }),
            Self.digits(bytes[53..<55]) != nil,
            // What follows is of a version that is not known yet.
            bytes.count == Self.bytesCount || version != "00" && bytes.last == UInt8(ascii: "-")
        else { return nil }

        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = Self.value(bytes[54]).map { $0 & 1 == 1 } ?? false
    }

    private static func digits(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.allSatisfy({ self.value($0) != nil }) else { return nil }

        return String(decoding: bytes, as: UTF8.self)
    }

    /// Of a digit; capitals are none.
    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

extension Metadata {
    /// Where the call stands in its caller's trace; who says it twice says nothing.
    package var traceParent: TraceParent? { self.only(TraceParent.key).flatMap(TraceParent.init) }
}
