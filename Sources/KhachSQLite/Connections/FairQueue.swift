internal import DequeModule
internal import KhachCore

/// What waits for a thread, lane by lane: one element of each in turn, in each the oldest first.
///
/// A lane is held to as much as is free. So one lane alone fills half of the queue, each of many
/// has its share, and there is always room for a lane that has nothing waiting.
struct FairQueue<Element: Sendable>: Sendable {
    private struct Waiting {
        var element: Element
        var weight: Int
    }

    private struct Line {
        var waiting: Deque<Waiting> = []
        var weight = 0
    }

    private var lines: [Lane: Line] = [:]
    /// The lanes with something waiting; the first is the next to be served.
    private var turns: Deque<Lane> = []
    private let countMax: Int
    private let weightMax: Int
    private(set) var count = 0
    private(set) var weight = 0

    /// At most `countMax` elements, which weigh at most `weightMax`.
    init(countMax: Int, weightMax: Int = .max) {
        self.countMax = countMax
        self.weightMax = weightMax
    }

    var isEmpty: Bool { self.count == 0 }

    /// False, and nothing is added, when the lane or the queue has as much as it may.
    ///
    /// The first element of a lane may take all the weight that is left, and of an empty queue
    /// whatever it weighs: no weight is above every bound.
    mutating func append(_ element: Element, weight: Int = 1, in lane: Lane) -> Bool {
        let line = self.lines[lane] ?? Line()
        guard self.count < self.countMax, line.waiting.count < self.countMax - self.count else {
            return false
        }
        let own = line.waiting.isEmpty ? 0 : line.weight
        guard self.isEmpty || own + weight <= self.weightMax - self.weight else { return false }

        if line.waiting.isEmpty { self.turns.append(lane) }
        self.lines[lane, default: Line()].waiting.append(Waiting(element: element, weight: weight))
        self.lines[lane, default: Line()].weight += weight
        self.count += 1
        self.weight += weight
        return true
    }

    /// What the next element weighs.
    var nextWeight: Int? {
        self.turns.first.flatMap { self.lines[$0]?.waiting.first?.weight }
    }

    mutating func popNext() -> Element? {
        guard let lane = self.turns.popFirst(), var line = self.lines.removeValue(forKey: lane),
            let next = line.waiting.popFirst()
        else { return nil }

        line.weight -= next.weight
        self.count -= 1
        self.weight -= next.weight
        if !line.waiting.isEmpty {
            self.lines[lane] = line
            self.turns.append(lane)
        }
        return next.element
    }

    mutating func popAll() -> [Element] {
        var all: [Element] = []
        while let next = self.popNext() { all.append(next) }
        return all
    }
}
