/// Why things are as they are: where a contact came from, who changed what, and the texts that say
/// so.
package protocol CustomerHistory: Sendable {
    /// Where a customer is, or was until its tombstone is forgotten; `nil` for nobody.
    func place(of id: CustomerID) async throws(StoreError) -> CustomerPlace?

    /// `nil` when the customer has no such point. Throws `notFound`.
    func explain(
        _ id: CustomerID,
        _ key: ContactPoint.Key
    ) async throws(StoreError) -> ContactExplanation?

    /// Latest first, below `before`; of one customer when it is given.
    func auditEntries(
        of business: BusinessID,
        customer: CustomerID?,
        before: UInt64?,
        rowsMax: Int
    ) async throws(StoreError) -> [AuditEntry]

    /// Writes one line for what changes nothing here, such as an export. Throws `notFound`.
    func appendAudit(
        _ change: AuditChange,
        of business: BusinessID,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError)

    /// Customers of a page whose block or unblock is pending, in order of id.
    func pendingBlocks(
        of page: PageID,
        after: CustomerID?,
        rowsMax: Int
    ) async throws(StoreError) -> [StoredCustomer]

    /// Kept inbound texts of a business that have a customer, in order of page and event key.
    func storedTexts(
        of business: BusinessID,
        after: TextPosition?,
        rowsMax: Int
    ) async throws(StoreError) -> TextPage

    /// Puts what a detector found in texts in the place of what was found before; a text that has
    /// changed meanwhile is left. `answer` is kept for a request that has a name.
    func acceptFindings(
        _ updates: [FindingUpdate],
        of business: BusinessID,
        by author: Authorship,
        answer: [UInt8],
        now: Instant
    ) async throws(StoreError) -> FindingsAnswer

    /// Drops some texts that were received before an instant, the oldest first; what was found in
    /// them stays. Returns false when there are no more.
    func dropTexts(receivedBefore: Instant, rowsMax: Int) async throws(StoreError) -> Bool
}

/// Whose a customer is, and on which page.
package struct CustomerPlace: Hashable, Sendable {
    package var business: BusinessID
    package var page: PageID

    package init(business: BusinessID, page: PageID) {
        self.business = business
        self.page = page
    }
}

/// One interaction that holds a contact point.
package struct ContactEvidence: Hashable, Sendable {
    package var eventKey: String
    package var finding: ContactFinding
    package var occurredAt: ClosedRange<Instant>
    /// Empty when it is no longer kept.
    package var text: String

    package init(
        eventKey: String,
        finding: ContactFinding,
        occurredAt: ClosedRange<Instant>,
        text: String
    ) {
        self.eventKey = eventKey
        self.finding = finding
        self.occurredAt = occurredAt
        self.text = text
    }
}

/// Where a contact point came from (§3, provenance).
package struct ContactExplanation: Hashable, Sendable {
    package var shown: ShownContact
    package var mark: ContactMark?
    /// Latest first; at most `Limits.observationsExplainedMax`.
    package var evidence: [ContactEvidence]
    package var hasMore: Bool

    package init(
        shown: ShownContact,
        mark: ContactMark?,
        evidence: [ContactEvidence],
        hasMore: Bool
    ) {
        self.shown = shown
        self.mark = mark
        self.evidence = evidence
        self.hasMore = hasMore
    }
}

/// Where a pass over texts stands: behind this interaction.
package struct TextPosition: Hashable, Sendable {
    package var page: PageID
    package var eventKey: String

    package init(page: PageID, eventKey: String) {
        self.page = page
        self.eventKey = eventKey
    }
}

package struct StoredText: Hashable, Sendable {
    package var position: TextPosition
    package var customerID: CustomerID
    package var revision: UInt64
    package var text: String
    package var findings: [ContactFinding]

    package init(
        position: TextPosition,
        customerID: CustomerID,
        revision: UInt64,
        text: String,
        findings: [ContactFinding]
    ) {
        self.position = position
        self.customerID = customerID
        self.revision = revision
        self.text = text
        self.findings = findings
    }
}

package struct TextPage: Hashable, Sendable {
    package var texts: [StoredText]
    /// `nil` at the end.
    package var next: TextPosition?

    package init(texts: [StoredText], next: TextPosition?) {
        self.texts = texts
        self.next = next
    }
}

/// What became of findings that were to be accepted.
package enum FindingsAnswer: Hashable, Sendable {
    /// So many texts hold something else now.
    case accepted(Int)
    /// The request was answered before, with this.
    case known([UInt8])
}

/// What a detector found in one text.
package struct FindingUpdate: Hashable, Sendable {
    package var position: TextPosition
    /// Of the text that was looked at.
    package var revision: UInt64
    package var findings: [ContactFinding]
    /// Of the detector that looked: it may have found nothing.
    package var detectorVersion: String

    package init(
        position: TextPosition,
        revision: UInt64,
        findings: [ContactFinding],
        detectorVersion: String
    ) {
        self.position = position
        self.revision = revision
        self.findings = findings
        self.detectorVersion = detectorVersion
    }
}
