internal import KhachCore

/// Tokens, and what scopes are asked about.
extension StoreConformance {
    static let tokenClaims: [Claim] = [
        Claim(description: "a token is kept as it was made, rotated and revoked") { store in
            let world = try await World(in: store)
            try requireEqual(try await store.tokens(), [])
            let pages = AccessScope.pages(
                [world.pages[0].id, world.pages[1].id],
                of: world.businesses[0].id
            )
            let scopes = [AccessScope.everything, .business(world.businesses[1].id), pages]
            var made: [AccessToken] = []
            for (number, scope) in scopes.enumerated() {
                made.append(
                    try await store.createToken(token(scope, UInt8(number)), by: author, now: now)
                )
            }
            try requireEqual(try await store.tokens(), made)
            try requireEqual(made.map(\.scope), scopes)
            try requireEqual(made.map { $0.secrets.map(\.hash) }, (0..<3).map { [hash($0)] })

            let later = Instant(milliseconds: now.milliseconds + 5)
            for number in 7...8 {
                _ = try await store.rotateToken(
                    made[1].id,
                    to: hash(UInt8(number)),
                    overlapEndsAt: later,
                    by: author,
                    now: now
                )
            }
            let rotated = try await store.tokens()[1]
            try requireEqual(rotated.secrets.map(\.hash), [hash(7), hash(8)])
            try requireEqual(rotated.secrets.map(\.expiresAt), [later, nil])

            for at in [now, later] {
                let gone = try await store.revokeToken(made[2].id, by: author, now: at)
                try requireEqual(gone.revokedAt, now)
                try requireEqual(gone.secrets, [])
            }
            try await requireError(.notFound) { () throws(StoreError) in
                try await store.rotateToken(
                    made[2].id,
                    to: hash(9),
                    overlapEndsAt: later,
                    by: author,
                    now: now
                )
            }
            let lines = try await store.auditEntries(
                of: world.businesses[0].id,
                customer: nil,
                before: nil,
                rowsMax: 2
            )
            try requireEqual(lines.map(\.change.action), ["token.revoke", "token.create"])
            try requireEqual(lines.map(\.change.entityID), [made[2].id.text, made[2].id.text])
        },
        Claim(description: "a principal is of one token that is not revoked") { store in
            var new = token(.everything, 1)
            new.credential = .principal(.certificate(uri: "spiffe://khach.example/agent"))
            let first = try await store.createToken(new, by: author, now: now)
            try requireEqual(first.secrets, [])
            try await requireError(.alreadyExists) { () throws(StoreError) in
                try await store.createToken(new, by: author, now: now)
            }
            _ = try await store.revokeToken(first.id, by: author, now: now)
            _ = try await store.createToken(new, by: author, now: now)
            new.credential = .principal(.unixUser(1_000))
            _ = try await store.createToken(new, by: author, now: now)
            try requireEqual(
                try await store.tokens().map { $0.principal.map { "\($0)" } },
                Array(repeating: "spiffe://khach.example/agent", count: 2) + ["unix-user:1000"]
            )
        },
        Claim(description: "a token is of a business and pages that are there") { store in
            let world = try await World(in: store)
            let (business, foreign) = (world.businesses[0].id, world.pages[2].id)
            for scope in [
                AccessScope.business(BusinessID(rawValue: 1)), .pages([foreign], of: business),
                .pages([world.pages[0].id, PageID(rawValue: 1)], of: business),
            ] {
                try await requireError(.notFound) { () throws(StoreError) in
                    try await store.createToken(token(scope, 1), by: author, now: now)
                }
            }
            try await requireError(.notFound) { () throws(StoreError) in
                try await store.revokeToken(TokenID(rawValue: 1), by: author, now: now)
            }
            try requireEqual(try await store.tokens(), [])
        },
        Claim(description: "a page is found by its channel's name, a customer's place by its id") {
            store in
            let world = try await recordedWorld(store, events: 60)
            for page in world.pages {
                try requireEqual(try await store.page(page.key)?.id, page.id)
            }
            let absent = PageKey(channel: .facebook, externalPageID: "nobody's")
            try requireEqual(try await store.page(absent)?.id, nil)
            let business = world.businesses[0].id
            let pair = try await samePage(store, business)
            let place = try requireValue(try await store.place(of: pair[0]))
            try requireEqual(place.business, business)
            try require(world.pages.map(\.id).contains(place.page), "a page of the world")
            _ = try await store.link(pair[0], with: .customer(pair[1]), by: author, now: now)
            try requireEqual(try await store.place(of: pair[0]), place)
            try requireEqual(try await store.place(of: pair[1]), place)
            _ = try await store.erase(pair[2], by: author, now: now)
            try requireEqual(try await store.place(of: pair[2]), place)
            let later = Instant(milliseconds: now.milliseconds + 1)
            _ = try await store.compactTombstones(before: later, rowsMax: 9)
            try requireEqual(try await store.place(of: pair[2]), nil)
            try requireEqual(try await store.place(of: CustomerID(rawValue: 1)), nil)
        },
    ]

    private static func hash(_ number: UInt8) -> [UInt8] { Array(repeating: number, count: 32) }

    private static func token(_ scope: AccessScope, _ number: UInt8) -> NewToken {
        NewToken(
            name: "Lan",
            scope: scope,
            permissions: [.read, .edit],
            expiresAt: number == 0 ? nil : Instant(milliseconds: now.milliseconds + 9),
            credential: .secret(hash: self.hash(number))
        )
    }
}
