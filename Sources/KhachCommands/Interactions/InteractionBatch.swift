internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// Some lines of a file, to be recorded by one call.
struct InteractionBatch: Sendable {
    /// Why a line was not recorded.
    struct Refusal: Hashable, Sendable {
        var line: Int
        var reason: String
    }

    /// What became of the lines.
    struct Report: Hashable, Sendable {
        var outcomes: [String: Int] = [:]
        var refusals: [Refusal] = []
        /// Recorded with the server's clock in place of the channel's.
        var clampedCount = 0
    }

    /// The JSON of a batch, in bytes, after which it is sent although it could hold more lines.
    static let bytesMax = 1 << 20

    private(set) var lines: [LineReader.Line] = []
    private(set) var bytesCount = 0

    mutating func append(_ line: LineReader.Line) {
        self.lines.append(line)
        self.bytesCount += line.bytes?.count ?? 0
    }

    /// Reads the lines and has them recorded.
    ///
    /// Lines that cannot be read are refused one by one.
    func record(_ client: OnlineClient, retries: Int) async throws -> Report {
        var report = Report()
        var request = Khach_V1_RecordInteractionsRequest()
        var numbers: [Int] = []
        for line in self.lines {
            switch Self.interaction(line) {
            case .success(let interaction):
                request.interactions.append(interaction)
                numbers.append(line.number)
            case .failure(let refusal): report.refusals.append(refusal)
            }
        }
        guard !numbers.isEmpty else { return report }

        let outcomes = try await Self.send(request, client, retries: retries).outcomes
        guard outcomes.count == numbers.count else {
            throw CommandFailure(
                .failure,
                "\(numbers.count) outcomes expected, \(outcomes.count) found"
            )
        }
        for (number, outcome) in zip(numbers, outcomes) {
            report.outcomes[Self.name(outcome.result), default: 0] += 1
            if outcome.clockClamped { report.clampedCount += 1 }
            guard outcome.result == .rejected else { continue }

            let error = outcome.error
            let field = error.field.isEmpty ? "" : " \(error.field):"
            report.refusals.append(
                Refusal(line: number, reason: "\(error.reason)\(field) \(error.message)")
            )
        }
        report.refusals.sort { $0.line < $1.line }
        return report
    }

    /// One line as an interaction, or why it is none.
    static func interaction(
        _ line: LineReader.Line
    ) -> Result<Khach_V1_Interaction, Refusal> {
        guard let bytes = line.bytes else {
            return .failure(
                line.number,
                "at most \(LineReader.lineBytesMax) bytes expected, more found"
            )
        }
        guard bytes.contains(where: { $0 != 0x20 && $0 != 0x09 }) else {
            return .failure(line.number, "an interaction expected, an empty line found")
        }

        if let interaction = try? Khach_V1_Interaction(jsonUTF8Bytes: bytes) {
            return .success(interaction)
        }
        let repaired = Array(String(decoding: bytes, as: UTF8.self).utf8)
        guard let interaction = try? Khach_V1_Interaction(jsonUTF8Bytes: repaired) else {
            let fault = JSONFault<Khach_V1_Interaction>(repaired).text
            return .failure(line.number, "an interaction in JSON expected: \(fault)")
        }
        guard let field = Self.repairedIdentifier(interaction) else { return .success(interaction) }

        return .failure(line.number, "field \(field): UTF-8 expected, other bytes found")
    }

    /// A bad byte of a text is shown as U+FFFD, as the server has it; two identifiers that differ
    /// in such a byte would become the same.
    private static func repairedIdentifier(_ interaction: Khach_V1_Interaction) -> String? {
        [
            ("externalPageId", interaction.externalPageID), ("eventKey", interaction.eventKey),
            ("externalUserId", interaction.externalUserID),
            ("conversationKey", interaction.conversationKey), ("postId", interaction.postID),
        ].first { $0.1.contains("\u{FFFD}") }?.0
    }

    /// Recording is safe to repeat: what was recorded by an attempt without a reply answers
    /// DUPLICATE to the next.
    private static func send(
        _ request: Khach_V1_RecordInteractionsRequest,
        _ client: OnlineClient,
        retries: Int,
        pause: Duration = .milliseconds(200)
    ) async throws -> Khach_V1_RecordInteractionsResponse {
        do {
            return try await client.recordInteractions(request)
        } catch {
            guard retries > 0, error.isRetryable else { throw error }
        }
        try await Task.sleep(for: pause)
        return try await Self.send(
            request,
            client,
            retries: retries - 1,
            pause: min(pause * 2, .seconds(5))
        )
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
}

extension InteractionBatch.Refusal: Error {}

extension Result<Khach_V1_Interaction, InteractionBatch.Refusal> {
    fileprivate static func failure(_ line: Int, _ reason: String) -> Self {
        .failure(InteractionBatch.Refusal(line: line, reason: reason))
    }
}
