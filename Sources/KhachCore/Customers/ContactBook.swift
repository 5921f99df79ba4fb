/// The contact points that a customer's record is made of: of each kind the best, best first, at
/// most `Limits.contactPointsHeldMax`, which are enough for `ShownContact.list`.
///
/// Fewer than that are all there are. So a join needs nothing but the book until it is full, and a
/// point that vanishes needs the points behind it only when it was full.
package struct ContactBook: Hashable, Sendable {
    /// Primary first (§4.6).
    package private(set) var phones: [ContactPoint] = []
    package private(set) var emails: [ContactPoint] = []

    package init() {}

    /// Points as a book held them; of one kind each, best first.
    package init(phones: [ContactPoint], emails: [ContactPoint]) {
        self.phones = phones
        self.emails = emails
    }

    package subscript(kind: ContactFinding.Kind) -> [ContactPoint] {
        get { kind == .phone ? self.phones : self.emails }
        set {
            switch kind {
            case .phone: self.phones = newValue
            case .email: self.emails = newValue
            }
        }
    }

    /// Joins what one more interaction says.
    ///
    /// False when the book cannot know: it is full, and the point may be among those it left out.
    mutating func join(_ point: ContactPoint) -> Bool {
        let points = self[point.key.kind]
        guard let index = points.firstIndex(where: { $0.key == point.key }) else {
            guard points.count < Limits.contactPointsHeldMax else { return false }

            self.insert(point)
            return true
        }
        var joined = points[index]
        joined.join(point)
        if joined != points[index] {
            self[point.key.kind].remove(at: index)
            self.insert(joined)
        }
        return true
    }

    /// Puts what every interaction says of one point, `nil` when none has it any more, in the
    /// place of what the book says.
    ///
    /// False when a point that the book left out may be better now: the kind is to be `replaced`.
    package mutating func replace(_ key: ContactPoint.Key, by point: ContactPoint?) -> Bool {
        let points = self[key.kind]
        let wasFull = points.count >= Limits.contactPointsHeldMax
        if let index = points.firstIndex(where: { $0.key == key }) {
            let isWorse = point.map { points[index].isBetter(than: $0) } ?? true
            if wasFull, isWorse { return false }
            self[key.kind].remove(at: index)
        }
        if let point {
            self.insert(point)
        }
        return true
    }

    /// Makes the points of one kind from everything that interactions say of them.
    package mutating func replace(
        _ kind: ContactFinding.Kind,
        joining observations: some Sequence<ContactPoint>
    ) {
        var known: [String: ContactPoint] = [:]
        for point in observations where point.key.kind == kind {
            if known[point.key.value]?.join(point) == nil {
                known[point.key.value] = point
            }
        }
        let best = known.values.sorted { $0.isBetter(than: $1) }
        self[kind] = Array(best.prefix(Limits.contactPointsHeldMax))
    }

    /// Makes the points of one kind from all of them, each given once; only the best are held.
    package mutating func replace(
        _ kind: ContactFinding.Kind,
        byBestOf next: () throws(StoreError) -> ContactPoint?
    ) throws(StoreError) {
        self[kind] = []
        while let point = try next() {
            self.insert(point)
        }
    }

    private mutating func insert(_ point: ContactPoint) {
        let points = self[point.key.kind]
        let index = points.firstIndex { point.isBetter(than: $0) } ?? points.count
        self[point.key.kind].insert(point, at: index)
        if points.count >= Limits.contactPointsHeldMax {
            self[point.key.kind].removeLast()
        }
    }
}
