/// How a block begins, is settled, and ends (domain.md §4.4).
///
/// A pure function: what is stored and what is asked go in, what is to be stored comes out.
package enum BlockRules {
    package enum Action: UInt8, Hashable, Sendable {
        case block = 1
        case unblock = 2
        /// The platform did what is pending.
        case confirm = 3
        /// The platform refused it.
        case refuse = 4
        /// The customer holds a role now: an unblock that nobody refuses (B2).
        case grantRole = 5
    }

    /// What is asked, by whom.
    package struct Request: Hashable, Sendable {
        package var action: Action
        package var by: String
        /// Why; for `refuse`, what the platform said.
        package var reason: String
        package var at: Instant

        package init(action: Action, by: String, reason: String, at: Instant) {
            self.action = action
            self.by = by
            self.reason = reason
            self.at = at
        }
    }

    /// Raw values are stored.
    package enum Refusal: UInt8, Hashable, Sendable {
        case roleOnPage = 1
        case noConversation = 2
        case notFound = 3
        case notPending = 4
        /// The platform of the channel is not known to offer it (B6).
        case unsupportedOnChannel = 5
    }

    package enum Result: Hashable, Sendable {
        case done(CustomerBlock)
        case pending(CustomerBlock)
        case noChange
        case failed(Refusal, CustomerBlock?)
    }

    /// Decides what becomes of one customer.
    ///
    /// - Parameters:
    ///   - hasRole: whether any id of the customer has a role on the page (B1).
    ///   - hasConversation: whether there is a conversation by message.
    package static func decide(
        _ request: Request,
        on block: CustomerBlock?,
        channel: Channel,
        mode: BlockMode,
        hasRole: Bool,
        hasConversation: Bool
    ) -> Result {
        let state = block?.state ?? .none
        // A channel whose platform has no call for it goes straight to what is asked (§4.4).
        let canBlock = channel.blockCapability.canBlock
        let mode = canBlock ? mode : .local
        switch (request.action, state) {
        case (.confirm, _) where !canBlock, (.refuse, _) where !canBlock:
            return .failed(.unsupportedOnChannel, nil)
        case (.block, .blocked), (.block, .pendingBlock), (.unblock, .none),
            (.unblock, .pendingUnblock):
            return .noChange
        case (.block, _) where hasRole:
            return .failed(.roleOnPage, nil)
        case (.block, .none):
            if mode == .gateway, channel.blockCapability.needsConversation, !hasConversation {
                return .failed(.noConversation, nil)
            }
            return self.enter(mode == .local ? .blocked : .pendingBlock, request, block)
        case (.block, .pendingUnblock):
            // Blocked all the time: the platform was not yet heard.
            return self.enter(.blocked, request, block)
        case (.unblock, .pendingBlock), (.grantRole, .pendingBlock):
            return self.enter(.none, request, block)
        case (.unblock, .blocked), (.grantRole, .blocked):
            return self.enter(mode == .local ? .none : .pendingUnblock, request, block)
        case (.confirm, .pendingBlock) where hasRole:
            // B1 again: the role came while the platform was asked.
            return .failed(.roleOnPage, self.entered(.none, request, block))
        case (.confirm, .pendingBlock):
            return self.enter(.blocked, request, block)
        case (.confirm, .pendingUnblock):
            return self.enter(.none, request, block)
        case (.refuse, .pendingBlock):
            return self.enter(.none, request, block)
        case (.refuse, .pendingUnblock) where hasRole:
            // B2: who holds a role is not BLOCKED again; it stays to be asked.
            return self.enter(.pendingUnblock, request, block)
        case (.refuse, .pendingUnblock):
            return self.enter(.blocked, request, block)
        case (.confirm, _), (.refuse, _):
            return .failed(.notPending, nil)
        case (.grantRole, .none):
            return .noChange
        case (.grantRole, .pendingUnblock):
            // Asked already, where somebody is there to do it.
            return mode == .local ? self.enter(.none, request, block) : .noChange
        }
    }

    private static func enter(
        _ state: CustomerBlock.State,
        _ request: Request,
        _ block: CustomerBlock?
    ) -> Result {
        let next = self.entered(state, request, block)
        switch state {
        case .none, .blocked: return .done(next)
        case .pendingBlock, .pendingUnblock: return .pending(next)
        }
    }

    private static func entered(
        _ state: CustomerBlock.State,
        _ request: Request,
        _ block: CustomerBlock?
    ) -> CustomerBlock {
        var next = block ?? CustomerBlock(state: .none, since: request.at, by: request.by)
        let wasBlocked = next.state.isBlocked
        next.state = state
        next.since = request.at
        switch request.action {
        case .refuse:
            next.error = request.reason
        case .confirm:
            next.error = ""
        case .block, .unblock, .grantRole:
            next.by = request.by
            next.reason = request.reason
            next.error = ""
        }
        if state.isBlocked, !wasBlocked {
            next.open(at: request.at)
        } else if !state.isBlocked, wasBlocked {
            next.close(at: request.at)
        }
        return next
    }
}
