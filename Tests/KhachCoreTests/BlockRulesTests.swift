internal import KhachCore
internal import Testing

/// The machine of §4.4, of a page that says GATEWAY.
@Suite("Block rules")
struct BlockRulesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var channel: Channel
        var from: CustomerBlock.State
        var action: BlockRules.Action
        var hasRole = false
        var to: CustomerBlock.State?
        var refusal: BlockRules.Refusal?

        var testDescription: String { "\(self.channel) \(self.from) \(self.action)" }
    }

    static let cases: [Case] = [
        // A channel whose platform can block.
        Case(channel: .facebook, from: .none, action: .block, to: .pendingBlock),
        Case(channel: .facebook, from: .pendingBlock, action: .confirm, to: .blocked),
        Case(channel: .facebook, from: .blocked, action: .unblock, to: .pendingUnblock),
        Case(channel: .facebook, from: .pendingUnblock, action: .refuse, to: .blocked),
        // One whose cannot: in force at once, and no platform has anything to settle.
        Case(channel: .shopee, from: .none, action: .block, to: .blocked),
        Case(channel: .shopee, from: .blocked, action: .unblock, to: CustomerBlock.State.none),
        Case(
            channel: .shopee,
            from: .pendingBlock,
            action: .confirm,
            refusal: .unsupportedOnChannel
        ),
        Case(
            channel: .zaloOA,
            from: .pendingUnblock,
            action: .refuse,
            refusal: .unsupportedOnChannel
        ),
        // B2, by the same seam as an agent's unblock.
        Case(
            channel: .facebook,
            from: .blocked,
            action: .grantRole,
            hasRole: true,
            to: .pendingUnblock
        ),
        Case(
            channel: .facebook,
            from: .pendingBlock,
            action: .grantRole,
            hasRole: true,
            to: CustomerBlock.State.none
        ),
        Case(channel: .facebook, from: .pendingUnblock, action: .grantRole, hasRole: true),
        Case(channel: .facebook, from: .none, action: .grantRole, hasRole: true),
        Case(
            channel: .facebook,
            from: .pendingUnblock,
            action: .refuse,
            hasRole: true,
            to: .pendingUnblock
        ),
        Case(
            channel: .shopee,
            from: .blocked,
            action: .grantRole,
            hasRole: true,
            to: CustomerBlock.State.none
        ),
    ]

    @Test("§4.4 under a gateway, each state goes where the channel can take it", arguments: cases)
    func gateway(_ example: Case) {
        let at = Instant(milliseconds: 1_790_000_000_000)
        let result = BlockRules.decide(
            BlockRules.Request(action: example.action, by: "lan", reason: "", at: at),
            on: example.from == .none
                ? nil : CustomerBlock(state: example.from, since: at, by: "an"),
            channel: example.channel,
            mode: .gateway,
            hasRole: example.hasRole,
            hasConversation: true
        )
        switch result {
        case .done(let block), .pending(let block):
            #expect(block.state == example.to)
            let isPending = block.state == .pendingBlock || block.state == .pendingUnblock
            #expect(result == (isPending ? .pending(block) : .done(block)))
        case .noChange:
            #expect(example.to == nil && example.refusal == nil)
        case .failed(let refusal, _):
            #expect(refusal == example.refusal)
        }
    }
}
