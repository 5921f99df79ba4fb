#ifndef KHACH_SRC_CACHE_H
#define KHACH_SRC_CACHE_H

/* The cache: one SQLite file per business. Only the cache_*.c files know SQLite. */

#include "engine.h"
#include "error.h"
#include "sync.h"

#include "khach_index.h"

#include <khach/query.h>
#include <khach/statistics.h>
#include <khach/sync.h>

#include <sqlite3.h>
#include <sys/types.h>

#define KHACH_CACHE_APPLICATION_ID 0x4B686163 /* "Khac" */
#define KHACH_CACHE_SCHEMA_VERSION 4
/* The oldest layout that is brought to this one. */
#define KHACH_CACHE_SCHEMA_VERSION_MIN 2
#define KHACH_CACHE_BUSINESS_EXPECTED "a business_id expected for a new cache, none found"

/* The statements of one applied change; prepared once. */
typedef enum khach_cache_write {
    KHACH_WRITE_INSERT,
    KHACH_WRITE_FIND,
    KHACH_WRITE_UPDATE,
    KHACH_WRITE_TOUCH,
    KHACH_WRITE_DELETE,
    KHACH_WRITE_BUSINESS,
    KHACH_WRITE_PAGE,
    KHACH_WRITE_COUNT
} khach_cache_write;

#define KHACH_BOOT_ID_BYTES 40 /* of the machine's run, with the end of the text */
/* Statements that are kept, at most; there are about as many texts. */
#define KHACH_CACHE_STATEMENTS_MAX 96

typedef struct khach_kept_statement {
    sqlite3_stmt *statement;
    uint32_t hash; /* of its text */
    bool is_lent;
} khach_kept_statement;

typedef struct khach_cache {
    sqlite3 *db;
    int lock_fd;
    int notice_fd;  /* of khach_changes_fd(), -1 for none */
    int32_t data_version; /* of the last khach_changes_take() */
    pid_t owner;    /* the process that opened it */
    int64_t owner_started; /* in ticks since the machine started */
    char boot_id[KHACH_BOOT_ID_BYTES];
    int64_t lead_epoch; /* of the lead that it has, 0 for none */
    uint32_t lease_ms;
    int64_t log_bytes_max;
    int log_pages; /* of the log, after the last commit here */
    uint32_t lock_timeout_ms;
    char *business_id;
    khach_arena arena;
    /* For one walk over everything: in one read transaction from its beginning to its end, so that
     * queries begin and end none, and lists hold records that nobody decodes. */
    bool is_held;
    /* While it is kept live, the log is moved when it has grown, and not behind every pull: that
     * would cost each poke two syncs of the disk. */
    bool is_live;
    /* Questions read the file where the system has it in memory. */
    bool is_mapped;
    /* A commit failed, so the log is not known to be on the disk: nothing is written behind it. */
    bool is_log_unsure;
    khach_index *index;
    khach_index_customer before; /* of the row that a change replaces */
    khach_index_customer after;
    sqlite3_stmt *writes[KHACH_WRITE_COUNT];
    sqlite3_stmt *rollback; /* made beforehand: to end a transaction needs no memory */
    khach_kept_statement statements[KHACH_CACHE_STATEMENTS_MAX];
    size_t statements_next; /* the place that is emptied next */
} khach_cache;

/* How far a repair is. */
typedef enum khach_repairing {
    KHACH_REPAIRING_NOT,
    KHACH_REPAIRING_COMPARING,
    /* Rows were fetched that are newer than the cursor that was taken: the feed goes on from there,
     * and when there is no more, all rows are of one state again. */
    KHACH_REPAIRING_CATCHING_UP
} khach_repairing;

/* The one row of sync_state. Release `cursor.bytes` with free(). */
typedef struct khach_cache_sync {
    khach_bytes cursor;
    khach_phase phase;
    int64_t epoch; /* counts the snapshots that were begun */
    uint64_t seq;
    uint64_t head_seq;
    int64_t as_of_ms;
    uint64_t customers_count;
    bool is_search_indexed; /* the derived tables and the indexes are there */
    bool has_erased;        /* the log may hold what was erased: it is to be emptied */
    int32_t last_status;
    /* The feed has not told everything: a comparison is owed, or begun and not ended. */
    khach_repairing repairing;
    bool is_reindex_due; /* a damaged row was replaced: what was derived of it is not known */
    bool is_unverified;  /* the server's own digests did not add up when they were last compared */
    int64_t verified_at_ms;
    uint64_t verified_seq;
    uint64_t repairs_count; /* comparisons that found something to mend */
    uint64_t repaired_rows_count;
    uint64_t full_resyncs_count;
    int32_t last_cause; /* a khach_cause: of the last repair */
} khach_cache_sync;

/* cache.c: opening, closing, failing. */
/* `business_id` is empty for that of the cache, which then must be there. */
khach_status khach__cache_open(khach_cache **out, const char *path, const char *business_id,
    uint32_t lock_timeout_ms, khach_error **error);
void khach__cache_close(khach_cache *cache);
/* From here on what is asked reads the file as it is mapped: for questions, of which a list looks
 * at thousands of places. What follows a server has its pages alone, and stays small. */
khach_status khach__cache_map(khach_cache *cache, khach_error **error);
/* `text` and `suffix` as one; NULL when there is no memory. */
char *khach__cache_join(const char *text, const char *suffix);
/* Ends a transaction, if there is one: of writes without them, of reads. */
void khach__cache_rollback(khach_cache *cache);
/* Whether there is a next row; asks only while `*status` is KHACH_OK, and says when it failed. */
bool khach__cache_has_row(
    khach_cache *cache, sqlite3_stmt *row, khach_status *status, khach_error **error);
/* What went wrong last in the database, as a status. */
khach_status khach__cache_failure(khach_cache *cache, khach_error **error);
/* What the index could not do, as a status. */
khach_status khach__cache_index_failure(
    khach_cache *cache, khach_index_status result, khach_error **error);
/* Moves the log into the file, when it has grown; under the lock. Failing is harmless. */
void khach__cache_checkpoint(khach_cache *cache, bool is_forced);
/* The sync writes nothing behind a log of this size that somebody who reads keeps from being
 * emptied: so it is at most so long, and one transaction. */
#define KHACH_CACHE_LOG_BYTES_MAX 268435456
/* Refuses with KHACH_E_CACHE_LOCKED when the log may not grow; under the lock, before a
 * transaction. Waits for nobody. */
khach_status khach__cache_bound_log(khach_cache *cache, khach_error **error);
/* Begins or ends being kept live; at the end the log is moved. */
void khach__cache_set_live(khach_cache *cache, bool is_live);
/* Moves the log into the file and empties it, so that nothing of what was erased is left in it, and
 * writes that this is done; under the lock. While somebody reads it fails: the next one is due. */
bool khach__cache_empty_log(khach_cache *cache);
/* The same without the lock, when nobody holds it: who does, will do it. */
void khach__cache_empty_log_if_free(khach_cache *cache);

/* cache_statements.c */
/* Lends the statement of a text, which is prepared once; give it back to khach__cache_done(). */
khach_status khach__cache_prepare(
    khach_cache *cache, sqlite3_stmt **out, const char *sql, khach_error **error);
/* Takes a lent statement back, reset and without what was bound; NULL is nothing. */
void khach__cache_done(khach_cache *cache, sqlite3_stmt *statement);
/* Runs one kept statement that gives no rows. */
khach_status khach__cache_step(khach_cache *cache, const char *sql, khach_error **error);
/* Runs SQL of any number of statements that give no rows, and keeps none. */
khach_status khach__cache_run(khach_cache *cache, const char *sql, khach_error **error);
void khach__cache_forget_statements(khach_cache *cache);

/* cache_lock.c */
/* Opens the lock file beside the cache. Only writes are under it: where none can be made, a cache
 * that is there is read without it. */
khach_status khach__cache_lock_open(khach_cache *cache, const char *path, khach_error **error);
/* Takes and leaves the lock that every write and checkpoint is under; leaving it tells those who
 * wait for changes. */
khach_status khach__cache_lock(khach_cache *cache, khach_error **error);
bool khach__cache_try_lock(khach_cache *cache);
void khach__cache_unlock(khach_cache *cache);
/* Leaves it and tells nobody: nothing was committed. */
void khach__cache_release(khach_cache *cache);
/* Refuses a client that was carried across a fork, a cache that was wiped, and one that a newer
 * library has changed since it was opened. */
khach_status khach__cache_check(khach_cache *cache, khach_error **error);
/* Changes when another connection has committed. */
khach_status khach__cache_data_version(khach_cache *cache, int32_t *out, khach_error **error);
/* Takes the file away from everybody but its owner, who has to be the one who asks. */
khach_status khach__cache_make_private(const char *path, khach_error **error);

/* cache_lead.c: who syncs. */
#define KHACH_CACHE_LEASE_MS 30000
/* Whoever leads the sync, or did last. */
typedef struct khach_leader {
    int64_t epoch; /* counts leads; 0: nobody ever did */
    char boot_id[KHACH_BOOT_ID_BYTES];
    int64_t pid;
    int64_t started; /* of the process, in ticks since the machine started */
    int64_t lease_until_ms; /* by CLOCK_BOOTTIME */
} khach_leader;

/* Reads who this process is; once, when the cache is opened. */
void khach__lead_prepare(khach_cache *cache);
khach_status khach__lead_read(khach_cache *cache, khach_leader *leader, khach_error **error);
/* Whether somebody else's lead holds: its process is there, and its lease not over. */
bool khach__lead_is_held(const khach_cache *cache, const khach_leader *leader);
/* Takes the lead, waiting for as long as a write waits for the lock. */
khach_status khach__lead_take(khach_cache *cache, khach_error **error);
void khach__lead_leave(khach_cache *cache);
/* Begins a write transaction of the sync, under the lock: refused when the lead was lost. On
 * failure nothing is held. */
khach_status khach__lead_begin(khach_cache *cache, khach_error **error);

/* cache_schema.c */
khach_status khach__cache_schema_prepare(khach_cache *cache, khach_error **error);
khach_status khach__cache_sync_read(
    khach_cache *cache, khach_cache_sync *sync, khach_error **error);
khach_status khach__cache_sync_write(
    khach_cache *cache, const khach_cache_sync *sync, khach_error **error);

extern const char khach__cache_customers_sql[];
/* What layout 4 adds. */
extern const char khach__cache_repair_sql[];

/* cache_migrate.c */
/* Brings a cache of an older layout to this one: no row is lost, nothing is synced again. */
khach_status khach__cache_migrate(khach_cache *cache, khach_error **error);

/* cache_apply.c */
/* Binds a row of base_customers: 1 to 10 are what the index reads, then seq and epoch. */
void khach__cache_bind_row(sqlite3_stmt *statement, const khach_index_customer *customer,
    const char *folded, size_t folded_bytes, const uint8_t *record, size_t record_bytes);

/* cache_page.c */
/* Applies a checked page in one transaction. `asked` is the cursor that the page answers: when the
 * cache has moved on since, the page is dropped, which is no failure. */
khach_status khach__cache_apply(khach_cache *cache, const khach_sync_page *page,
    const khach_bytes *asked, khach_sync_progress *progress, khach_error **error);

/* The same for records that were fetched to mend the cache: they replace what is there, whatever
 * its sequence, and rows go. */
khach_status khach__cache_mend(
    khach_cache *cache, const khach_action *action, khach_error **error);

/* cache_compare.c */
/* Columns of a row that is compared. */
enum {
    ROW_ID,
    ROW_PAGE,
    ROW_TRAITS,
    ROW_CREATED,
    ROW_FIRST_RECORDED,
    ROW_FIRST_INBOUND,
    ROW_LAST_INBOUND,
    ROW_NAME,
    ROW_RECORD,
    ROW_SEQ,
    ROW_BASE, /* what the server sent, when edits that wait are shown over it; else NULL */
    ROW_COUNT
};

#define ROW_COLUMNS \
    "id, page_id, traits, created_at, first_recorded_at, first_inbound_at, last_inbound_at," \
    " name_folded, record, seq, (SELECT o.record FROM overlays o WHERE o.id = base_customers.id)"
/* True when the columns of a row are those of its record. */
bool khach__cache_row_is_whole(khach_cache *cache, sqlite3_stmt *row);
khach_digest khach__cache_row_digest(sqlite3_stmt *row);
/* Sums up what is stored. A row whose columns are not those of its record makes its
 * slot another than the server's. */
khach_status khach__cache_sum(khach_cache *cache, khach_cache_sums *out, khach_error **error);
/* The sums of a page, made when there are none; NULL when there is no memory. */
khach_page_sums *khach__cache_page_sums(khach_cache_sums *sums, int64_t page);
/* Lists the rows of a page whose slots are not 0, in order of id; by an index, unless that has
 * other rows than were summed up. */
khach_status khach__cache_rows(khach_cache *cache, const khach_action *action,
    khach_revisions *out, khach_error **error);

/* cache_repair.c */
/* Compares what is derived of rows with them, and makes anew what differs. Damage that stops that
 * stops no repair: what is derived is made anew once records have been fetched. */
khach_status khach__cache_mend_derived(khach_cache *cache, khach_error **error);
/* A page that is gone from the scope, with its rows. */
khach_status khach__cache_drop_page(
    khach_cache *cache, int64_t page, bool is_out_of_scope, khach_error **error);
/* Goes on from a cursor: what is there is the state that it names. An empty one begins anew. */
khach_status khach__cache_adopt(khach_cache *cache, const khach_bytes *cursor, uint64_t seq,
    khach_error **error);
/* Keeps what a comparison found. */
khach_status khach__cache_note_report(
    khach_cache *cache, const khach_engine_report *report, khach_error **error);

/* cache_snapshot.c */
/* At the end of a first pass: drops what the server no longer has, and indexes the names. */
khach_status khach__cache_snapshot_finish(
    khach_cache *cache, khach_cache_sync *sync, khach_error **error);
/* When everything is there: makes what is derived of rows. */
khach_status khach__cache_snapshot_complete(
    khach_cache *cache, khach_cache_sync *sync, khach_error **error);
khach_status khach__cache_restart(khach_cache *cache, khach_error **error);
/* Keeps the status of a failed sync, as well as it can. */
void khach__cache_note(khach_cache *cache, khach_status status);

/* cache_query.c */
khach_status khach__cache_get(
    khach_cache *cache, khach_customer **out, const char *id, khach_error **error);
khach_status khach__cache_list(khach_cache *cache, khach_customer_list **out,
    const khach_query *query, khach_error **error);
khach_status khach__cache_count(
    khach_cache *cache, uint64_t *out, const khach_query *query, khach_error **error);
khach_status khach__cache_search(khach_cache *cache, khach_customer_list **out, const char *text,
    const khach_query *query, khach_error **error);
khach_status khach__cache_pages(khach_cache *cache, khach_page_list **out, khach_error **error);

/* cache_statistics.c */
khach_status khach__cache_statistics(khach_cache *cache, khach_statistics **out,
    const khach_statistics_query *query, khach_error **error);

/* A query made ready: days as instants, pages as numbers, all checked. */
typedef struct khach_cache_filter {
    khach_index_filter filter; /* its pages and its name are owned */
    khach_name_query *name;
    int64_t *pages;
    khach_index_order order;
    size_t limit;
    uint64_t hash; /* of what the pages of one list share */
    bool has_after;
    khach_index_position after;
    khach_cache_sync sync;
} khach_cache_filter;

/* Begins a read transaction and makes the filter ready in it; `text` is a name to search for, NULL
 * for the query's own. */
khach_status khach__cache_filter_open(khach_cache *cache, khach_cache_filter *filter,
    const khach_query *query, const char *text, khach_error **error);
/* Ends it; also after khach__cache_filter_open() failed. */
void khach__cache_filter_close(khach_cache *cache, khach_cache_filter *filter);

/* The parts of a query that statistics have too. */
khach_status khach__cache_zone(khach_cache *cache, khach_zone **zone, khach_error **error);
khach_status khach__cache_day(
    int32_t *out, const char *field, const char *text, khach_error **error);
/* Reads page ids as numbers, ascending; `*pages` is yours, NULL for none. */
khach_status khach__cache_read_pages(khach_cache *cache, const khach_cache_sync *sync,
    const char *const *ids, size_t ids_count, int64_t **pages, size_t *count, khach_error **error);
/* Reads numbers of `field` as bits, each from 1 to `most`. */
khach_status khach__cache_bits(uint32_t *out, const char *field, const int32_t *values,
    size_t values_count, int32_t most, khach_error **error);

#endif
