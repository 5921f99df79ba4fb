#ifndef KHACH_SRC_OUTBOX_H
#define KHACH_SRC_OUTBOX_H

/*
 * The outbox of a cache: edits that wait for the server, and what became of those that were sent
 * (docs/sync.md). An edit and what it shows are written in one transaction, flushed to the disk.
 *
 * cache_outbox.c: entries. cache_overlay.c: what customers show. cache_push.c: what is sent and
 * answered.
 */

#include "cache.h"
#include "cache_apply.h"
#include "position.h"
#include "sync_run.h"

#include <khach/outbox.h>

#include "khach/v1/sync.pb-c.h"

#define KHACH_CLIENT_ID_BYTES 16
/* Of one request. */
#define KHACH_PUSH_MUTATIONS_MAX 500
#define KHACH_PUSH_BYTES_MAX 262144
/* Answered mutations are kept for a server that is restored, until a backup has them; at most so
 * many, and so long. */
#define KHACH_OUTBOX_KEPT_MAX 10000
#define KHACH_OUTBOX_KEPT_MS (INT64_C(90) * 24 * 3600 * 1000)

extern const char khach__cache_outbox_sql[];

/* Of a customer: ?1. An empty payload is a mutation without a change. */
#define KHACH_OUTBOX_CLEAR_ERASED \
    "UPDATE outbox SET payload = x'', outcome = x''" \
    " WHERE target = ?1 AND is_erased = 1 AND state <> 2"

/* The one row of outbox_state. */
typedef struct khach_outbox_state {
    uint8_t client_id[KHACH_CLIENT_ID_BYTES];
    uint64_t last_id;         /* that was given to a mutation */
    uint64_t acknowledged_id; /* the server's outcomes up to here are here, or given up */
    uint8_t generation[KHACH_GENERATION_BYTES];
    bool has_generation;
    bool is_check_due; /* the server was restored: it may have lost what it had answered */
} khach_outbox_state;

/* cache_outbox.c */
khach_status khach__outbox_state_read(
    khach_cache *cache, khach_outbox_state *state, khach_error **error);
khach_status khach__outbox_state_write(
    khach_cache *cache, const khach_outbox_state *state, khach_error **error);
/* A write of the outbox: under the lock, in a transaction that is flushed to the disk at its end.
 * khach__outbox_end() belongs to every khach__outbox_begin(), and takes the status so far. */
khach_status khach__outbox_begin(khach_apply *work);
khach_status khach__outbox_end(khach_apply *work, khach_status status);
/* Gives a mutation its id, keeps it, and shows it. */
khach_status khach__outbox_append(khach_apply *work, Khach__V1__ClientMutation *mutation,
    int64_t customer, uint64_t *mutation_id);
/* outbox_edit.c: makes a mutation one of what a customer shows now. */
khach_status khach__outbox_rebase(
    khach_apply *work, Khach__V1__ClientMutation *mutation, int64_t customer, int64_t now_ms);
/* outbox_edit.c: accepts an edit, and shows it. */
khach_status khach__outbox_add(khach_cache *cache, const khach_edit *edit, int64_t now_ms,
    uint64_t *mutation_id, khach_error **error);
khach_status khach__outbox_discard(khach_cache *cache, uint64_t mutation_id, khach_error **error);
khach_status khach__outbox_retry(khach_cache *cache, uint64_t mutation_id, int64_t now_ms,
    uint64_t *new_id, khach_error **error);
khach_status khach__outbox_list(
    khach_cache *cache, khach_outbox_list **out, khach_error **error);
/* How many wait, and how many were not done and nobody has looked after them yet. */
khach_status khach__outbox_counts(
    khach_cache *cache, uint64_t *waiting, uint64_t *failed, khach_error **error);

/* cache_overlay.c, cache_settle.c: within the transaction of whoever calls. */
/* Runs a statement with up to two numbers. */
khach_status khach__outbox_run(khach_cache *cache, const char *sql, int64_t first, int64_t second,
    khach_error **error);
/* Whether any customer shows an edit. */
khach_status khach__overlay_is_used(khach_cache *cache, bool *out, khach_error **error);
/* Shows a customer anew: its base, and over it the edits that wait. */
khach_status khach__overlay_refresh(khach_apply *page, int64_t customer);
/* Shows one more edit over what a customer shows. KHACH_E_NOT_FOUND when there is no such one. */
khach_status khach__overlay_add(
    khach_apply *page, int64_t customer, const Khach__V1__ClientMutation *mutation);
/* The base of a customer has been written to its row, or the row is gone. */
khach_status khach__overlay_forget(khach_apply *page, int64_t customer);
/* Edits of a customer that was linked show with the one that stayed. */
khach_status khach__overlay_retarget(khach_apply *page, int64_t from, int64_t to);
/* Takes what is erased out of the outbox. */
khach_status khach__overlay_erase(khach_apply *page, int64_t customer);
/* Takes what was done to customers who are not there any more out of the outbox, after a repair:
 * nobody says whether they were erased. */
khach_status khach__overlay_lose(khach_cache *cache, khach_error **error);
/* Edits whose effect the cache has from the feed are shown no more. */
khach_status khach__overlay_settle(khach_apply *page);
/* False when a customer does not show what its base and the outbox say. */
khach_status khach__overlay_is_true(khach_cache *cache, int64_t customer, const uint8_t *base,
    size_t base_bytes, const uint8_t *shown, size_t shown_bytes, bool *out, khach_error **error);

/* cache_push.c, and sync_push.c for the calls */
/* What is to be sent now. */
typedef struct khach_push_batch {
    khach_outbox_state state;
    khach_bytes request; /* free() the bytes; none when there is nothing to send */
    uint64_t first_id;
    size_t count; /* 0 asks where the server stands */
} khach_push_batch;

/* Whether there is anything to send or to ask; without the lock, for that is mostly not so. */
khach_status khach__push_is_due(khach_cache *cache, bool *out, khach_error **error);
khach_status khach__push_next(khach_cache *cache, khach_push_batch *batch, khach_error **error);
/* What came of it; `asked` says that nothing was sent. */
khach_status khach__push_answered(khach_cache *cache, const khach_push_batch *batch,
    const uint8_t *reply, size_t reply_bytes, int64_t now_ms, khach_error **error);
/* A cursor is taken, within the transaction of whoever calls: of another history than the outbox
 * knows, it makes the same due as khach__push_note_restored(). */
khach_status khach__push_note_generation(
    khach_cache *cache, const khach_bytes *cursor, khach_error **error);
/* The server was restored: ask where it stands, before anything is sent. */
khach_status khach__push_note_restored(khach_cache *cache, khach_error **error);
/* Another cache has this one's name: take a new one for what was not answered. */
khach_status khach__push_note_forked(khach_cache *cache, khach_error **error);

/* sync_push.c: what came of sending a batch in a run. */
khach_status khach__sync_run_pushed(khach_sync_run *run, const khach_push_batch *batch,
    khach_status status, const uint8_t *reply, size_t reply_bytes, khach_error *why,
    int64_t now_ms, khach_sync_progress *progress, khach_error **error);

#endif
