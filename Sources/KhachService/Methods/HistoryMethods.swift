internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// Why things are as they are: `ExplainContactPoint`, `RedetectContacts`, `ListAuditEntries`.
struct HistoryMethods {
    private static let service = "khach.v1.CustomerService"

    let environment: ServiceEnvironment

    func register(in rows: inout MethodRows) {
        let methods: [(String, Need, @Sendable (Payload) async throws(Status) -> Payload)] = [
            ("ExplainContactPoint", .permission(.read), self.explainContactPoint),
            ("RedetectContacts", .oneOf(.manage, over: .wholeBusiness), self.redetectContacts),
            ("ListAuditEntries", .oneOf(.manage, over: .wholeBusiness), self.listAuditEntries),
        ]
        for (name, need, method) in methods {
            rows.add(
                Self.service,
                name,
                needs: need,
                .unary { (_, payload) async throws(Status) in try await method(payload) }
            )
        }
    }

    // MARK: Provenance

    @Sendable private func explainContactPoint(_ payload: Payload) async throws(Status) -> Payload {
        let request = try Khach_V1_ExplainContactPointRequest.request(payload)
        let explanation = try await mapErrors {
            let id = try CustomerID(request.id, field: "id")
            let detector = self.environment.detector
            let key = try ContactPoint.Key(request.kind, request.value, detector)
            guard let explanation = try await self.environment.store.explain(id, key) else {
                throw Status(
                    .notFound,
                    reason: "NOT_FOUND",
                    "value: a contact point of the customer expected, found none"
                )
            }
            return explanation
        }
        return try Khach_V1_ExplainContactPointResponse.with { response in
            response.point = Khach_V1_ContactPoint(explanation.shown)
            response.observations = explanation.evidence.map { Khach_V1_ContactObservation($0) }
            response.hasMore_p = explanation.hasMore
            if let mark = explanation.mark {
                response.markedBy = mark.markedBy
                response.markedAt = Google_Protobuf_Timestamp(mark.markedAt)
            }
        }.reply()
    }

    // MARK: Detecting again

    @Sendable private func redetectContacts(_ payload: Payload) async throws(Status) -> Payload {
        let request = try Khach_V1_RedetectContactsRequest.request(payload)
        return try await mapErrors {
            let business = try BusinessID(request.businessID, field: "business_id")
            let author = try self.environment.author(request.mutation, payload)
            let tokens = self.textTokens(business, request.accept)
            let after = try tokens.textPosition(request.pageToken)
            let store = self.environment.store
            guard try await store.business(business) != nil else {
                throw Status(
                    .notFound,
                    reason: "NOT_FOUND",
                    "business_id: a business expected, found none"
                )
            }

            var page = try await store.storedTexts(
                of: business,
                after: after,
                rowsMax: Limits.redetectedTextsMax
            )
            let (changes, count) = try await self.changes(of: page.texts)
            if count < page.texts.count {
                page.texts.removeLast(page.texts.count - count)
                page.next = page.texts.last?.position
            }
            var response = Khach_V1_RedetectContactsResponse.with { response in
                response.textsCount = UInt64(page.texts.count)
                response.nextPageToken = page.next.map { tokens.text($0) } ?? ""
                response.detectorVersion = self.environment.detector.version
            }
            if request.accept, !changes.isEmpty || !author.requestID.isEmpty {
                let answer = try await store.acceptFindings(
                    changes.map(\.update),
                    of: business,
                    by: author,
                    // Without the differences, which hold texts of customers (I6).
                    answer: try response.serializedBytes(),
                    now: self.environment.now()
                )
                if case .known(let bytes) = answer { return Payload(bytes: bytes) }
            }
            response.differences = changes.flatMap(\.differences)
            return try response.reply()
        }
    }

    private typealias Change = (
        update: FindingUpdate, differences: [Khach_V1_ContactDifference]
    )

    /// The texts in which the detector of this server finds something else, and how many it looked
    /// at: all of them, or fewer when the differences of so many do not fit a reply.
    private func changes(
        of texts: [StoredText]
    ) async throws -> (changes: [Change], textsCount: Int) {
        var pages: [PageID: Page] = [:]
        var changes: [Change] = []
        var bytes = 0
        for (index, text) in texts.enumerated() {
            guard bytes <= ServiceLimits.replyBytesMax >> 1 else { return (changes, index) }

            let pageID = text.position.page
            if pages[pageID] == nil {
                pages[pageID] = try await self.environment.store.page(pageID)
            }
            let own = Set(pages[pageID]?.ownContacts.map(\.value) ?? [])
            let supplied = text.findings.filter { $0.rule == .supplied && !own.contains($0.value) }
            let known = own.union(supplied.map(\.value))
            let found =
                supplied
                + self.environment.detector.findings(in: text.text, excluding: known)
            guard found != text.findings else { continue }

            let update = FindingUpdate(
                position: text.position,
                revision: text.revision,
                findings: found,
                detectorVersion: self.environment.detector.version
            )
            let differences = Self.differences(text, found)
            bytes += differences.count * (text.text.utf8.count + 512)
            changes.append((update, differences))
        }
        return (changes, texts.count)
    }

    /// What one detector finds and the other does not; a text may change without any, when only the
    /// version is another.
    private static func differences(
        _ text: StoredText,
        _ found: [ContactFinding]
    ) -> [Khach_V1_ContactDifference] {
        let before = Set(text.findings.map { ContactPoint.Key($0) })
        let after = Set(found.map { ContactPoint.Key($0) })
        let lost = text.findings.filter { !after.contains(ContactPoint.Key($0)) }
        let new = found.filter { !before.contains(ContactPoint.Key($0)) }
        return lost.map { Khach_V1_ContactDifference(.lost, $0, text) }
            + new.map { Khach_V1_ContactDifference(.found, $0, text) }
    }

    private func textTokens(_ business: BusinessID, _ accept: Bool) -> PageToken {
        var filter: [UInt8] = []
        filter.appendInteger(UInt64(bitPattern: business.rawValue))
        filter.append(accept ? 1 : 0)
        return PageToken(seal: self.environment.seal, list: "texts", filter: filter)
    }

    // MARK: Audit

    @Sendable private func listAuditEntries(_ payload: Payload) async throws(Status) -> Payload {
        let request = try Khach_V1_ListAuditEntriesRequest.request(payload)
        return try await mapErrors {
            let business = try BusinessID(request.businessID, field: "business_id")
            let customer =
                request.customerID.isEmpty
                ? nil : try CustomerID(request.customerID, field: "customer_id")
            let rows = try requestedRows(request.pageSize)
            var filter: [UInt8] = []
            filter.appendInteger(UInt64(bitPattern: business.rawValue))
            filter.appendInteger(UInt64(bitPattern: customer?.rawValue ?? 0))
            let tokens = PageToken(seal: self.environment.seal, list: "audit", filter: filter)
            let before = try tokens.numbers(request.pageToken, count: 1)
            guard try await self.environment.store.business(business) != nil else {
                throw Status(
                    .notFound,
                    reason: "NOT_FOUND",
                    "business_id: a business expected, found none"
                )
            }
            let (entries, hasMore) = try await self.auditEntries(
                of: business,
                customer: customer,
                before: before.map { UInt64(bitPattern: $0[0]) },
                rowsMax: rows
            )
            return try Khach_V1_ListAuditEntriesResponse.with { response in
                response.entries = entries.map { Khach_V1_AuditEntry($0) }
                if hasMore, let last = entries.last {
                    response.nextPageToken = tokens.text([Int64(bitPattern: last.number)])
                }
            }.reply()
        }
    }

    /// So many lines, or fewer when so many do not fit a reply: those of roles name every account.
    private func auditEntries(
        of business: BusinessID,
        customer: CustomerID?,
        before: UInt64?,
        rowsMax: Int
    ) async throws(StoreError) -> (entries: [AuditEntry], hasMore: Bool) {
        var entries: [AuditEntry] = []
        var bytes = 0
        while true {
            let count = min(ServiceLimits.auditRowsReadMax, rowsMax + 1 - entries.count)
            let found = try await self.environment.store.auditEntries(
                of: business,
                customer: customer,
                before: entries.last?.number ?? before,
                rowsMax: count
            )
            for entry in found {
                bytes += entry.bytesCount
                let fits = entries.isEmpty || bytes <= ServiceLimits.replyBytesMax
                guard fits, entries.count < rowsMax else { return (entries, true) }

                entries.append(entry)
            }
            guard found.count == count else { return (entries, false) }
        }
    }
}

extension AuditEntry {
    /// At least what it takes in a reply.
    fileprivate var bytesCount: Int {
        [
            self.actor, self.requestID, self.change.action, self.change.entityID,
            self.change.field, self.change.before, self.change.after, self.change.reason,
        ].reduce(128) { $0 + $1.utf8.count }
    }
}

extension Khach_V1_ContactObservation {
    fileprivate init(_ evidence: ContactEvidence) {
        self.init()
        self.eventKey = evidence.eventKey
        self.byteStart = UInt32(clamping: evidence.finding.bytes.lowerBound)
        self.byteEnd = UInt32(clamping: evidence.finding.bytes.upperBound)
        self.rule = evidence.finding.rule.rawValue
        self.detectorVersion = evidence.finding.detectorVersion
        self.firstSeenAt = Google_Protobuf_Timestamp(evidence.occurredAt.lowerBound)
        self.lastSeenAt = Google_Protobuf_Timestamp(evidence.occurredAt.upperBound)
        self.text = evidence.text
    }
}

extension Khach_V1_ContactDifference {
    fileprivate init(_ change: Change, _ finding: ContactFinding, _ text: StoredText) {
        self.init()
        self.change = change
        self.customerID = text.customerID.text
        self.pageID = text.position.page.text
        self.eventKey = text.position.eventKey
        self.kind = Khach_V1_ContactKind(finding.kind)
        self.value = finding.value
        self.rule = finding.rule.rawValue
        self.detectorVersion = finding.detectorVersion
        self.byteStart = UInt32(clamping: finding.bytes.lowerBound)
        self.byteEnd = UInt32(clamping: finding.bytes.upperBound)
        self.text = text.text
    }
}

extension Khach_V1_AuditEntry {
    fileprivate init(_ entry: AuditEntry) {
        self.init()
        self.number = entry.number
        self.at = Google_Protobuf_Timestamp(entry.at)
        self.actor = entry.actor
        self.requestID = entry.requestID
        self.action = entry.change.action
        self.entityID = entry.change.entityID
        self.field = entry.change.field
        self.before = entry.change.before
        self.after = entry.change.after
        self.reason = entry.change.reason
    }
}
