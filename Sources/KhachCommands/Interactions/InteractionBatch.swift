internal import KhachChannels
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// Some lines of a file, to be recorded together.
struct InteractionBatch: Sendable {
    /// What became of the lines.
    struct Report: Hashable, Sendable {
        var linesCount = 0
        var interactionsCount = 0
        var outcomes: [String: Int] = [:]
        var profileOutcomes: [String: Int] = [:]
        var ignored: [WebhookReason: Int] = [:]
        var refusals: [LineRefusal] = []
        /// How many of the refusals are the server's.
        var rejectedCount = 0
        /// Recorded with the server's clock in place of the channel's.
        var clampedCount = 0
        /// Found in the lines, and to be recorded once everything before them is.
        var profiles: [Profile] = []
    }

    /// What is known of a person, and where that stands.
    struct Profile: Hashable, Sendable {
        var observation: Khach_V1_ProfileObservation
        var origin: LineOrigin
    }

    /// The JSON of a batch, in bytes, after which it is sent although it could hold more lines.
    static let bytesMax = 1 << 20
    /// What a call may hold, by the schema.
    static let itemsMax = 1_000

    private(set) var lines: [LineReader.Line] = []
    private(set) var bytesCount = 0

    mutating func append(_ line: LineReader.Line) {
        self.lines.append(line)
        self.bytesCount += line.bytes?.count ?? 0
    }

    /// What is in the lines, before any of it is recorded.
    func contents(_ read: (LineReader.Line) -> [LineItem]) -> Contents {
        var report = Report(linesCount: self.lines.count)
        var interactions: [(Khach_V1_Interaction, LineOrigin)] = []
        for item in self.lines.flatMap(read) {
            switch item {
            case .interaction(let interaction, let origin):
                interactions.append((interaction, origin))
            case .profile(let profile, let origin):
                report.profiles.append(Profile(observation: profile, origin: origin))
            case .ignored(let reason): report.ignored[reason, default: 0] += 1
            case .refused(let refusal): report.refusals.append(refusal)
            }
        }
        report.interactionsCount = interactions.count
        return Contents(report: report, interactions: interactions)
    }

    /// What lines hold, whether or not it can be read.
    struct Contents: Sendable {
        var report: Report
        var interactions: [(Khach_V1_Interaction, LineOrigin)]

        /// Has the interactions recorded.
        ///
        /// What cannot be read is refused piece by piece.
        func record(_ client: OnlineClient, retries: Int) async throws -> Report {
            var report = self.report
            for start in stride(from: 0, to: self.interactions.count, by: itemsMax) {
                let end = min(start + itemsMax, self.interactions.count)
                try await report.record(self.interactions[start..<end], client, retries: retries)
            }
            report.refusals.sort { $0.origin.line < $1.origin.line }
            return report
        }
    }
}

extension InteractionBatch.Report {
    /// Has interactions recorded, at most as many as one call may hold.
    mutating func record(
        _ interactions: ArraySlice<(Khach_V1_Interaction, LineOrigin)>,
        _ client: OnlineClient,
        retries: Int
    ) async throws {
        let request = Khach_V1_RecordInteractionsRequest.with {
            $0.interactions = interactions.map { $0.0 }
        }
        let outcomes = try await RepeatedCall.make(retries: retries) { () throws(RPCError) in
            try await client.recordInteractions(request)
        }.outcomes
        try Self.check(outcomes.count, interactions.count)
        for (interaction, outcome) in zip(interactions, outcomes) {
            self.outcomes[Self.name(outcome.result), default: 0] += 1
            if outcome.clockClamped { self.clampedCount += 1 }
            guard outcome.result == .rejected else { continue }

            self.refusals.append(LineRefusal(interaction.1, outcome.error))
            self.rejectedCount += 1
        }
    }

    /// Has profiles recorded, at most as many as one call may hold.
    mutating func record(
        _ profiles: ArraySlice<InteractionBatch.Profile>,
        _ client: OnlineClient,
        retries: Int
    ) async throws {
        let request = Khach_V1_RecordProfilesRequest.with {
            $0.profiles = profiles.map(\.observation)
        }
        let outcomes = try await RepeatedCall.make(retries: retries) { () throws(RPCError) in
            try await client.recordProfiles(request)
        }.outcomes
        try Self.check(outcomes.count, profiles.count)
        for (profile, outcome) in zip(profiles, outcomes) {
            self.profileOutcomes[Self.name(outcome.result), default: 0] += 1
            guard outcome.result == .rejected else { continue }

            self.refusals.append(LineRefusal(profile.origin, outcome.error))
            self.rejectedCount += 1
        }
    }

    private static func check(_ found: Int, _ expected: Int) throws {
        guard found == expected else {
            throw CommandFailure(.failure, "\(expected) outcomes expected, \(found) found")
        }
    }

    private static func name(_ result: Khach_V1_InteractionOutcome.Result) -> String {
        switch result {
        case .createdCustomer: "CREATED_CUSTOMER"
        case .applied: "APPLIED"
        case .duplicate: "DUPLICATE"
        case .staleRevision: "STALE_REVISION"
        case .ignoredBlocked: "IGNORED_BLOCKED"
        case .unattributed: "UNATTRIBUTED"
        case .rejected: "REJECTED"
        case .unspecified, .UNRECOGNIZED: "OTHER"
        }
    }

    private static func name(_ result: Khach_V1_ProfileOutcome.Result) -> String {
        switch result {
        case .applied: "PROFILE_APPLIED"
        case .unknownCustomer: "PROFILE_UNKNOWN_CUSTOMER"
        case .rejected: "PROFILE_REJECTED"
        case .unspecified, .UNRECOGNIZED: "PROFILE_OTHER"
        }
    }
}
