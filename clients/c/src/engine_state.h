#ifndef KHACH_SRC_ENGINE_STATE_H
#define KHACH_SRC_ENGINE_STATE_H

/* What the rooms of the engine share: engine.c has the feed and the events, engine_pages.c compares
 * pages, engine_rows.c slots and rows. */

#include "compare.h"
#include "engine.h"

typedef enum engine_state {
    STATE_PULLING,
    STATE_APPLYING,
    STATE_ROOTS,
    STATE_SUMMING,
    STATE_DROPPING,  /* pages that are gone */
    STATE_DIRECTORY, /* the business and its pages come */
    STATE_DIRECTORY_MENDING,
    STATE_SLOTS,
    STATE_REVISIONS,
    STATE_LISTING,
    STATE_FETCHING,
    STATE_MENDING,
    STATE_ADOPTING,
    STATE_STOPPED
} engine_state;

/* The slots of the page that is compared. */
typedef struct engine_slots {
    khach_digest theirs[KHACH_DIGEST_SLOTS];
    uint8_t is_due[KHACH_DIGEST_SLOTS];
    uint8_t is_now[KHACH_DIGEST_SLOTS];
    uint64_t seq;
} engine_slots;

/* The rows of the slots that are compared. */
typedef struct engine_rows {
    khach_revisions theirs;
    uint64_t first_seq; /* of the server's replies: one state when they are equal */
    uint64_t last_seq;
    char token[KHACH_COMPARE_TOKEN_BYTES_MAX];
    int64_t *wanted; /* to be fetched */
    size_t wanted_count;
    size_t wanted_at;
    size_t asked_count; /* of the request that is under way */
    int64_t *dropped;
    size_t dropped_count;
    bool has_damage;
} engine_rows;

struct khach_engine {
    khach_engine_start start;
    char business_id[KHACH_RECORD_ID_BYTES];
    khach_bytes cursor; /* of the cache */
    engine_state state;
    khach_action action;
    khach_bytes request;
    khach_sync_page page;
    khach_status status;
    khach_error *error;
    khach_engine_report report;
    unsigned rounds;
    unsigned pins;
    bool has_recovered; /* from a cursor that the server did not take */
    /* The comparison that is under way. */
    khach_bytes adopted;
    uint64_t adopted_seq;
    bool differs;
    khach_page_digest *pages; /* of the server; the first is the directory */
    size_t pages_count;
    size_t page_at;
    khach_cache_sums sums;
    size_t sums_at;
    engine_slots slots;
    engine_rows rows;
};

/* engine.c */
/* Asks for the next page of the feed. */
void khach__engine_pull(khach_engine *engine);
bool khach__engine_copy(khach_bytes *out, const uint8_t *bytes, size_t count);
void khach__engine_stop(khach_engine *engine, khach_status status, khach_error *error);
void khach__engine_stop_memory(khach_engine *engine);
/* Asks for a call whose request is in `engine->request`; `made` says whether that could be made. */
void khach__engine_call(
    khach_engine *engine, engine_state state, const char *method, khach_status made);
void khach__engine_clear_request(khach_engine *engine);

/* engine_pages.c */
void khach__engine_compare(khach_engine *engine);
void khach__engine_clear_comparison(khach_engine *engine);
void khach__engine_roots_came(khach_engine *engine, const uint8_t *bytes, size_t bytes_count);
void khach__engine_directory_came(khach_engine *engine, const uint8_t *bytes, size_t bytes_count);
/* A page was dropped, or records of the directory were taken: goes on. */
void khach__engine_next_drop(khach_engine *engine);
void khach__engine_directory_mended(khach_engine *engine);
/* Goes on with the next page whose sum differs. */
void khach__engine_next_page(khach_engine *engine);
/* What the cache has of a page; NULL for nothing. */
const khach_page_sums *khach__engine_find_sums(const khach_engine *engine, int64_t page);

/* engine_rows.c */
void khach__engine_clear_rows(khach_engine *engine);
void khach__engine_slots_came(khach_engine *engine, const uint8_t *bytes, size_t bytes_count);
void khach__engine_revisions_came(khach_engine *engine, const uint8_t *bytes, size_t bytes_count);
void khach__engine_records_came(khach_engine *engine, const uint8_t *bytes, size_t bytes_count);
/* Fetches the next records that differ; with the first of them, or alone, drops what is gone. */
void khach__engine_next_fetch(khach_engine *engine);

#endif
