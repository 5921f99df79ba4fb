/* The entries of the outbox: accepting edits, taking them back, making them once more. */

#include "decode.h"
#include "outbox.h"

#include <stdlib.h>
#include <string.h>

/* Edits that wait; more is a mistake, or a server that is never there. */
#define WAITING_MAX 1000000

const char khach__cache_outbox_sql[] =
    "CREATE TABLE outbox_state("
    "  one INTEGER PRIMARY KEY CHECK (one = 1), client_id BLOB NOT NULL,"
    "  last_id INTEGER NOT NULL DEFAULT 0, acknowledged_id INTEGER NOT NULL DEFAULT 0,"
    "  generation BLOB NOT NULL DEFAULT x'', is_check_due INTEGER NOT NULL DEFAULT 0);"
    "INSERT INTO outbox_state(one, client_id) VALUES (1, randomblob(16));"
    /* `state` is a khach_mutation_state. `shown`: 0 not, 1 since it waits, 2 until the feed brings
     * its effect. `target` is the customer that shows it. */
    "CREATE TABLE outbox("
    "  mutation_id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, target INTEGER NOT NULL,"
    "  state INTEGER NOT NULL DEFAULT 1, shown INTEGER NOT NULL DEFAULT 1,"
    "  is_closed INTEGER NOT NULL DEFAULT 0, is_erased INTEGER NOT NULL DEFAULT 0,"
    "  seq INTEGER NOT NULL DEFAULT 0, answered_at_ms INTEGER NOT NULL DEFAULT 0,"
    "  payload BLOB NOT NULL, outcome BLOB NOT NULL DEFAULT x'');"
    "CREATE INDEX outbox_by_target ON outbox(target, mutation_id) WHERE shown > 0;"
    "CREATE INDEX outbox_to_settle ON outbox(seq) WHERE shown = 2;"
    "CREATE INDEX outbox_to_send ON outbox(mutation_id) WHERE state <= 2;"
    "CREATE INDEX outbox_failed ON outbox(mutation_id) WHERE state >= 5 AND is_closed = 0;"
    "CREATE INDEX outbox_of_customer ON outbox(target);"
    /* What the server said last of customers that show edits. */
    "CREATE TABLE overlays(id INTEGER PRIMARY KEY, record BLOB NOT NULL);";

/* --- the state --- */

khach_status khach__outbox_state_read(
    khach_cache *cache, khach_outbox_state *state, khach_error **error)
{
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row,
        "SELECT client_id, last_id, acknowledged_id, generation, is_check_due FROM outbox_state",
        error);

    *state = (khach_outbox_state){0};
    if (status != KHACH_OK)
        return status;
    if (khach__cache_has_row(cache, row, &status, error)
        && sqlite3_column_bytes(row, 0) == KHACH_CLIENT_ID_BYTES) {
        memcpy(state->client_id, sqlite3_column_blob(row, 0), KHACH_CLIENT_ID_BYTES);
        state->last_id = (uint64_t)sqlite3_column_int64(row, 1);
        state->acknowledged_id = (uint64_t)sqlite3_column_int64(row, 2);
        state->has_generation = sqlite3_column_bytes(row, 3) == KHACH_GENERATION_BYTES;
        if (state->has_generation)
            memcpy(state->generation, sqlite3_column_blob(row, 3), KHACH_GENERATION_BYTES);
        state->is_check_due = sqlite3_column_int(row, 4) != 0;
    } else if (status == KHACH_OK) {
        status = khach__error_set(
            error, KHACH_E_CACHE_CORRUPT, "the state of an outbox expected, none found");
    }
    khach__cache_done(cache, row);
    return status;
}

khach_status khach__outbox_state_write(
    khach_cache *cache, const khach_outbox_state *state, khach_error **error)
{
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row,
        "UPDATE outbox_state SET client_id = ?1, last_id = ?2, acknowledged_id = ?3,"
        " generation = ?4, is_check_due = ?5",
        error);

    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_blob(row, 1, state->client_id, KHACH_CLIENT_ID_BYTES, SQLITE_STATIC);
    (void)sqlite3_bind_int64(row, 2, (int64_t)state->last_id);
    (void)sqlite3_bind_int64(row, 3, (int64_t)state->acknowledged_id);
    (void)sqlite3_bind_blob(row, 4, state->generation,
        state->has_generation ? KHACH_GENERATION_BYTES : 0, SQLITE_STATIC);
    (void)sqlite3_bind_int(row, 5, state->is_check_due);
    if (sqlite3_step(row) != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, row);
    return status;
}

/* --- transactions --- */

khach_status khach__outbox_begin(khach_apply *work)
{
    khach_status status = khach__cache_lock(work->cache, work->error);

    if (status != KHACH_OK)
        return status;
    if (work->cache->is_log_unsure && !khach__cache_empty_log(work->cache))
        return khach__error_set(work->error, KHACH_E_IO,
            "a log that is on the disk expected, found that the disk failed");
    work->cache->is_log_unsure = false;
    /* What a caller is told is accepted, and what the server is told is answered, survives a power
     * cut; the setting cannot change within a transaction. */
    status = khach__cache_run(
        work->cache, "PRAGMA synchronous = FULL; BEGIN IMMEDIATE", work->error);
    return status != KHACH_OK ? status
                              : khach__cache_sync_read(work->cache, &work->sync, work->error);
}

/* A failed fsync says neither that the edit is kept nor that it is not, and a second one would say
 * nothing: whatever the log had before is copied into the file, and the log ends there. */
static khach_status commit(khach_apply *work)
{
    khach_status status = khach__cache_step(work->cache, "COMMIT", work->error);

    if (status != KHACH_E_IO)
        return status;
    status = khach__error_set(work->error, KHACH_E_OUTCOME_UNKNOWN,
        "an edit on the disk expected, found that it failed: whether it was kept is not known "
        "(%d)", sqlite3_extended_errcode(work->cache->db));
    khach__cache_rollback(work->cache);
    work->cache->is_log_unsure = !khach__cache_empty_log(work->cache);
    return status;
}

khach_status khach__outbox_end(khach_apply *work, khach_status status)
{
    if (work->cache->lock_fd >= 0 && sqlite3_get_autocommit(work->cache->db) == 0) {
        if (status == KHACH_OK)
            status = khach__cache_sync_write(work->cache, &work->sync, work->error);
        if (status == KHACH_OK)
            status = commit(work);
        if (status != KHACH_OK)
            khach__cache_rollback(work->cache);
        (void)sqlite3_exec(work->cache->db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
        khach__cache_checkpoint(work->cache, false);
        khach__cache_unlock(work->cache);
    } else if (work->cache->lock_fd >= 0) {
        khach__cache_release(work->cache);
    }
    free(work->sync.cursor.bytes);
    work->sync.cursor = (khach_bytes){0};
    return status;
}

/* --- accepting --- */

khach_status khach__outbox_append(khach_apply *work, Khach__V1__ClientMutation *mutation,
    int64_t customer, uint64_t *mutation_id)
{
    khach_cache *cache = work->cache;
    khach_outbox_state state;
    sqlite3_stmt *insert = NULL;
    uint8_t *payload = NULL;
    size_t payload_bytes = 0;
    khach_status status = khach__outbox_state_read(cache, &state, work->error);

    if (status != KHACH_OK)
        return status;
    if (state.last_id - state.acknowledged_id >= WAITING_MAX)
        return khach__error_set(work->error, KHACH_E_INVALID,
            "at most %d edits that wait expected, found as many: sync first", WAITING_MAX);
    mutation->mutation_id = ++state.last_id;
    payload_bytes = khach__v1__client_mutation__get_packed_size(mutation);
    payload = malloc(payload_bytes + 1);
    if (payload == NULL)
        return khach__error_set(work->error, KHACH_E_MEMORY, "no memory for an edit");
    (void)khach__v1__client_mutation__pack(mutation, payload);
    if (!khach__record_check(
            &khach__v1__client_mutation__descriptor, payload, payload_bytes))
        status = khach__error_set(
            work->error, KHACH_E_INVALID, "texts in UTF-8 expected, other bytes found");
    if (status == KHACH_OK)
        status = khach__overlay_add(work, customer, mutation);
    if (status == KHACH_OK)
        status = khach__cache_prepare(cache, &insert,
            "INSERT INTO outbox(mutation_id, customer, target, payload) VALUES (?1, ?2, ?2, ?3)",
            work->error);
    if (status == KHACH_OK) {
        (void)sqlite3_bind_int64(insert, 1, (int64_t)mutation->mutation_id);
        (void)sqlite3_bind_int64(insert, 2, customer);
        (void)sqlite3_bind_blob64(insert, 3, payload, payload_bytes, SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE)
            status = khach__cache_failure(cache, work->error);
    }
    khach__cache_done(cache, insert);
    free(payload);
    if (status == KHACH_OK)
        status = khach__outbox_state_write(cache, &state, work->error);
    if (status == KHACH_OK && mutation_id != NULL)
        *mutation_id = mutation->mutation_id;
    return status;
}

/* --- taking back, making once more --- */

/* What is known of a mutation. */
typedef struct entry {
    int state;
    bool is_closed;
    int64_t target;
    Khach__V1__ClientMutation *mutation; /* NULL without a payload */
} entry;

static khach_status read_entry(
    khach_apply *work, uint64_t mutation_id, entry *out, khach_error **error)
{
    sqlite3_stmt *row = NULL;
    khach_decoder decoder;
    khach_status status = khach__cache_prepare(work->cache, &row,
        "SELECT state, is_closed, target, payload FROM outbox WHERE mutation_id = ?1", error);

    *out = (entry){0};
    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_int64(row, 1, (int64_t)mutation_id);
    if (khach__cache_has_row(work->cache, row, &status, error)) {
        size_t bytes = (size_t)sqlite3_column_bytes(row, 3);

        out->state = sqlite3_column_int(row, 0);
        out->is_closed = sqlite3_column_int(row, 1) != 0;
        out->target = sqlite3_column_int64(row, 2);
        khach__decoder_open(&decoder);
        if (bytes > 0)
            out->mutation = khach__v1__client_mutation__unpack(
                &decoder.allocator, bytes, sqlite3_column_blob(row, 3));
        if (bytes > 0 && out->mutation == NULL)
            status = khach__decoder_failure(
                &decoder, error, KHACH_E_CACHE_CORRUPT, "an edit of the outbox");
    } else if (status == KHACH_OK) {
        status = khach__error_set(error, KHACH_E_NOT_FOUND,
            "mutation_id: one of the outbox expected, none found");
    }
    khach__cache_done(work->cache, row);
    return status;
}

static khach_status discard(khach_apply *work, uint64_t mutation_id)
{
    static const char take_back[] = "UPDATE outbox SET payload = x'', shown = 0, is_closed = 1"
                                    " WHERE mutation_id = ?1";
    static const char close[] = "UPDATE outbox SET is_closed = 1 WHERE mutation_id = ?1";
    entry found;
    khach_status status = read_entry(work, mutation_id, &found, work->error);

    if (status != KHACH_OK)
        return status;
    khach__v1__client_mutation__free_unpacked(found.mutation, NULL);
    switch (found.state) {
    case KHACH_MUTATION_WAITING:
        status =
            khach__outbox_run(work->cache, take_back, (int64_t)mutation_id, 0, work->error);
        return status != KHACH_OK ? status : khach__overlay_refresh(work, found.target);
    case KHACH_MUTATION_SENT:
        return khach__error_set(work->error, KHACH_E_INVALID,
            "a mutation that was never sent, or was not done, expected; found one that was sent "
            "and may have been done: sync first");
    case KHACH_MUTATION_REJECTED:
    case KHACH_MUTATION_SUPERSEDED:
        return khach__outbox_run(work->cache, close, (int64_t)mutation_id, 0, work->error);
    default:
        return khach__error_set(work->error, KHACH_E_INVALID,
            "a mutation that was never sent, or was not done, expected; found one that was done");
    }
}

khach_status khach__outbox_discard(khach_cache *cache, uint64_t mutation_id, khach_error **error)
{
    khach_apply work = {.cache = cache, .error = error};
    khach_status status = khach__outbox_begin(&work);

    if (status == KHACH_OK)
        status = discard(&work, mutation_id);
    return khach__outbox_end(&work, status);
}

khach_status khach__outbox_retry(khach_cache *cache, uint64_t mutation_id, int64_t now_ms,
    uint64_t *new_id, khach_error **error)
{
    khach_apply work = {.cache = cache, .error = error};
    entry found = {0};
    khach_status status = khach__outbox_begin(&work);

    if (status == KHACH_OK)
        status = read_entry(&work, mutation_id, &found, error);
    if (status == KHACH_OK
        && ((found.state != KHACH_MUTATION_REJECTED && found.state != KHACH_MUTATION_SUPERSEDED)
            || found.is_closed || found.mutation == NULL))
        status = khach__error_set(error, KHACH_E_INVALID,
            "a mutation that was not done expected, another found");
    if (status == KHACH_OK)
        status = khach__outbox_rebase(&work, found.mutation, found.target, now_ms);
    if (status == KHACH_OK)
        status = khach__outbox_append(&work, found.mutation, found.target, new_id);
    if (status == KHACH_OK)
        status = khach__outbox_run(cache, "UPDATE outbox SET is_closed = 1 WHERE mutation_id = ?1",
            (int64_t)mutation_id, 0, error);
    khach__v1__client_mutation__free_unpacked(found.mutation, NULL);
    return khach__outbox_end(&work, status);
}

khach_status khach__outbox_counts(
    khach_cache *cache, uint64_t *waiting, uint64_t *failed, khach_error **error)
{
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row,
        "SELECT (SELECT count(*) FROM outbox WHERE state <= 2 AND is_closed = 0),"
        " (SELECT count(*) FROM outbox WHERE state >= 5 AND is_closed = 0)",
        error);

    *waiting = 0;
    *failed = 0;
    if (status != KHACH_OK)
        return status;
    if (sqlite3_step(row) == SQLITE_ROW) {
        *waiting = (uint64_t)sqlite3_column_int64(row, 0);
        *failed = (uint64_t)sqlite3_column_int64(row, 1);
    } else {
        status = khach__cache_failure(cache, error);
    }
    khach__cache_done(cache, row);
    return status;
}
