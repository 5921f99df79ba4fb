/// A local day as days since 1970-01-01, in the zone of a business (domain.md §4.9).
package typealias DayNumber = Int32

/// Which local day an instant belongs to, in one zone.
package struct LocalCalendar: Sendable {
    package var day: @Sendable (Instant) -> DayNumber

    package init(day: @escaping @Sendable (Instant) -> DayNumber) {
        self.day = day
    }

    /// For tests and rules that do not look at days: UTC.
    package static let utc = LocalCalendar { instant in
        DayNumber(truncatingIfNeeded: instant.milliseconds.flooredDays)
    }
}

/// The calendars of IANA zones; `nil` for a zone that tzdata does not have.
package struct ZoneRules: Sendable {
    package var calendar: @Sendable (_ zone: String) -> LocalCalendar?

    package init(calendar: @escaping @Sendable (_ zone: String) -> LocalCalendar?) {
        self.calendar = calendar
    }
}

extension Int64 {
    fileprivate var flooredDays: Int64 {
        let day: Int64 = 86_400_000
        return self >= 0 ? self / day : -((day - 1 - self) / day)
    }
}

/// What there is to count of a customer on one local day (S21, §4.9).
package struct ActivityDay: Hashable, Sendable {
    package var day: DayNumber
    /// The customer wrote a message.
    package var hasMessaged: Bool
    /// The customer wrote a comment.
    package var hasCommented: Bool
    /// The one conversation by message began.
    package var beganMessages: Bool
    /// Conversations by comment that began: one for each post (S3).
    package var beganComments: Int32

    package init(
        day: DayNumber,
        hasMessaged: Bool = false,
        hasCommented: Bool = false,
        beganMessages: Bool = false,
        beganComments: Int32 = 0
    ) {
        self.day = day
        self.hasMessaged = hasMessaged
        self.hasCommented = hasCommented
        self.beganMessages = beganMessages
        self.beganComments = beganComments
    }

    var isEmpty: Bool {
        !self.hasMessaged && !self.hasCommented && !self.beganMessages && self.beganComments == 0
    }
}

/// The days of a customer, ascending; the latest `Limits.activityDaysMax` are kept.
package struct ActivityLog: Hashable, Sendable {
    package private(set) var days: [ActivityDay] = []
    /// When the conversation by message began.
    package private(set) var firstMessageAt: Instant?

    package init() {}

    /// A log as it was kept: ascending.
    package init(days: [ActivityDay], firstMessageAt: Instant?) {
        self.days = days
        self.firstMessageAt = firstMessageAt
    }

    /// Joins an event that began at an instant.
    mutating func join(_ event: InteractionRegister, at instant: Instant, _ calendar: LocalCalendar)
    {
        let day = calendar.day(instant)
        if event.direction == .inbound {
            self.update(day) {
                switch event.kind {
                case .message: $0.hasMessaged = true
                case .comment: $0.hasCommented = true
                }
            }
        }
        guard event.kind == .message, self.firstMessageAt.map({ instant < $0 }) ?? true else {
            return
        }

        if let before = self.firstMessageAt {
            self.update(calendar.day(before)) { $0.beganMessages = false }
        }
        self.firstMessageAt = instant
        self.update(day) { $0.beganMessages = true }
    }

    /// Counts the conversation about one post, given the two earliest events of it, an event at
    /// `instant` among them, and that event is new to the customer.
    package mutating func joinConversation(
        earliest: [Instant],
        at instant: Instant,
        _ calendar: LocalCalendar
    ) {
        let day = calendar.day(instant)
        if earliest.count > 1 {
            let before = calendar.day(earliest[1])
            guard earliest[0] == instant, before != day else { return }

            self.update(before) { $0.beganComments -= 1 }
        }
        self.update(day) { $0.beganComments += 1 }
    }

    /// Whether days may have been left out.
    package var isFull: Bool { self.days.count >= Limits.activityDaysMax }

    /// Counts the conversation about one post where it began, when one of its events has moved to
    /// an earlier day; `others` is the earliest of the others.
    package mutating func moveConversation(
        from before: Instant,
        to after: Instant,
        others: Instant?,
        _ calendar: LocalCalendar
    ) {
        let old = calendar.day(others.map { min($0, before) } ?? before)
        let new = calendar.day(others.map { min($0, after) } ?? after)
        guard old != new else { return }

        self.update(old) { $0.beganComments -= 1 }
        self.update(new) { $0.beganComments += 1 }
    }

    /// Takes back that the customer wrote on a day: no event of it is left.
    package mutating func takeBack(_ kind: Interaction.Kind, on day: DayNumber) {
        self.update(day) {
            switch kind {
            case .message: $0.hasMessaged = false
            case .comment: $0.hasCommented = false
            }
        }
    }

    private mutating func update(_ day: DayNumber, _ change: (inout ActivityDay) -> Void) {
        // Most events are of the last day.
        var index = self.days.count
        while index > 0, self.days[index - 1].day > day {
            index -= 1
        }
        if index > 0, self.days[index - 1].day == day {
            var changed = self.days[index - 1]
            change(&changed)
            // Most change nothing, and then the days stay shared with those that are stored.
            if changed.isEmpty {
                self.days.remove(at: index - 1)
            } else if changed != self.days[index - 1] {
                self.days[index - 1] = changed
            }
            return
        }
        guard index > 0 || self.days.count < Limits.activityDaysMax else { return }

        var new = ActivityDay(day: day)
        change(&new)
        guard !new.isEmpty, new.beganComments >= 0 else { return }

        self.days.insert(new, at: index)
        if self.days.count > Limits.activityDaysMax {
            self.days.removeFirst()
        }
    }
}
