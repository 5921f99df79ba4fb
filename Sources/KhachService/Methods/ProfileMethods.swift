internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// What channels say of persons apart from any conversation: `RecordProfiles`.
struct ProfileMethods {
    private static let service = "khach.v1.InteractionService"
    private static let profilesField: UInt64 = 1

    let environment: ServiceEnvironment

    func register(in rows: inout MethodRows) {
        rows.add(
            Self.service,
            "RecordProfiles",
            needs: .permission(.record),
            .unary { (_, payload) async throws(Status) in try await self.recordProfiles(payload) }
        )
    }

    private enum Item {
        case valid(ProfileObservation)
        case refused(Khach_V1_ProfileOutcome)
    }

    private func recordProfiles(_ payload: Payload) async throws(Status) -> Payload {
        let most = Limits.interactionsPerBatchMax
        try checkCount(payload, field: Self.profilesField, "profiles", 1...most)
        let detector = self.environment.detector
        let items = payload.withUnsafeBytes { bytes -> [Item]? in
            ItemScan(bytes, field: Self.profilesField, itemsMax: most)?.items.map {
                Self.item(UnsafeRawBufferPointer(rebasing: bytes[$0]), detector)
            }
        }
        guard let items else {
            throw Status(
                .invalidArgument,
                reason: "MALFORMED",
                "a khach.v1.RecordProfilesRequest expected, found bytes that are not one"
            )
        }

        let profiles = items.compactMap { item -> ProfileObservation? in
            guard case .valid(let profile) = item else { return nil }

            return profile
        }
        let outcomes =
            profiles.isEmpty
            ? []
            : try await mapErrors {
                try await self.environment.store.recordProfiles(
                    profiles,
                    now: self.environment.now()
                )
            }
        var recorded = outcomes.makeIterator()
        return try Khach_V1_RecordProfilesResponse.with { response in
            response.outcomes = items.map { item in
                switch item {
                case .refused(let outcome): outcome
                case .valid: recorded.next().map { Khach_V1_ProfileOutcome($0) } ?? .init()
                }
            }
        }.reply()
    }

    private static func item(_ bytes: UnsafeRawBufferPointer, _ detector: ContactDetector) -> Item {
        do {
            return .valid(try ProfileObservation(try TextRepair.profile.decoded(bytes), detector))
        } catch let error as InputError {
            return .refused(Khach_V1_ProfileOutcome(rejected: error, reason: "INVALID_FIELD"))
        } catch {
            let finding = InputError(
                "profile",
                "a khach.v1.ProfileObservation expected, found bytes that are not one"
            )
            return .refused(Khach_V1_ProfileOutcome(rejected: finding, reason: "MALFORMED"))
        }
    }
}

extension ProfileObservation {
    init(
        _ message: Khach_V1_ProfileObservation,
        _ detector: ContactDetector
    ) throws(InputError) {
        guard let channel = Channel(message.channel) else {
            throw InputError("channel", "a channel expected, found \(message.channel.rawValue)")
        }

        let most = Limits.externalIDBytesMax
        let pageID = try checkedText(message.externalPageID, "external_page_id", 1...most)
        let userID = try checkedText(message.externalUserID, "external_user_id", 1...most)
        guard message.hasObservedAt, let observedAt = Instant(message.observedAt) else {
            throw InputError(
                "observed_at",
                "a time of the years 1 to 9999 expected, found "
                    + (message.hasObservedAt ? "\(message.observedAt.seconds) s" : "none")
            )
        }

        var hints: [Interaction.NameHint] = []
        if let name = CustomerName(cleaning: message.name) {
            let source = try Interaction.hintSource(
                message.nameSource,
                default: .profile,
                field: "name_source"
            )
            hints.append(Interaction.NameHint(source: source, name: name))
        }
        if let name = CustomerName(cleaning: message.username) {
            hints.append(Interaction.NameHint(source: .username, name: name))
        }
        self.init(
            page: PageKey(channel: channel, externalPageID: pageID),
            externalUserID: userID,
            observedAt: observedAt,
            nameHints: hints,
            phone: detector.phone(
                supplied: try checkedText(
                    message.phone,
                    "phone",
                    0...Limits.suppliedPhoneBytesMax
                )
            )
        )
    }
}

extension Khach_V1_ProfileOutcome {
    fileprivate init(_ outcome: ProfileOutcome) {
        self.init()
        switch outcome {
        case .applied(let id):
            self.result = .applied
            self.customerID = id.text
        case .unknownCustomer:
            self.result = .unknownCustomer
        case .unknownPage:
            self = Self(
                rejected: InputError(
                    "external_page_id",
                    "a page made with CreatePage expected, found none with this channel and id"
                ),
                reason: "UNKNOWN_PAGE"
            )
        }
    }

    fileprivate init(rejected error: InputError, reason: String) {
        self.init()
        self.result = .rejected
        self.error = .with {
            $0.reason = reason
            $0.field = error.field
            $0.message = error.message
        }
    }
}
