internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// What people change of one customer: `UpdateCustomer`, the contact points, `LinkIdentity`,
/// `EraseCustomer`.
struct EditMethods {
    private static let service = "khach.v1.CustomerService"

    let environment: ServiceEnvironment

    func register(in rows: inout MethodRows) {
        let methods: [(String, Need, @Sendable (Payload) async throws(Status) -> Payload)] = [
            ("UpdateCustomer", .permission(.edit), self.updateCustomer),
            ("AddContactPoint", .permission(.edit), self.addContactPoint),
            ("RejectContactPoint", .permission(.edit), self.rejectContactPoint),
            ("PinContactPoint", .permission(.edit), self.pinContactPoint),
            ("LinkIdentity", .permission(.edit), self.linkIdentity),
            ("EraseCustomer", .permission(.erase), self.eraseCustomer),
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

    // MARK: Entries by hand

    @Sendable private func updateCustomer(_ payload: Payload) async throws(Status) -> Payload {
        let request = try Khach_V1_UpdateCustomerRequest.request(payload)
        return try await mapErrors {
            let id = try CustomerID(request.id, field: "id")
            let saves = try Self.saves(request)
            let author = try self.environment.author(request.mutation, payload)
            return try await self.edit(id, .save(saves), by: author, given: saves)
        }
    }

    private static func saves(
        _ request: Khach_V1_UpdateCustomerRequest
    ) throws(InputError) -> [HandSave] {
        let paths = request.updateMask.paths
        guard (1...2).contains(paths.count), Set(paths).count == paths.count else {
            throw InputError(
                "update_mask",
                "address, manual_name or both expected, found \(paths.count) paths"
            )
        }

        var saves: [HandSave] = []
        for path in paths {
            switch path {
            case "address":
                saves.append(
                    try HandSave(address: request.address, against: request.addressRevision)
                )
            case "manual_name":
                saves.append(
                    try HandSave(
                        manualName: request.manualName,
                        against: request.manualNameRevision
                    )
                )
            default:
                throw InputError(
                    "update_mask",
                    "address or manual_name expected, found another path"
                )
            }
        }
        return saves
    }

    private func edit(
        _ id: CustomerID,
        _ edit: CustomerEdit,
        by author: Authorship,
        given saves: [HandSave] = []
    ) async throws -> Payload {
        let answer = try await self.environment.store.edit(
            id,
            edit,
            by: author,
            now: self.environment.now()
        )
        switch answer {
        case .done(let customer):
            return customer.reply(self.environment.position(customer.seq))
        case .refused(.conflict(let field, let stored)):
            throw Status(conflict: field, of: id, stored, given: saves)
        case .refused(.unknownContact):
            throw Status(
                .notFound,
                reason: "NOT_FOUND",
                "value: a contact point of the customer expected, found none"
            )
        case .refused(.tooManyMarks):
            throw Status(
                .resourceExhausted,
                reason: "TOO_MANY_MARKS",
                "at most \(Limits.contactMarksMax) contact points of a kind marked by hand "
                    + "expected, found as many"
            )
        }
    }

    // MARK: Contact points

    @Sendable private func addContactPoint(_ payload: Payload) async throws(Status) -> Payload {
        let request = try Khach_V1_AddContactPointRequest.request(payload)
        return try await mapErrors {
            let id = try CustomerID(request.id, field: "id")
            let detector = self.environment.detector
            let key = try ContactPoint.Key(request.kind, request.value, detector)
            let author = try self.environment.author(request.mutation, payload)
            return try await self.edit(id, .addContact(key), by: author)
        }
    }

    @Sendable private func rejectContactPoint(_ payload: Payload) async throws(Status) -> Payload {
        let request = try Khach_V1_RejectContactPointRequest.request(payload)
        return try await mapErrors {
            let id = try CustomerID(request.id, field: "id")
            let detector = self.environment.detector
            let key = try ContactPoint.Key(request.kind, request.value, detector)
            let author = try self.environment.author(request.mutation, payload)
            return try await self.edit(id, .rejectContact(key), by: author)
        }
    }

    @Sendable private func pinContactPoint(_ payload: Payload) async throws(Status) -> Payload {
        let request = try Khach_V1_PinContactPointRequest.request(payload)
        return try await mapErrors {
            let id = try CustomerID(request.id, field: "id")
            let detector = self.environment.detector
            let key = try ContactPoint.Key(request.kind, request.value, detector)
            let author = try self.environment.author(request.mutation, payload)
            let edit = CustomerEdit.pinContact(key, isPinned: !request.unpin)
            return try await self.edit(id, edit, by: author)
        }
    }

    // MARK: Ends

    @Sendable private func linkIdentity(_ payload: Payload) async throws(Status) -> Payload {
        let request = try Khach_V1_LinkIdentityRequest.request(payload)
        return try await mapErrors {
            let id = try CustomerID(request.id, field: "id")
            let target = try Self.target(request)
            let author = try self.environment.author(request.mutation, payload)
            let answer = try await self.environment.store.link(
                id,
                with: target,
                by: author,
                now: self.environment.now()
            )
            switch answer {
            case .linked(let customer, let gone):
                var writer = PayloadWriter(capacity: customer.record.count + 64)
                writer.write(customer.record, field: 1)
                writer.write(customer.seq, field: 2)
                if let gone { writer.write(gone.text, field: 3) }
                writer.write(self.environment.position(customer.seq), field: 4)
                return writer.payload
            case .differentPages:
                throw Status(
                    .failedPrecondition,
                    reason: "DIFFERENT_PAGES",
                    "two customers of one page expected, found two pages"
                )
            case .tooManyIdentities:
                throw Status(
                    .resourceExhausted,
                    reason: "TOO_MANY_IDENTITIES",
                    "at most \(Limits.identitiesMax) further ids expected, found more"
                )
            }
        }
    }

    private static func target(
        _ request: Khach_V1_LinkIdentityRequest
    ) throws(InputError) -> LinkTarget {
        guard !request.hasIdentity else {
            guard request.otherID.isEmpty else {
                throw InputError("other_id", "other_id or identity expected, found both")
            }

            let most = Limits.externalIDBytesMax
            let identity = request.identity
            return .identity(
                Identity(
                    kind: try checkedText(identity.kind, "identity.kind", 0...most),
                    externalUserID: try checkedText(
                        identity.externalUserID,
                        "identity.external_user_id",
                        1...most
                    )
                )
            )
        }

        return .customer(try CustomerID(request.otherID, field: "other_id"))
    }

    @Sendable private func eraseCustomer(_ payload: Payload) async throws(Status) -> Payload {
        let request = try Khach_V1_EraseCustomerRequest.request(payload)
        let seq = try await mapErrors {
            let id = try CustomerID(request.id, field: "id")
            let author = try self.environment.author(request.mutation, payload)
            return try await self.environment.store.erase(
                id,
                by: author,
                now: self.environment.now()
            )
        }
        return try Khach_V1_EraseCustomerResponse.with {
            $0.seq = seq
            $0.position = self.environment.position(seq)
        }.reply()
    }
}

extension Status {
    /// Somebody saved the field since: both values, so that neither is lost (S8).
    fileprivate init(
        conflict field: HandSave.Field,
        of id: CustomerID,
        _ stored: HandEntry?,
        given saves: [HandSave]
    ) {
        let given = saves.first { $0.field == field }
        self.init(
            .aborted,
            reason: "EDIT_CONFLICT",
            "\(field.text): edit revision \(given?.editRevision ?? 0) expected, "
                + "\(stored?.editRevision ?? 0) found"
        )
        self.attach(
            Khach_V1_EditConflict.with {
                $0.customerID = id.text
                $0.field = field.text
                if let stored { $0.stored = Khach_V1_HandEntry(stored) }
                $0.given = given?.text ?? ""
                $0.givenRevision = given?.editRevision ?? 0
            }
        )
    }
}
