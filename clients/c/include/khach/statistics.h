#ifndef KHACH_STATISTICS_H
#define KHACH_STATISTICS_H

#include <khach/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Most days of a range, and most rows of an answer. */
#define KHACH_STATISTICS_DAYS_MAX 400
#define KHACH_STATISTICS_ROWS_MAX 20000

/** What rows are about. The values are ABI. */
typedef enum khach_grouping {
    /** The same as KHACH_GROUPING_PAGE. */
    KHACH_GROUPING_UNSPECIFIED = 0,
    KHACH_GROUPING_PAGE = 1,
    KHACH_GROUPING_CHANNEL = 2,
    KHACH_GROUPING_BUSINESS = 3
} khach_grouping;

/** What makes a customer new. The values are ABI. */
typedef enum khach_basis {
    /** The same as KHACH_BASIS_CREATED. */
    KHACH_BASIS_UNSPECIFIED = 0,
    /** The earliest interaction, by the channel's clock. */
    KHACH_BASIS_CREATED = 1,
    /** The server's clock when the customer was first recorded. */
    KHACH_BASIS_FIRST_RECORDED = 2,
    /** The first message from the customer. */
    KHACH_BASIS_FIRST_INBOUND = 3
} khach_basis;

/** What is counted, each once. The values are ABI; expect others. */
typedef enum khach_measure {
    KHACH_NEW_CUSTOMERS = 0,
    /** Customers who wrote, by message or comment. */
    KHACH_ACTIVE_CUSTOMERS = 1,
    KHACH_MESSAGING_CUSTOMERS = 2,
    KHACH_COMMENTING_CUSTOMERS = 3,
    KHACH_NEW_MESSAGE_CONVERSATIONS = 4,
    KHACH_NEW_COMMENT_CONVERSATIONS = 5,
    /** Distinct values of a page, by their first time on it. */
    KHACH_PHONES_FOUND = 6,
    KHACH_EMAILS_FOUND = 7,
    /** Blocks that began, and that ended. */
    KHACH_BLOCKED = 8,
    KHACH_UNBLOCKED = 9
} khach_measure;

/** What to count. Begin with khach_statistics_query_init(). */
typedef struct khach_statistics_query {
    size_t struct_size;
    /** Empty means every page. At most 1,000. */
    const char *const *page_ids;
    size_t page_id_count;
    /** khach_channel numbers; empty means every one. At most 16. */
    const int32_t *channels;
    size_t channel_count;
    /** Local days of the business, "YYYY-MM-DD", both inclusive, both needed. */
    const char *day_from;
    const char *day_to;
    /** A khach_grouping. */
    int32_t grouping;
    /** A khach_basis. */
    int32_t basis;
} khach_statistics_query;

/** Rows of days, and the totals of their range. Opaque. */
typedef struct khach_statistics khach_statistics;

/*
 * For every function here, unless it says otherwise:
 * Owns:    nothing is given away; khach_statistics_free() takes its value, and all that was
 *          borrowed from it.
 * Borrows: the argument, until the call returns. What is returned is borrowed from the argument
 *          until that is freed. NULL, and an index past the end, give "" and 0.
 * Threads: any; many may read one value, as long as none frees it.
 * Blocks:  no.
 */

/** Clears `query` and sets its size. NULL is a no-op. */
KHACH_API void khach_statistics_query_init(khach_statistics_query *query);

/**
 * Counts by local day: rows in order of day, then page or channel, without those of zeros.
 *
 * KHACH_E_INVALID names the field, also when there would be too many rows; KHACH_E_NOT_SYNCED
 * while the first pass is under way.
 *
 * Owns:    on KHACH_OK `*out` is yours; on failure it is NULL. If `error` is not NULL, `*error` is
 *          set on failure and is yours: khach_error_free().
 * Borrows: every argument, until the call returns.
 * Threads: the thread that has the client.
 * Blocks:  on the disk.
 */
KHACH_API KHACH_MUST_USE khach_status khach_statistics_read(khach_statistics **out,
    khach_client *client, const khach_statistics_query *query, khach_error **error);

KHACH_API size_t khach_statistics_row_count(const khach_statistics *statistics);
/** "YYYY-MM-DD". */
KHACH_API const char *khach_statistics_row_day_at(const khach_statistics *statistics, size_t index);
/** Empty unless rows are about pages. */
KHACH_API const char *khach_statistics_row_page_id_at(
    const khach_statistics *statistics, size_t index);
/** A khach_channel; 0 when rows are about the business. */
KHACH_API int32_t khach_statistics_row_channel_at(
    const khach_statistics *statistics, size_t index);
/** `measure` is a khach_measure. */
KHACH_API uint64_t khach_statistics_row_measure_at(
    const khach_statistics *statistics, size_t index, int32_t measure);

/** Of the whole range: what is distinct in it is not the sum of its days. */
KHACH_API size_t khach_statistics_total_count(const khach_statistics *statistics);
KHACH_API const char *khach_statistics_total_page_id_at(
    const khach_statistics *statistics, size_t index);
KHACH_API int32_t khach_statistics_total_channel_at(
    const khach_statistics *statistics, size_t index);
KHACH_API uint64_t khach_statistics_total_measure_at(
    const khach_statistics *statistics, size_t index, int32_t measure);

/** The commit sequence that the statistics show. */
KHACH_API uint64_t khach_statistics_seq(const khach_statistics *statistics);
/** Releases statistics. NULL is a no-op. */
KHACH_API void khach_statistics_free(khach_statistics *statistics);

#ifdef __cplusplus
}
#endif

#endif
