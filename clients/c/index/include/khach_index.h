#ifndef KHACH_INDEX_H
#define KHACH_INDEX_H

/**
 * Questions about customers in SQLite: lists, counts, name search, statistics (domain.md §4.8,
 * §4.9). The server's store and the clients' cache compile this one implementation, so that an
 * offline answer equals the online one.
 *
 * The caller owns the database, its transactions, and one table of customers, of which this module
 * uses the columns id, business_id, page_id, traits, created_at, first_recorded_at,
 * first_inbound_at, last_inbound_at, name_folded, record. What is derived from them is here:
 * indexes on that table, and tables of its own. Instants are milliseconds since 1970 UTC, days are
 * counted from 1970-01-01, and 0 stands for an instant or a day that never was.
 *
 * No globals; an index belongs to the thread that has its database.
 */

#include <khach_text.h>

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a function says; each but the first is a failure. */
typedef enum khach_index_status {
    KHACH_INDEX_OK = 0,
    KHACH_INDEX_MEMORY = -1,
    /** sqlite3_extended_errcode() of the database says what. */
    KHACH_INDEX_DATABASE = -2,
    /** The progress handler, or khach_index_set_pause(), said to stop. */
    KHACH_INDEX_INTERRUPTED = -3,
    /** A row that an index names is not there, or a record is none. */
    KHACH_INDEX_CORRUPT = -4,
    /** More rows of statistics than KHACH_INDEX_STATISTICS_ROWS_MAX. */
    KHACH_INDEX_TOO_MANY = -5
} khach_index_status;

#define KHACH_INDEX_STATISTICS_DAYS_MAX 400
#define KHACH_INDEX_STATISTICS_ROWS_MAX 20000

/* --- what is known of a customer --- */

/** Traits are a number of 9 bits: channel, name status, and three answers. */
enum {
    KHACH_TRAITS_COUNT = 512,
    KHACH_TRAIT_CHANNEL_MASK = 15,
    KHACH_TRAIT_NAME_STATUS_SHIFT = 4, /* 2 bits: the status less one */
    KHACH_TRAIT_HAS_PHONE = 64,
    KHACH_TRAIT_HAS_EMAIL = 128,
    KHACH_TRAIT_BLOCKED = 256
};

/** What a customer did on a local day: bits, and above them a count. */
enum {
    KHACH_DAY_MESSAGED = 1,
    KHACH_DAY_COMMENTED = 2,
    KHACH_DAY_MESSAGE_CONVERSATION = 4,
    KHACH_DAY_COMMENT_CONVERSATIONS_SHIFT = 3
};

typedef struct khach_index_day {
    int32_t day;
    uint32_t activity;
    /** The last days before with any activity, a message, a comment: 20 bits each, 0 for none. */
    int64_t since;
} khach_index_day;

/** A phone (1) or an e-mail address (2) that nobody rejected; borrowed from the record. */
typedef struct khach_index_contact {
    int32_t kind;
    const char *value;
    size_t value_bytes;
    int64_t first_seen_at;
} khach_index_contact;

/** When a customer was blocked; `until` is INT64_MAX while it lasts. */
typedef struct khach_index_block {
    int64_t from;
    int64_t until;
} khach_index_block;

/**
 * A customer as its record says. Begin with zeros; khach_index_customer_read() fills it, again and
 * again; khach_index_customer_free() releases its arrays.
 */
typedef struct khach_index_customer {
    int64_t id;
    int64_t business_id; /* the caller's: a record does not say it */
    int64_t page_id;
    uint32_t traits;
    int64_t created_at;
    int64_t first_recorded_at;
    int64_t first_inbound_at;
    int64_t last_inbound_at;
    const char *name; /* borrowed from the record */
    size_t name_bytes;
    khach_index_day *days;
    size_t days_count;
    size_t days_room;
    khach_index_contact *contacts;
    size_t contacts_count;
    size_t contacts_room;
    khach_index_block *blocks;
    size_t blocks_count;
    size_t blocks_room;
} khach_index_customer;

/**
 * Reads an encoded khach.v1.Customer, which must outlive `customer`; leaves `business_id` alone.
 *
 * Returns: KHACH_INDEX_OK; _CORRUPT when the bytes are no customer; _MEMORY.
 */
khach_index_status khach_index_customer_read(
    khach_index_customer *customer, const uint8_t *record, size_t record_bytes);

void khach_index_customer_free(khach_index_customer *customer);

/** Nonzero when a column that `indexes` cover differs, so that a row has to be written whole. */
int khach_index_customer_moved(
    const khach_index_customer *before, const khach_index_customer *after);

/* --- the index --- */

typedef struct khach_index khach_index;

/** Makes the derived tables. */
khach_index_status khach_index_create_tables(sqlite3 *db);

/** Makes the indexes on the table of customers; quick while it is empty, a sort when it is not. */
khach_index_status khach_index_create_indexes(sqlite3 *db, const char *table);

/**
 * Makes an index ready for questions and changes.
 *
 * Owns:    on KHACH_INDEX_OK, `*out` is yours: khach_index_close(), before the database closes.
 * Borrows: `db`, for as long as the index is open.
 */
khach_index_status khach_index_open(khach_index **out, sqlite3 *db, const char *table);

void khach_index_close(khach_index *index);

/** `should_stop` is asked now and then in long work; nonzero ends it. NULL asks nobody. */
void khach_index_set_pause(khach_index *index, int (*should_stop)(void *), void *context);

/** Whether indexes and derived tables are there; at first they are. Without, tables are scanned. */
void khach_index_set_ready(khach_index *index, int is_ready);

/** Empties the derived tables. */
khach_index_status khach_index_clear(khach_index *index);

/** Fills the derived tables, which must be empty, from the table of customers. */
khach_index_status khach_index_rebuild(khach_index *index);

/** What khach_index_mend() found. Customers are in 65,536 parts, by a hash of their ids. */
typedef struct khach_index_mended {
    uint32_t parts_count; /* parts with rows that are not those of their records */
    int32_t has_counts;   /* nonzero when counts were other than what they count */
    int32_t is_rebuilt;   /* nonzero when everything was made anew */
} khach_index_mended;

/** Compares the derived tables with the records: a walk over both. */
khach_index_status khach_index_check(khach_index *index, khach_index_mended *out);

/** Of more parts than these that differ, everything is made anew: sorts are then quicker. */
#define KHACH_INDEX_MEND_PARTS_MAX 4096

/** Compares likewise, in a transaction that writes, and makes anew what differs. */
khach_index_status khach_index_mend(khach_index *index, khach_index_mended *out);

/**
 * Brings the derived tables from one state of a customer to another, in the caller's transaction;
 * the caller writes the customer's row. `before` is NULL for a new one, `after` for one that goes.
 */
khach_index_status khach_index_put(
    khach_index *index, const khach_index_customer *before, const khach_index_customer *after);

/* --- questions --- */

/** Which customers; all conditions hold together. Begin with khach_index_filter_init(). */
typedef struct khach_index_filter {
    int64_t business_id;
    const int64_t *pages; /* ascending, without repetition; none means every page */
    size_t pages_count;
    uint32_t channels;      /* bits by number; 0 means every channel */
    uint32_t name_statuses; /* bits by number; 0 means every status */
    int32_t has_phone;      /* -1 any, 0 no, 1 yes */
    int32_t has_email;
    int32_t blocked;
    int64_t created_from; /* inclusive */
    int64_t created_before;
    /** Bits of KHACH_DAY_MESSAGED and _COMMENTED, 0 for no condition; and days, both inclusive. */
    uint32_t messaged_kinds;
    int32_t messaged_from;
    int32_t messaged_to;
    /** The instants of those days, which spare reading: open when they are not known. */
    int64_t messaged_begins_at;
    int64_t messaged_ends_at;
    const khach_name_query *name; /* NULL for no condition; borrowed */
} khach_index_filter;

void khach_index_filter_init(khach_index_filter *filter, int64_t business_id);

/** The id is the last key of every order: ascending in the second, otherwise descending. */
typedef enum khach_index_order {
    KHACH_INDEX_CREATED_DESCENDING = 1,
    KHACH_INDEX_CREATED_ASCENDING = 2,
    KHACH_INDEX_INBOUND_DESCENDING = 3,
    /** Only with a name: rank, then the latest inbound. */
    KHACH_INDEX_RELEVANCE = 4
} khach_index_order;

/** A row's place in an order. */
typedef struct khach_index_position {
    int32_t rank; /* of the name, khach_name_query_rank(); 0 in the other orders */
    int64_t key;  /* created_at or last_inbound_at */
    int64_t id;
} khach_index_position;

/**
 * Lists the first `*count` customers after `after`, or from the beginning when it is NULL.
 *
 * `*count` is the room in `out`, and then what was found.
 */
khach_index_status khach_index_list(khach_index *index, const khach_index_filter *filter,
    khach_index_order order, const khach_index_position *after, khach_index_position *out,
    size_t *count);

/** Counts customers, up to `count_max`. */
khach_index_status khach_index_count(
    khach_index *index, const khach_index_filter *filter, uint64_t count_max, uint64_t *out);

typedef enum khach_index_grouping {
    KHACH_INDEX_BY_PAGE = 1,
    KHACH_INDEX_BY_CHANNEL = 2,
    KHACH_INDEX_BY_BUSINESS = 3
} khach_index_grouping;

typedef enum khach_index_basis {
    KHACH_INDEX_NEW_BY_CREATED = 1,
    KHACH_INDEX_NEW_BY_FIRST_RECORDED = 2,
    KHACH_INDEX_NEW_BY_FIRST_INBOUND = 3
} khach_index_basis;

/** The ten measures, in the order of khach.v1.StatisticsMeasures. */
enum {
    KHACH_MEASURE_NEW_CUSTOMERS,
    KHACH_MEASURE_ACTIVE_CUSTOMERS,
    KHACH_MEASURE_MESSAGING_CUSTOMERS,
    KHACH_MEASURE_COMMENTING_CUSTOMERS,
    KHACH_MEASURE_MESSAGE_CONVERSATIONS,
    KHACH_MEASURE_COMMENT_CONVERSATIONS,
    KHACH_MEASURE_PHONES_FOUND,
    KHACH_MEASURE_EMAILS_FOUND,
    KHACH_MEASURE_BLOCKED,
    KHACH_MEASURE_UNBLOCKED,
    KHACH_MEASURES_COUNT
};

typedef struct khach_index_statistics_query {
    int64_t business_id;
    const int64_t *pages; /* as in a filter */
    size_t pages_count;
    uint32_t channels; /* as in a filter */
    khach_index_grouping grouping;
    khach_index_basis basis;
    int32_t day_from;
    size_t days_count; /* 1 to KHACH_INDEX_STATISTICS_DAYS_MAX */
    /** The first instant of each day, and of the one after the last: days_count + 1. */
    const int64_t *day_starts;
} khach_index_statistics_query;

typedef struct khach_index_statistics_row {
    int32_t day; /* 0 in a total */
    int64_t page_id; /* 0 unless rows are about pages */
    int32_t channel; /* 0 when rows are about the business */
    uint64_t measures[KHACH_MEASURES_COUNT];
} khach_index_statistics_row;

/** In order of day, then page or channel, without rows of zeros; release with _free(). */
typedef struct khach_index_statistics {
    khach_index_statistics_row *rows;
    size_t rows_count;
    khach_index_statistics_row *totals;
    size_t totals_count;
} khach_index_statistics;

khach_index_status khach_index_statistics_read(khach_index *index,
    const khach_index_statistics_query *query, khach_index_statistics *out);

void khach_index_statistics_free(khach_index_statistics *statistics);

#ifdef __cplusplus
}
#endif

#endif
