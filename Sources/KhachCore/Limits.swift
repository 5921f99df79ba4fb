/// Every bound of the domain, in one place, with its unit in its name.
package enum Limits {
    package static let nameCodePointsMax = 200
    package static let nameObservationsMax = 32
    /// Of each kind, in a customer's record.
    package static let contactPointsMax = 16
    /// Of each kind, that are held: whatever is rejected, enough stand behind it to be shown.
    package static let contactPointsHeldMax = contactPointsMax + contactMarksMax
    /// Found in one text; what it says beyond them is not looked at.
    package static let contactsPerTextMax = 64
    /// Of each kind, that agents pinned, rejected or added.
    package static let contactMarksMax = 16
    /// Of each kind, that the channel alone supplied apart from texts; the last given.
    package static let suppliedMarksMax = 16
    /// Of a customer; the latest.
    package static let activityDaysMax = 4_096
    /// Of a customer; the latest.
    package static let blockIntervalsMax = 256
    package static let blockBatchMax = 1_000
    package static let reasonBytesMax = 500
    package static let addressBytesMax = 2_000
    package static let actorBytesMax = 200
    package static let requestIDBytesMax = 64
    /// How long a request's name is remembered.
    package static let requestMemoryMilliseconds: Int64 = 30 * 86_400_000
    /// Besides the first.
    package static let identitiesMax = 32
    package static let roleAccountsMax = 1_000
    /// Of a page's own, of each kind.
    package static let ownContactsMax = 32
    package static let observationsExplainedMax = 100
    /// Texts that one call of re-detection looks at.
    package static let redetectedTextsMax = 2_000
    package static let suppliedPhoneBytesMax = 64
    package static let interactionTextBytesMax = 16 << 10
    package static let interactionsPerBatchMax = 1_000
    package static let eventKeyBytesMax = 256
    package static let externalIDBytesMax = 128
    package static let keyBytesMax = 256
    package static let pageRowsDefault = 200
    package static let pageRowsMax = 1_000
    package static let pageBytesMax = 1 << 20
    /// Changes of pages that a caller does not see, that one page of the feed passes over.
    package static let changesSkippedMax = 20_000
    /// Of one reply of ListRevisions.
    package static let revisionsMax = 10_000
    /// Customers that one ListRevisions looks at.
    package static let revisionsScannedMax = 500_000
    package static let digestPagesMax = 1_000
    /// With their slots, which are 6 KiB a page.
    package static let digestSlotPagesMax = 100
    package static let recordsPerBatchMax = 1_000
    /// Of a client's outbox in one request.
    package static let mutationsMax = 500
    package static let filterPagesMax = 1_000
    /// Also those that are revoked, which are kept for who asks what they were.
    package static let tokensMax = 10_000
    package static let tokenPagesMax = filterPagesMax
    /// How long two secrets of a token may be valid at once, in seconds.
    package static let tokenOverlapSecondsMax: Int64 = 30 * 86_400
    package static let tokenOverlapSecondsDefault: Int64 = 86_400
    /// Counts are exact up to here (domain.md §4.9).
    package static let countMax = 100_000
    package static let filterChannelsMax = 16
    package static let filterNameStatusesMax = 4
    package static let nameQueryBytesMax = 1_000
    package static let statisticsDaysMax = 400
    package static let statisticsRowsMax = 20_000
    package static let clockAheadMillisecondsMax: Int64 = 5 * 60 * 1_000
    /// 2004-02-04T00:00:00Z: nothing here is older than the oldest of the channels (N5).
    package static let occurredAtMin = Instant(milliseconds: 1_075_852_800_000)
}
