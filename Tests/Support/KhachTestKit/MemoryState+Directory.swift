internal import KhachCore

extension MemoryState {
    mutating func updateBusiness(
        _ id: BusinessID,
        _ update: BusinessUpdate,
        by author: Authorship,
        now: Instant,
        _ codec: RecordCodec
    ) throws(StoreError) -> Business {
        guard var business = self.businesses[id]?.value else {
            throw StoreError(.notFound, "id: a business expected, found none")
        }

        let changes = update.apply(to: &business)
        guard !changes.isEmpty else { return business }

        self.businesses[id] = Row(
            value: business,
            seq: self.nextSequence(id),
            record: codec.encodeBusiness(business)
        )
        self.note(changes, id, author, now)
        for customer in self.customers.values.map(\.value).sorted(by: { $0.id < $1.id })
        where customer.businessID == id {
            self.store(customer, codec)
        }
        return business
    }

    mutating func updatePage(
        _ id: PageID,
        _ update: PageUpdate,
        by author: Authorship,
        now: Instant,
        _ codec: RecordCodec
    ) throws(StoreError) -> Page {
        guard var page = self.pages[id]?.value else {
            throw StoreError(.notFound, "page_id: a page expected, found none")
        }

        let changes = try update.apply(to: &page)
        guard !changes.isEmpty else { return page }

        self.pages[id] = Row(
            value: page,
            seq: self.nextSequence(page.businessID),
            record: codec.encodePage(page)
        )
        self.note(changes, page.businessID, author, now)
        return page
    }

    func explain(
        _ id: CustomerID,
        _ key: ContactPoint.Key
    ) throws(StoreError) -> ContactExplanation? {
        let customer = try self.existing(id).value
        guard let shown = customer.shown(key.kind).first(where: { $0.point.key == key }) else {
            return nil
        }

        let all = self.registers.flatMap { place, register -> [ContactEvidence] in
            guard register.customerID == customer.id, !register.isIgnored,
                let occurredAt = register.occurredAt
            else { return [] }

            return register.contacts.filter { ContactPoint.Key($0) == key }.map { finding in
                ContactEvidence(
                    eventKey: String(decoding: place.bytes, as: UTF8.self),
                    finding: finding,
                    occurredAt: occurredAt,
                    text: register.text
                )
            }
        }.sorted {
            $0.occurredAt.upperBound == $1.occurredAt.upperBound
                ? $0.eventKey < $1.eventKey
                : $0.occurredAt.upperBound > $1.occurredAt.upperBound
        }
        return ContactExplanation(
            shown: shown,
            mark: customer.mark(key),
            evidence: Array(all.prefix(Limits.observationsExplainedMax)),
            hasMore: all.count > Limits.observationsExplainedMax
        )
    }
}
