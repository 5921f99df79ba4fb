internal import KhachCore
package import TTRPC

/// A bound that callers are held to: its name for programs, its value, and what happens beyond.
///
/// Only what is enforced is one: each has a test at n-1, n and n+1.
package struct EnforcedLimit: Hashable, Sendable {
    package enum Unit: String, Hashable, Sendable {
        case count
        case bytes
        case milliseconds
        case codePoints = "code points"
        case days
    }

    package var name: String
    package var value: Int
    package var unit: Unit
    /// What is bounded, and what comes of more.
    package var meaning: String

    package init(_ name: String, _ value: Int, _ unit: Unit, _ meaning: String) {
        self.name = name
        self.value = value
        self.unit = unit
        self.meaning = meaning
    }

    /// Those of requests: beyond them a call is INVALID_ARGUMENT, and names the field.
    package static let requests: [EnforcedLimit] = [
        .init("actor", Limits.actorBytesMax, .bytes, "`actor`"),
        .init("address", Limits.addressBytesMax, .bytes, "`address` of a customer"),
        .init("block_batch", Limits.blockBatchMax, .count, "`ids` of one BlockCustomers"),
        .init("business_name", Limits.nameCodePointsMax, .codePoints, "`name` of a business"),
        .init(
            "contact_value",
            ServiceLimits.contactValueBytesMax,
            .bytes,
            "`value` of AddContactPoint"
        ),
        .init("digest_pages", Limits.digestPagesMax, .count, "`page_ids` of GetDigests"),
        .init("export_ids", ServiceLimits.exportIDsMax, .count, "`ids` of ExportCustomers"),
        .init("external_id", Limits.externalIDBytesMax, .bytes, "ids that a channel gave"),
        .init("filter_pages", Limits.filterPagesMax, .count, "`page_ids` of a filter"),
        .init(
            "interactions_batch",
            Limits.interactionsPerBatchMax,
            .count,
            "`interactions` of one RecordInteractions"
        ),
        .init("mutations_batch", Limits.mutationsMax, .count, "`mutations` of one PushMutations"),
        .init("name_query", Limits.nameQueryBytesMax, .bytes, "`name_query` of a filter"),
        .init("page_rows", Limits.pageRowsMax, .count, "`page_size` of every list"),
        .init("pull_bytes", Limits.pageBytesMax, .bytes, "`page_bytes_max` of PullChanges"),
        .init("reason", Limits.reasonBytesMax, .bytes, "`reason` of a block"),
        .init("records_batch", Limits.recordsPerBatchMax, .count, "`ids` of BatchGetRecords"),
        .init("request_id", Limits.requestIDBytesMax, .bytes, "`request_id` of a mutation"),
        .init("role_accounts", Limits.roleAccountsMax, .count, "`accounts` of SetRoleAccounts"),
        .init("statistics_days", Limits.statisticsDaysMax, .days, "days of GetStatistics"),
        .init("token_pages", Limits.tokenPagesMax, .count, "`page_ids` of a token"),
    ]

    /// Those of what the service holds for its callers.
    package static let held: [EnforcedLimit] = [
        .init(
            "connections_token",
            CallerShares.Bounds().connectionsPerToken,
            .count,
            "connections by which one token calls; RESOURCE_EXHAUSTED with TOO_MANY_CONNECTIONS"
        ),
        .init(
            "health_watchers",
            Readiness.watchersMax,
            .count,
            "streams of health at once; RESOURCE_EXHAUSTED with TOO_MANY_WATCHERS"
        ),
        .init(
            "message_bytes_address",
            CallerShares.Bounds().messageBytesPerAddress,
            .bytes,
            "requests of 4 KiB and more that come in at once from one IP address, or by all Unix "
                + "sockets; RESOURCE_EXHAUSTED with TOO_MANY_CALLS"
        ),
        .init(
            "message_bytes_all",
            CallerShares.Bounds().messageBytes,
            .bytes,
            "requests of 4 KiB and more that come in or run at once, of everybody; "
                + "RESOURCE_EXHAUSTED with TOO_MANY_CALLS"
        ),
        .init(
            "message_bytes_connection",
            CallerShares.Bounds().messageBytesPerConnection,
            .bytes,
            "requests of 4 KiB and more that come in at once by one connection; "
                + "RESOURCE_EXHAUSTED with TOO_MANY_CALLS"
        ),
        .init(
            "message_bytes_token",
            CallerShares.Bounds().messageBytesPerToken,
            .bytes,
            "requests of 4 KiB and more of one token that run at once; RESOURCE_EXHAUSTED with "
                + "TOO_MANY_CALLS"
        ),
        .init(
            "running_calls_all",
            CallerShares.Bounds().running,
            .count,
            "calls of all tokens that run at once, but WatchChanges; RESOURCE_EXHAUSTED with "
                + "TOO_MANY_CALLS"
        ),
        .init(
            "running_calls_token",
            CallerShares.Bounds().runningPerToken,
            .count,
            "calls of one token that run at once, but WatchChanges; RESOURCE_EXHAUSTED with "
                + "TOO_MANY_CALLS"
        ),
        .init(
            "watchers",
            ServiceLimits.watchersMax,
            .count,
            "streams of WatchChanges at once; RESOURCE_EXHAUSTED with TOO_MANY_WATCHERS"
        ),
    ]

    /// Those of a connection.
    package static func wire(_ limits: TTRPC.Limits) -> [EnforcedLimit] {
        [
            .init(
                "cancels",
                limits.cancelsMax,
                .count,
                "CANCEL frames of one connection in 10 s; one more closes it"
            ),
            .init(
                "message",
                TTRPC.Limits.frameBodyBytesMax,
                .bytes,
                "the body of a frame; RESOURCE_EXHAUSTED, and the connection goes on"
            ),
            .init(
                "message_stranger",
                TTRPC.Limits.strangerBodyBytesMax,
                .bytes,
                "the body of a frame, or a message over gRPC, where tokens are needed, until "
                    + "somebody known has called by its connection; RESOURCE_EXHAUSTED, and the "
                    + "connection goes on"
            ),
            .init(
                "refusals",
                limits.refusalsMax,
                .count,
                "calls of one connection that are refused in a second as RESOURCE_EXHAUSTED; "
                    + "behind one more it is not read for 100 ms"
            ),
            .init(
                "metadata",
                limits.metadataBytesMax,
                .bytes,
                "metadata of a call; RESOURCE_EXHAUSTED"
            ),
            .init(
                "metadata_entries",
                limits.metadataEntriesMax,
                .count,
                "entries of a call's metadata; RESOURCE_EXHAUSTED"
            ),
            .init(
                "running_calls",
                limits.runningCallsMax,
                .count,
                "calls of one connection that run at once; RESOURCE_EXHAUSTED"
            ),
        ]
    }
}
