package import KhachCore
internal import KhachService

/// Two stores that are told the same hold the same, whatever it is: interactions, edits, blocks,
/// roles, links, erasures, pages' own contacts, zones, detectors, in any order.
package struct StoreAgreement {
    /// A person as both stores know them; identifiers are each store's own.
    private struct Person: Hashable {
        var page: Int
        var user: String
    }

    let stores: [any CustomerStore]
    var worlds: [StoreConformance.World] = []
    var seed: Seed
    private var generator: InteractionGenerator
    var now = StoreConformance.now
    private var requests = 0
    var questions: QuestionGenerator
    var zoneName = "Asia/Ho_Chi_Minh"

    package init(seed: Seed, _ stores: [any CustomerStore]) {
        self.stores = stores
        self.seed = seed
        self.questions = QuestionGenerator(seed: seed, days: 20_251...20_262)
        self.generator = InteractionGenerator(
            seed: seed,
            pages: StoreConformance.World.pageKeys
        )
    }

    package mutating func run(steps: Int) async throws {
        for store in self.stores {
            self.worlds.append(try await StoreConformance.World(in: store))
        }
        for step in 0..<steps {
            self.now.milliseconds += Int64(self.seed.number(1...40_000))
            let name = try await self.step(step)
            try await self.compare("step \(step), \(name)")
            try await self.compareAnswers("step \(step), \(name)")
        }
    }

    private mutating func step(_ step: Int) async throws -> String {
        switch self.seed.number(0...16) {
        case 0: return try await self.edit(.save(self.saves()))
        case 1: return try await self.edit(.addContact(self.contact()))
        case 2: return try await self.edit(.rejectContact(self.contact()))
        case 3:
            return try await self.edit(
                .pinContact(self.contact(), isPinned: !self.seed.oneIn(4))
            )
        case 4, 5: return try await self.block()
        case 6: return try await self.setRoles()
        case 7: return try await self.setBlockMode()
        case 8: return try await self.link()
        case 9: return try await self.erase()
        case 10: return try await self.recordProfiles()
        case 11: return try await self.changeZone()
        case 12: return try await self.redetect()
        case 13: return try await self.dropTexts()
        case 14: return try await self.compactTombstones()
        default: return try await self.record("\(step)")
        }
    }

    // MARK: Steps

    private mutating func record(_ prefix: String) async throws -> String {
        var deliveries = self.generator.deliveries(events: 12).map { delivery in
            var delivery = delivery
            delivery.eventKey = "\(prefix):\(delivery.eventKey)"
            delivery.occurredAt.milliseconds += Int64(self.seed.number(0...3)) * 86_400_000
            delivery.postID = delivery.kind == .comment ? "post\(self.seed.number(1...3))" : ""
            return delivery
        }
        // What describes an event is the same in every delivery of it.
        var posts: [String: String] = [:]
        for index in deliveries.indices {
            let key = deliveries[index].eventKey
            posts[key] = posts[key] ?? deliveries[index].postID
            deliveries[index].postID = posts[key] ?? ""
        }
        for batch in self.generator.batches(self.generator.disturbed(deliveries)) {
            var outcomes: [[InteractionOutcome.Result]] = []
            for store in self.stores {
                outcomes.append(try await store.record(batch, now: self.now).map(\.result))
            }
            try StoreConformance.requireEqual(outcomes[0], outcomes[1])
        }
        return "record"
    }

    private mutating func edit(_ edit: CustomerEdit) async throws -> String {
        let person = self.person()
        let author = self.author()
        var answers: [String] = []
        for index in self.stores.indices {
            guard let id = try await self.id(of: person, in: index) else { continue }

            // The revision that is stored, mostly: else every save is a conflict.
            let answer = try await self.stores[index].edit(id, edit, by: author, now: self.now)
            switch answer {
            case .done: answers.append("done")
            case .refused(let refusal): answers.append("\(refusal)")
            }
        }
        try StoreConformance.requireEqual(Set(answers).count <= 1, true)
        return "edit \(edit)"
    }

    private mutating func saves() -> [HandSave] {
        let revision = UInt64(self.seed.number(0...2))
        let text = self.seed.pick(["", "12 Hàng Bạc", "5 Lê Lợi", "Chợ Lớn"])
        let address = HandSave(field: .address, text: text, editRevision: revision)
        guard self.seed.oneIn(2) else { return [address] }

        return [HandSave(field: .manualName, text: text, folded: text, editRevision: revision)]
    }

    private mutating func contact() -> ContactPoint.Key {
        let number = self.seed.number(1...40)
        return self.seed.oneIn(3)
            ? ContactPoint.Key(kind: .email, value: "a\(number)@example.vn")
            : ContactPoint.Key(kind: .phone, value: "+84\(912_345_600 + number)")
    }

    private mutating func block() async throws -> String {
        let persons = [self.person(), self.person()]
        let action: BlockRules.Action = self.seed.pick([
            .block, .block, .unblock, .confirm, .refuse,
        ])
        let author = self.author()
        var answers: [[BlockAnswer]] = []
        for index in self.stores.indices {
            var items: [BlockItem] = []
            for person in persons {
                let id = try await self.id(of: person, in: index) ?? CustomerID(rawValue: 1)
                items.append(BlockItem(id: id, action: action, reason: "spam"))
            }
            answers.append(
                try await self.stores[index].changeBlocks(items, by: author, now: self.now)
            )
        }
        try StoreConformance.requireEqual(answers[0], answers[1])
        return "\(action)"
    }

    private mutating func setRoles() async throws -> String {
        let page = self.seed.number(0...2)
        let users = (1...6).filter { _ in self.seed.oneIn(3) }
        let name = self.seed.pick(["An", "Bình", ""])
        let accounts = users.map {
            RoleAccount(externalUserID: "u_\($0)", name: name, roles: ["ADMIN"])
        }
        var counts: [Int] = []
        for (store, world) in zip(self.stores, self.worlds) {
            let unblocked = try await store.setRoleAccounts(
                of: world.pages[page].id,
                accounts,
                by: Authorship(actor: "an"),
                now: self.now
            )
            counts.append(unblocked.count)
            let found = try await store.roleAccounts(of: world.pages[page].id)
            try StoreConformance.requireEqual(found, accounts)
        }
        try StoreConformance.requireEqual(counts[0], counts[1])
        return "roles"
    }

    private mutating func setBlockMode() async throws -> String {
        let page = self.seed.number(0...2)
        let update = PageUpdate(
            ownPhones: ["+84\(912_345_600 + self.seed.number(1...40))"],
            blockMode: self.seed.pick([.local, .gateway])
        )
        var taken: [Bool] = []
        for (store, world) in zip(self.stores, self.worlds) {
            taken.append(
                try await Self.takes(update, of: world.pages[page].id, store, now: self.now)
            )
        }
        try StoreConformance.requireEqual(taken[0], taken[1])
        return "page"
    }

    /// Whether the page's channel can do what is asked (B6).
    private static func takes(
        _ update: PageUpdate,
        of page: PageID,
        _ store: any CustomerStore,
        now: Instant
    ) async throws -> Bool {
        do {
            _ = try await store.updatePage(page, update, by: Authorship(actor: "an"), now: now)
            return true
        } catch {
            guard error.code == .unsupportedOnChannel else { throw error }

            return false
        }
    }

    private mutating func link() async throws -> String {
        let (one, other) = (self.person(), self.person())
        let identity = Identity(
            kind: self.seed.pick(["", "ASID"]),
            externalUserID: "u_\(self.seed.number(1...9))"
        )
        let isByIdentity = self.seed.oneIn(3)
        let author = self.author()
        var answers: [String] = []
        for index in self.stores.indices {
            guard let id = try await self.id(of: one, in: index),
                let otherID = try await self.id(of: other, in: index)
            else { continue }

            let answer = try await self.stores[index].link(
                id,
                with: isByIdentity ? .identity(identity) : .customer(otherID),
                by: author,
                now: self.now
            )
            switch answer {
            case .linked(_, let gone): answers.append("linked \(gone != nil)")
            default: answers.append("\(answer)")
            }
        }
        try StoreConformance.require(Set(answers).count <= 1, "one answer, not \(answers)")
        return "link"
    }

    private mutating func erase() async throws -> String {
        guard self.seed.oneIn(3) else { return "nothing" }

        let person = self.person()
        let author = self.author()
        for index in self.stores.indices {
            guard let id = try await self.id(of: person, in: index) else { continue }

            let first = try await self.stores[index].erase(id, by: author, now: self.now)
            let again = try await self.stores[index].erase(id, by: author, now: self.now)
            try StoreConformance.requireEqual(first, again)
        }
        return "erase"
    }

    private mutating func recordProfiles() async throws -> String {
        let person = self.person()
        let number = self.seed.number(1...40)
        let profile = ProfileObservation(
            page: StoreConformance.World.pageKeys[person.page],
            externalUserID: person.user,
            observedAt: InteractionGenerator.epoch,
            nameHints: [
                Interaction.NameHint(
                    source: .profile,
                    name: CustomerName(text: "Lê \(number)", folded: "le \(number)")
                )
            ],
            phone: self.seed.oneIn(2) ? "+84\(912_345_600 + number)" : nil
        )
        for store in self.stores {
            _ = try await store.recordProfiles([profile], now: self.now)
        }
        return "profiles"
    }

    private mutating func changeZone() async throws -> String {
        let zone = self.seed.pick(["Asia/Ho_Chi_Minh", "America/Los_Angeles", "Pacific/Auckland"])
        for (store, world) in zip(self.stores, self.worlds) {
            _ = try await store.updateBusiness(
                world.businesses[0].id,
                BusinessUpdate(timeZone: zone),
                by: Authorship(actor: "an"),
                now: self.now
            )
        }
        self.zoneName = zone
        return "zone \(zone)"
    }

    /// A detector that finds every second thing.
    private mutating func redetect() async throws -> String {
        let rest = self.seed.number(0...1)
        let author = self.author()
        var answers: [[FindingsAnswer]] = []
        for (store, world) in zip(self.stores, self.worlds) {
            // Stores cut pages where they like, so all of them are one call.
            var position: TextPosition?
            var updates: [FindingUpdate] = []
            repeat {
                let page = try await store.storedTexts(
                    of: world.businesses[0].id,
                    after: position,
                    rowsMax: 50
                )
                updates += page.texts.map { text in
                    FindingUpdate(
                        position: text.position,
                        revision: text.revision,
                        findings: InteractionGenerator.detector.findings(in: text.text)
                            .enumerated().filter { $0.offset % 2 == rest }.map(\.element),
                        detectorVersion: InteractionGenerator.detector.version
                    )
                }
                position = page.next
            } while position != nil
            var answered: [FindingsAnswer] = []
            for answer: UInt8 in [1, 2] {
                answered.append(
                    try await store.acceptFindings(
                        updates,
                        of: world.businesses[0].id,
                        by: author,
                        answer: [answer],
                        now: self.now
                    )
                )
            }
            answers.append(answered)
        }
        try StoreConformance.requireEqual(answers[0], answers[1])
        return "redetect"
    }

    private mutating func dropTexts() async throws -> String {
        let before = Instant(milliseconds: self.now.milliseconds - 200_000)
        for store in self.stores {
            while try await store.dropTexts(receivedBefore: before, rowsMax: 7) {}
        }
        return "drop texts"
    }

    private mutating func compactTombstones() async throws -> String {
        let before = Instant(milliseconds: self.now.milliseconds - 200_000)
        var removed: [[Int]] = []
        for store in self.stores {
            var counts = [3]
            while counts.last == 3 {
                counts.append(try await store.compactTombstones(before: before, rowsMax: 3))
            }
            removed.append(counts)
        }
        try StoreConformance.requireEqual(removed[0], removed[1])
        return "compact tombstones"
    }

    // MARK: Whom and by whom

    private mutating func person() -> Person {
        Person(page: self.seed.number(0...2), user: "u_\(self.seed.number(1...6))")
    }

    /// Now and then the name of an earlier request, whose second effect would show.
    private mutating func author() -> Authorship {
        guard self.seed.oneIn(2) else { return Authorship(actor: "an") }

        self.requests += 1
        return Authorship(
            actor: "an",
            requestID: "r\(self.requests)",
            fingerprint: [UInt8(self.requests & 0xff)]
        )
    }

    private func id(of person: Person, in index: Int) async throws -> CustomerID? {
        let world = self.worlds[index]
        let filter = CustomerFilter(
            businessID: world.pages[person.page].businessID,
            pages: [world.pages[person.page].id]
        )
        for record in try await StoreConformance.list(self.stores[index], filter, rowsMax: 100) {
            guard RecordBytes.text(ofField: 4, record) == Array(person.user.utf8) else { continue }

            let text = String(decoding: RecordBytes.text(ofField: 1, record), as: UTF8.self)
            return CustomerID(text: text)
        }
        return nil
    }
}
