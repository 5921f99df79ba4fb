#ifndef KHACH_SRC_ENGINE_H
#define KHACH_SRC_ENGINE_H

/*
 * The sync engine: what a cache does next, as a value. It is told what happened and says what to
 * do; it knows no socket, no file and no clock, so that a simulation can drive it (docs/sync.md).
 *
 * One path mends a cache, whatever went wrong: compare the sums of pages, then of slots, then the
 * revisions of the slots that differ, and fetch what is other. Then the cursor of the state that
 * was compared is taken, and the feed goes on from there: what changed meanwhile comes once more.
 */

#include "envelope.h"
#include "sync.h"

#include "khach_digest.h"

#include <khach/sync.h>

#include <stdbool.h>

/* Rows of the server that are compared at a time: what bounds the memory of a repair. */
#define KHACH_ENGINE_ROWS_MAX 200000
/* Records that are fetched at a time. */
#define KHACH_ENGINE_FETCH_MAX 1000
#define KHACH_ENGINE_PAGES_MAX 10000
/* How often a cache is compared in one run: once, and once after it was mended. */
#define KHACH_ENGINE_ROUNDS_MAX 2
/* How often the feed is followed once more, so that cache and digests are of one state. */
#define KHACH_ENGINE_PINS_MAX 8
/* A cache that would lose this many rows, and a quarter of what it has, is not mended unasked. */
#define KHACH_ENGINE_SHRINK_ROWS 100

typedef enum khach_goal {
    KHACH_GOAL_SYNC,   /* have what the server has; mend what turns out to be wrong */
    KHACH_GOAL_VERIFY, /* and compare, but mend nothing */
    KHACH_GOAL_REPAIR  /* and compare, and mend */
} khach_goal;

/* The sums of one page's rows. */
typedef struct khach_page_sums {
    int64_t page;
    khach_digest slots[KHACH_DIGEST_SLOTS];
} khach_page_sums;

/* What a cache has, as sums. Release `pages` with free(). */
typedef struct khach_cache_sums {
    khach_digest directory; /* of the business and its pages */
    khach_page_sums *pages; /* ascending */
    size_t pages_count;
    bool has_unknown; /* something was put aside that nothing can be said of */
} khach_cache_sums;

/* One row without its record. */
typedef struct khach_row_revision {
    int64_t id;
    uint64_t seq;
    uint64_t low; /* of its digest */
    uint64_t high;
} khach_row_revision;

/* Revisions in order of id. Release `rows` with free(). */
typedef struct khach_revisions {
    khach_row_revision *rows;
    size_t count;
    size_t room;
    bool has_damage; /* a row among them was not what its record says */
} khach_revisions;

typedef enum khach_action_kind {
    KHACH_ACTION_STOP, /* done, or failed: see `status` of the engine */
    KHACH_ACTION_CALL, /* make the call, then khach__engine_reply() or khach__engine_failure() */
    KHACH_ACTION_APPLY,     /* a page of the feed, then khach__engine_applied() */
    KHACH_ACTION_SUM,       /* sum up the cache, then khach__engine_sums() */
    KHACH_ACTION_LIST,      /* list a page's rows of some slots, then khach__engine_rows() */
    KHACH_ACTION_MEND,      /* records to take, rows to drop, then khach__engine_mended() */
    KHACH_ACTION_DROP_PAGE, /* a page that is gone, with its rows, then khach__engine_mended() */
    KHACH_ACTION_ADOPT      /* a cursor, then khach__engine_mended() */
} khach_action_kind;

/* What to do. Everything is borrowed from the engine until it is told what came of it. */
typedef struct khach_action {
    khach_action_kind kind;
    const char *method;            /* CALL: of khach.v1.SyncService */
    const khach_bytes *request;    /* CALL */
    const khach_sync_page *page;   /* APPLY; MEND: the records, as a page without a cursor */
    const int64_t *dropped;        /* MEND: ids of rows that are no more */
    size_t dropped_count;
    bool has_damage;               /* MEND: what is derived of the rows is not known */
    int64_t page_id;               /* LIST, DROP_PAGE */
    const uint8_t *slots;          /* LIST: a byte for each slot, nonzero to list */
    uint64_t rows_count;           /* LIST: how many rows the sums have there */
    const khach_bytes *cursor;     /* APPLY: the one that was asked with; ADOPT */
    uint64_t seq;                  /* ADOPT */
} khach_action;

/* What a run has found and done. */
typedef struct khach_engine_report {
    khach_cause cause;
    bool is_compared;   /* to the end */
    bool is_equal;      /* at the last comparison */
    int64_t compared_at_ms; /* by the server's clock */
    bool is_unverified; /* the server's own digests do not add up */
    uint64_t rows_count;      /* of the server, at the last comparison */
    uint64_t damaged_count;   /* rows that were other than what the feed had said */
    uint64_t missing_count;   /* rows that the cache did not have, or had an older state of */
    uint64_t surplus_count;   /* rows that the server does not have */
    uint64_t fetched_count;
    uint64_t dropped_count;
    uint64_t received_bytes;  /* of all replies */
    uint64_t compared_bytes;  /* of them, of digests, revisions and records */
} khach_engine_report;

typedef struct khach_engine khach_engine;

/* How to begin. */
typedef struct khach_engine_start {
    khach_goal goal;
    const char *business_id;
    const khach_bytes *cursor; /* of the cache */
    uint64_t seq;              /* that it covers */
    uint64_t customers_count;
    bool is_repairing; /* an earlier run has not come to its end */
    bool accepts_shrink;
    uint32_t page_rows;
    uint32_t page_bytes;
} khach_engine_start;

/* NULL when there is no memory. */
khach_engine *khach__engine_open(const khach_engine_start *start);
void khach__engine_close(khach_engine *engine);

/* What to do now; the same until the engine is told what came of it. */
const khach_action *khach__engine_action(const khach_engine *engine);
const khach_engine_report *khach__engine_report(const khach_engine *engine);
/* KHACH_OK, or why it stopped; `error` of khach__engine_stop_error() has the words. */
khach_status khach__engine_status(const khach_engine *engine);
/* Takes the error of an engine that stopped; NULL when there is none. */
khach_error *khach__engine_take_error(khach_engine *engine);

/* What came of an action. The bytes of a reply are borrowed until the next event. */
void khach__engine_reply(khach_engine *engine, const uint8_t *bytes, size_t bytes_count);
/* A call, or what is local, has failed. The engine takes `error`. */
void khach__engine_failure(khach_engine *engine, khach_status status, khach_error *error);
/* The page is in the cache; or was dropped, since another process has moved on. */
void khach__engine_applied(
    khach_engine *engine, const khach_bytes *cursor, uint64_t seq, bool was_dropped);
/* The engine takes what `sums` owns. */
void khach__engine_sums(khach_engine *engine, khach_cache_sums *sums);
/* The engine takes what `rows` owns. */
void khach__engine_rows(khach_engine *engine, khach_revisions *rows);
void khach__engine_mended(khach_engine *engine);

/* False when there is no memory. */
bool khach__revisions_add(khach_revisions *list, khach_row_revision row);
/* In order of id. */
void khach__revisions_sort(khach_revisions *list);

#endif
