/* What is sent of the outbox, and what is kept of the answers (sync.md G, N3). */

#include "decode.h"
#include "outbox.h"

#include "wire.h"

#include <stdlib.h>
#include <string.h>

static khach_status no_memory(khach_error **error)
{
    return khach__error_set(error, KHACH_E_MEMORY, "no memory to push");
}

/* --- what is sent --- */

/* Adds a mutation as it is stored, or one without a change. False when there is no memory. */
static bool add_mutation(khach_bytes *request, size_t *room, uint64_t id, const uint8_t *payload,
    size_t payload_bytes)
{
    uint8_t nothing[16];
    Khach__V1__ClientMutation empty = KHACH__V1__CLIENT_MUTATION__INIT;
    uint8_t head[16];
    size_t head_bytes = 0;
    size_t left;

    if (payload_bytes == 0) {
        empty.mutation_id = id;
        payload_bytes = khach__v1__client_mutation__pack(&empty, nothing);
        payload = nothing;
    }
    head[head_bytes++] = 3 << 3 | 2;
    for (left = payload_bytes; left >= 0x80; left >>= 7)
        head[head_bytes++] = (uint8_t)(left | 0x80);
    head[head_bytes++] = (uint8_t)left;
    if (request->count + head_bytes + payload_bytes > *room) {
        size_t grown_room = (request->count + head_bytes + payload_bytes) * 2;
        uint8_t *grown = realloc(request->bytes, grown_room);

        if (grown == NULL)
            return false;
        request->bytes = grown;
        *room = grown_room;
    }
    memcpy(request->bytes + request->count, head, head_bytes);
    memcpy(request->bytes + request->count + head_bytes, payload, payload_bytes);
    request->count += head_bytes + payload_bytes;
    return true;
}

/* The fields of a request that are not mutations. */
static khach_status begin_request(
    khach_cache *cache, khach_push_batch *batch, size_t *room, khach_error **error)
{
    Khach__V1__PushMutationsRequest request = KHACH__V1__PUSH_MUTATIONS_REQUEST__INIT;
    const khach_outbox_state *state = &batch->state;

    request.business_id = cache->business_id;
    request.client_id =
        (ProtobufCBinaryData){KHACH_CLIENT_ID_BYTES, (uint8_t *)(uintptr_t)state->client_id};
    request.acknowledged_id = state->acknowledged_id;
    if (state->has_generation && !state->is_check_due)
        request.generation = (ProtobufCBinaryData){
            KHACH_GENERATION_BYTES, (uint8_t *)(uintptr_t)state->generation};
    *room = khach__v1__push_mutations_request__get_packed_size(&request) + 1;
    batch->request.bytes = malloc(*room);
    if (batch->request.bytes == NULL)
        return no_memory(error);
    batch->request.count =
        khach__v1__push_mutations_request__pack(&request, batch->request.bytes);
    return KHACH_OK;
}

static khach_status add_mutations(
    khach_cache *cache, khach_push_batch *batch, size_t *room, khach_error **error)
{
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row,
        "SELECT mutation_id, payload FROM outbox WHERE state <= 2 ORDER BY mutation_id LIMIT ?1",
        error);
    int result = SQLITE_DONE;

    if (status == KHACH_OK)
        (void)sqlite3_bind_int(row, 1, KHACH_PUSH_MUTATIONS_MAX);
    while (status == KHACH_OK && batch->request.count < KHACH_PUSH_BYTES_MAX
        && (result = sqlite3_step(row)) == SQLITE_ROW) {
        uint64_t id = (uint64_t)sqlite3_column_int64(row, 0);

        if (batch->count == 0)
            batch->first_id = id;
        if (!add_mutation(&batch->request, room, id, sqlite3_column_blob(row, 1),
                (size_t)sqlite3_column_bytes(row, 1)))
            status = no_memory(error);
        batch->count++;
    }
    if (status == KHACH_OK && result != SQLITE_DONE && result != SQLITE_ROW)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, row);
    return status;
}

khach_status khach__push_is_due(khach_cache *cache, bool *out, khach_error **error)
{
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row,
        "SELECT EXISTS(SELECT 1 FROM outbox WHERE state <= 2)"
        " OR (SELECT is_check_due AND last_id > 0 FROM outbox_state)",
        error);

    *out = false;
    if (status != KHACH_OK)
        return status;
    if (sqlite3_step(row) == SQLITE_ROW)
        *out = sqlite3_column_int(row, 0) != 0;
    else
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, row);
    return status;
}

khach_status khach__push_next(khach_cache *cache, khach_push_batch *batch, khach_error **error)
{
    khach_apply work = {.cache = cache, .error = error};
    size_t room = 0;
    bool is_due = false;
    khach_status status;

    *batch = (khach_push_batch){0};
    status = khach__push_is_due(cache, &is_due, error);
    if (status != KHACH_OK || !is_due)
        return status;

    status = khach__outbox_begin(&work);
    if (status == KHACH_OK)
        status = khach__outbox_state_read(cache, &batch->state, error);
    if (status == KHACH_OK)
        status = begin_request(cache, batch, &room, error);
    if (status == KHACH_OK && !batch->state.is_check_due)
        status = add_mutations(cache, batch, &room, error);
    /* From now on nobody can say that they were never sent. */
    if (status == KHACH_OK && batch->count > 0)
        status = khach__outbox_run(cache,
            "UPDATE outbox SET state = 2 WHERE state = 1 AND mutation_id < ?1",
            (int64_t)(batch->first_id + batch->count), 0, error);
    status = khach__outbox_end(&work, status);
    if (status != KHACH_OK) {
        free(batch->request.bytes);
        batch->request = (khach_bytes){0};
    }
    return status;
}

/* --- what is answered --- */

/* The number of the customer that an outcome names; -1 when it names none. */
static int64_t other_customer(const Khach__V1__MutationOutcome *outcome)
{
    return khach__record_number('c', outcome->customer_id);
}

/* Keeps one outcome; tells whose row is to be shown anew. */
static khach_status keep_outcome(khach_apply *work, const Khach__V1__MutationOutcome *outcome,
    const uint8_t *bytes, size_t bytes_count, int64_t now_ms, int64_t *target)
{
    static const char sql[] =
        "UPDATE outbox SET state = ?2, outcome = ?3, seq = ?4, answered_at_ms = ?5,"
        " shown = CASE WHEN shown > 0 AND ?2 <= 4 AND ?4 > ?6 THEN 2 ELSE 0 END,"
        " target = CASE WHEN ?7 >= 0 THEN ?7 ELSE target END,"
        /* Whom neither the server nor the cache knows is gone, perhaps erased. */
        " is_erased = is_erased OR (?2 = 5 AND ?8"
        "   AND target NOT IN (SELECT id FROM base_customers))"
        " WHERE mutation_id = ?1 AND state <= 2 RETURNING target";
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(work->cache, &row, sql, work->error);
    int state = (int)outcome->result + 2;

    *target = -1;
    if (status != KHACH_OK)
        return status;
    if (state < KHACH_MUTATION_APPLIED || state > KHACH_MUTATION_SUPERSEDED)
        state = KHACH_MUTATION_REJECTED; /* a result of a later version: its message says more */
    (void)sqlite3_bind_int64(row, 1, (int64_t)outcome->mutation_id);
    (void)sqlite3_bind_int(row, 2, state);
    (void)sqlite3_bind_blob64(row, 3, bytes, bytes_count, SQLITE_STATIC);
    (void)sqlite3_bind_int64(row, 4, (int64_t)outcome->seq);
    (void)sqlite3_bind_int64(row, 5, now_ms);
    (void)sqlite3_bind_int64(row, 6, (int64_t)work->sync.seq);
    (void)sqlite3_bind_int64(row, 7, other_customer(outcome));
    (void)sqlite3_bind_int(row, 8, work->sync.phase == KHACH_PHASE_COMPLETE);
    switch (sqlite3_step(row)) {
    case SQLITE_ROW:
        *target = sqlite3_column_int64(row, 0);
        if (sqlite3_step(row) != SQLITE_DONE)
            status = khach__cache_failure(work->cache, work->error);
        break;
    case SQLITE_DONE:
        break; /* Another process has kept it. */
    default:
        status = khach__cache_failure(work->cache, work->error);
        break;
    }
    khach__cache_done(work->cache, row);
    return status;
}

/* Keeps the outcomes of a reply; `*last` is the last of them. */
static khach_status keep_outcomes(khach_apply *work, const uint8_t *reply, size_t reply_bytes,
    int64_t now_ms, uint64_t *last)
{
    khach_wire wire = khach__wire_open(reply, reply_bytes);
    khach_wire_field field;
    khach_status status = KHACH_OK;

    while (status == KHACH_OK && khach__wire_next(&wire, &field)) {
        Khach__V1__MutationOutcome *outcome = NULL;
        khach_decoder decoder;
        int64_t target = -1;

        if (field.number != 1 || field.type != KHACH_WIRE_BYTES)
            continue;
        khach__decoder_open(&decoder);
        if (khach__record_check(
                &khach__v1__mutation_outcome__descriptor, field.bytes, field.bytes_count))
            outcome = khach__v1__mutation_outcome__unpack(
                &decoder.allocator, field.bytes_count, field.bytes);
        if (outcome == NULL)
            return khach__decoder_failure(
                &decoder, work->error, KHACH_E_PROTOCOL, "the outcome of a mutation");
        if (outcome->mutation_id > *last)
            *last = outcome->mutation_id;
        status = keep_outcome(
            work, outcome, field.bytes, field.bytes_count, now_ms, &target);
        if (status == KHACH_OK && target >= 0)
            status = khach__outbox_run(
                work->cache, KHACH_OUTBOX_CLEAR_ERASED, target, 0, work->error);
        if (status == KHACH_OK && target >= 0)
            status = khach__overlay_refresh(work, target);
        khach__v1__mutation_outcome__free_unpacked(outcome, NULL);
    }
    return status;
}

/* The server was restored to where it knew less: what it had answered since is sent again, as far
 * as it is here; what it had not done is not asked for anew. */
static khach_status send_again(khach_apply *work, khach_outbox_state *state, uint64_t last)
{
    static const char again[] =
        /* Of whom it was asked: that the customer was linked may be undone as well. */
        "UPDATE outbox SET state = 2, seq = 0, outcome = x'', target = customer,"
        " shown = CASE WHEN state <= 4 AND is_erased = 0 THEN 1 ELSE 0 END,"
        " payload = CASE WHEN state <= 4 THEN payload ELSE x'' END,"
        " is_closed = is_closed OR state > 4"
        " WHERE mutation_id > ?1 AND state > 2";
    khach_cache *cache = work->cache;
    sqlite3_stmt *row = NULL;
    khach_status status = khach__outbox_run(cache, again, (int64_t)last, 0, work->error);

    if (status == KHACH_OK)
        status = khach__cache_prepare(cache, &row,
            "SELECT min(mutation_id) FROM outbox WHERE state <= 2", work->error);
    if (khach__cache_has_row(cache, row, &status, work->error)
        && sqlite3_column_type(row, 0) != SQLITE_NULL)
        state->acknowledged_id = (uint64_t)sqlite3_column_int64(row, 0) - 1;
    khach__cache_done(cache, row);
    row = NULL;
    if (status == KHACH_OK)
        status = khach__cache_prepare(cache, &row,
            "SELECT id FROM overlays UNION SELECT target FROM outbox WHERE shown = 1", work->error);
    while (khach__cache_has_row(cache, row, &status, work->error))
        status = khach__overlay_refresh(work, sqlite3_column_int64(row, 0));
    khach__cache_done(cache, row);
    return status;
}

/* Forgets what no restored server will need (N3). */
static khach_status forget(khach_apply *work, const khach_outbox_state *state, uint64_t durable,
    int64_t now_ms)
{
    static const char sql[] =
        "DELETE FROM outbox WHERE state > 2 AND shown = 0 AND (state <= 4 OR is_closed = 1)"
        " AND mutation_id <= ?1";
    static const char old[] =
        "DELETE FROM outbox WHERE state > 2 AND shown = 0 AND (state <= 4 OR is_closed = 1)"
        " AND mutation_id <= ?1 AND answered_at_ms < ?2";
    uint64_t kept = state->last_id > KHACH_OUTBOX_KEPT_MAX
        ? state->last_id - KHACH_OUTBOX_KEPT_MAX
        : 0;
    uint64_t until = durable > kept ? durable : kept;
    khach_status status;

    if (until > state->acknowledged_id)
        until = state->acknowledged_id;
    status = khach__outbox_run(work->cache, sql, (int64_t)until, 0, work->error);
    if (status == KHACH_OK)
        status = khach__outbox_run(work->cache, old, (int64_t)state->acknowledged_id,
            now_ms - KHACH_OUTBOX_KEPT_MS, work->error);
    return status;
}

/* What a reply says beside its outcomes. */
static khach_status take_reply(khach_apply *work, const khach_push_batch *batch,
    const Khach__V1__PushMutationsResponse *reply, khach_outbox_state *state, int64_t now_ms)
{
    bool is_other = state->has_generation
        && memcmp(state->generation, reply->generation.data, KHACH_GENERATION_BYTES) != 0;
    khach_status status = KHACH_OK;

    if (batch->count == 0) {
        if (is_other)
            status = send_again(work, state, reply->last_mutation_id);
        state->is_check_due = false;
    }
    memcpy(state->generation, reply->generation.data, KHACH_GENERATION_BYTES);
    state->has_generation = true;
    if (status == KHACH_OK && batch->count > 0)
        status = forget(work, state, reply->durable_mutation_id, now_ms);
    return status;
}

khach_status khach__push_answered(khach_cache *cache, const khach_push_batch *batch,
    const uint8_t *reply, size_t reply_bytes, int64_t now_ms, khach_error **error)
{
    khach_apply work = {.cache = cache, .error = error};
    khach_decoder decoder;
    Khach__V1__PushMutationsResponse *read;
    khach_outbox_state state = {0};
    uint64_t last = 0;
    khach_status status = KHACH_OK;

    khach__decoder_open(&decoder);
    read = khach__v1__push_mutations_response__unpack(&decoder.allocator, reply_bytes, reply);
    if (read == NULL)
        return khach__decoder_failure(&decoder, error, KHACH_E_PROTOCOL, "outcomes");
    if (read->generation.len != KHACH_GENERATION_BYTES || read->n_outcomes > batch->count
        || (batch->count > 0 && read->n_outcomes == 0)) {
        status = khach__error_set(error, KHACH_E_PROTOCOL,
            "1 to %zu outcomes and a generation expected, others found", batch->count);
        goto done;
    }
    status = khach__outbox_begin(&work);
    if (status == KHACH_OK)
        status = khach__outbox_state_read(cache, &state, error);
    if (status == KHACH_OK)
        status = keep_outcomes(&work, reply, reply_bytes, now_ms, &last);
    if (status == KHACH_OK && last > state.acknowledged_id)
        state.acknowledged_id = last;
    if (status == KHACH_OK)
        status = take_reply(&work, batch, read, &state, now_ms);
    if (status == KHACH_OK)
        status = khach__outbox_state_write(cache, &state, error);
    status = khach__outbox_end(&work, status);

done:
    khach__v1__push_mutations_response__free_unpacked(read, NULL);
    return status;
}

/* --- what went wrong --- */

khach_status khach__push_note_generation(
    khach_cache *cache, const khach_bytes *cursor, khach_error **error)
{
    uint8_t generation[KHACH_GENERATION_BYTES];
    khach_outbox_state state;
    khach_status status = khach__outbox_state_read(cache, &state, error);

    if (status != KHACH_OK || !state.has_generation
        || !khach__position_generation(generation, cursor)
        || memcmp(generation, state.generation, sizeof(generation)) == 0)
        return status;
    state.is_check_due = true;
    return khach__outbox_state_write(cache, &state, error);
}

khach_status khach__push_note_restored(khach_cache *cache, khach_error **error)
{
    khach_status status = khach__cache_lock(cache, error);

    if (status != KHACH_OK)
        return status;
    status = khach__cache_step(cache, "UPDATE outbox_state SET is_check_due = 1", error);
    khach__cache_unlock(cache);
    return status;
}

khach_status khach__push_note_forked(khach_cache *cache, khach_error **error)
{
    /* What was answered to the old name is not this cache's to send again. */
    static const char sql[] =
        "UPDATE outbox_state SET client_id = randomblob(16), acknowledged_id ="
        " coalesce((SELECT min(mutation_id) FROM outbox WHERE state <= 2), last_id + 1) - 1;"
        "DELETE FROM outbox WHERE state IN (3, 4) AND shown = 0;";
    khach_apply work = {.cache = cache, .error = error};
    khach_status status = khach__outbox_begin(&work);

    if (status == KHACH_OK)
        status = khach__cache_run(cache, sql, error);
    return khach__outbox_end(&work, status);
}
