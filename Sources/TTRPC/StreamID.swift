/// Which call a frame belongs to; clients count odd numbers upwards from 1.
package struct StreamID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var number: UInt32

    package init(_ number: UInt32) {
        self.number = number
    }

    /// The first id a client uses.
    package static var first: Self { Self(1) }

    /// Whether a client may begin a call with this id.
    package var isClientInitiated: Bool { self.number & 1 == 1 }

    package var description: String { "stream \(self.number)" }

    package static func < (left: Self, right: Self) -> Bool {
        left.number < right.number
    }
}
