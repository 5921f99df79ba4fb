internal import TTRPC

/// Where calls stand in a trace, as the header `traceparent` of W3C Trace Context says.
public struct TraceParent: Hashable, Sendable {
    /// The header, such as `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`.
    public let text: String

    /// Takes a header; `nil` when it is none.
    public init?(_ text: String) {
        guard TTRPC.TraceParent(text) != nil else { return nil }

        self.text = text
    }
}
