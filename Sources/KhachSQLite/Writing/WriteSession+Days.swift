internal import KhachCore

/// Events that move to an earlier day: what the two days need is read, and no more.
extension WriteSession {
    /// On either side of an instant: every local day that holds it is within.
    private static let dayReachMilliseconds: Int64 = 48 * 3_600_000

    /// Takes back what an event alone gave the day of an instant; it is stored and joined already.
    func leaveDay(
        of before: Instant,
        _ register: InteractionRegister,
        _ entry: CustomerEntry
    ) throws(StoreError) {
        guard let after = register.beganAt, !entry.needsRebuild else { return }
        guard !entry.customer.activity.isFull else {
            // A day that the log left out may come back.
            entry.needsRebuild = true
            return
        }

        let calendar = try self.calendar(of: entry.customer.businessID)
        if let post = register.conversationPost {
            let earliest = try self.earliest(of: post, entry.customer.id)
            let others = earliest.first == after ? earliest.dropFirst().first : earliest.first
            entry.customer.activity.moveConversation(
                from: before,
                to: after,
                others: others,
                calendar
            )
        }
        let day = calendar.day(before)
        guard register.direction == .inbound,
            try !self.hasWritten(register.kind, on: day, around: before, entry, calendar)
        else { return }

        entry.customer.activity.takeBack(register.kind, on: day)
    }

    /// Whether the customer wrote on a day.
    ///
    /// Goes back from the customer's last interaction, no further than to the first that says so;
    /// to the end, where there is none.
    private func hasWritten(
        _ kind: Interaction.Kind,
        on day: DayNumber,
        around instant: Instant,
        _ entry: CustomerEntry,
        _ calendar: LocalCalendar
    ) throws(StoreError) -> Bool {
        let select = self.mutations.selectWritten
        select.bind(1, entry.lastInteraction)
        select.bind(2, Int64(kind.rawValue))
        select.bind(3, instant.milliseconds - Self.dayReachMilliseconds)
        select.bind(4, instant.milliseconds + Self.dayReachMilliseconds)
        while try select.step() {
            guard calendar.day(select.instant(0)) == day else { continue }

            select.reset()
            return true
        }
        return false
    }

    /// When the two earliest events of a conversation by comment began.
    func earliest(of post: String, _ customer: CustomerID) throws(StoreError) -> [Instant] {
        let select = self.mutations.selectEarliest
        select.bind(1, customer.rawValue)
        return try post.lend { (post) throws(StoreError) in
            select.bind(2, text: post)
            var earliest: [Instant] = []
            while try select.step() {
                earliest.append(select.instant(0))
            }
            return earliest
        }
    }
}
