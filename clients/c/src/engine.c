#include "engine_state.h"

#include <stdlib.h>
#include <string.h>

bool khach__engine_copy(khach_bytes *out, const uint8_t *bytes, size_t count)
{
    uint8_t *copied = malloc(count + 1);

    if (copied == NULL)
        return false;
    if (count > 0)
        memcpy(copied, bytes, count);
    free(out->bytes);
    *out = (khach_bytes){copied, count};
    return true;
}
/* --- stopping --- */

void khach__engine_stop(khach_engine *engine, khach_status status, khach_error *error)
{
    engine->state = STATE_STOPPED;
    engine->status = status;
    engine->error = error;
    engine->action = (khach_action){.kind = KHACH_ACTION_STOP};
}

void khach__engine_stop_memory(khach_engine *engine)
{
    khach_error *error = NULL;

    (void)khach__error_set(&error, KHACH_E_MEMORY, "no memory to sync");
    khach__engine_stop(engine, KHACH_E_MEMORY, error);
}

void khach__engine_call(
    khach_engine *engine, engine_state state, const char *method, khach_status made)
{
    if (made != KHACH_OK) {
        khach__engine_stop_memory(engine);
        return;
    }
    engine->state = state;
    engine->action = (khach_action){
        .kind = KHACH_ACTION_CALL, .method = method, .request = &engine->request};
}

void khach__engine_clear_request(khach_engine *engine)
{
    free(engine->request.bytes);
    engine->request = (khach_bytes){NULL, 0};
}

/* --- the feed --- */

void khach__engine_pull(khach_engine *engine)
{
    khach__engine_clear_request(engine);
    khach__engine_call(engine, STATE_PULLING, "PullChanges",
        khach__sync_request(&engine->request, engine->business_id, &engine->cursor,
            engine->start.page_rows, engine->start.page_bytes));
}

static void pulled(khach_engine *engine, const uint8_t *bytes, size_t bytes_count)
{
    khach_error *error = NULL;
    khach_status status = khach__sync_page_read(&engine->page, bytes, bytes_count, &error);

    /* A page that moves nothing would be asked for again without end. */
    if (status == KHACH_OK && engine->page.has_more
        && engine->page.cursor_bytes == engine->cursor.count
        && memcmp(engine->page.cursor, engine->cursor.bytes, engine->cursor.count) == 0)
        status = khach__error_set(
            &error, KHACH_E_PROTOCOL, "a cursor that moves expected, the same found");
    if (status != KHACH_OK) {
        khach__engine_stop(engine, status, error);
        return;
    }
    if (engine->page.tombstone_horizon != 0 && engine->report.cause == KHACH_CAUSE_NONE)
        engine->report.cause = KHACH_CAUSE_HORIZON;
    engine->state = STATE_APPLYING;
    engine->action = (khach_action){
        .kind = KHACH_ACTION_APPLY, .page = &engine->page, .cursor = &engine->cursor};
}

/* Whether a comparison is still to be made, now that there is no more to pull. */
static bool is_comparison_due(const khach_engine *engine)
{
    if (engine->rounds >= KHACH_ENGINE_ROUNDS_MAX)
        return false;
    if (engine->rounds > 0)
        return !engine->report.is_equal && engine->start.goal != KHACH_GOAL_VERIFY;
    return engine->start.goal != KHACH_GOAL_SYNC || engine->report.cause != KHACH_CAUSE_NONE;
}

void khach__engine_applied(
    khach_engine *engine, const khach_bytes *cursor, uint64_t seq, bool was_dropped)
{
    bool has_more = engine->page.has_more || was_dropped;

    if (!khach__engine_copy(&engine->cursor, cursor->bytes, cursor->count)) {
        khach__engine_stop_memory(engine);
        return;
    }
    engine->start.seq = seq;
    if (has_more)
        khach__engine_pull(engine);
    else if (is_comparison_due(engine))
        khach__engine_compare(engine);
    else
        khach__engine_stop(engine, KHACH_OK, NULL);
}
/* --- events --- */

void khach__engine_mended(khach_engine *engine)
{
    switch (engine->state) {
    case STATE_DROPPING:
        khach__engine_next_drop(engine);
        break;
    case STATE_DIRECTORY_MENDING:
        khach__engine_directory_mended(engine);
        break;
    case STATE_MENDING:
        engine->rows.dropped_count = 0;
        khach__engine_next_fetch(engine);
        break;
    case STATE_ADOPTING:
        khach__engine_clear_comparison(engine);
        /* An empty cache that begins anew has compared nothing, and need not. */
        if (engine->adopted.count > 0)
            engine->rounds++;
        else if (engine->start.goal == KHACH_GOAL_SYNC)
            engine->report.cause = KHACH_CAUSE_NONE;
        engine->start.seq = engine->adopted_seq;
        if (!khach__engine_copy(&engine->cursor, engine->adopted.bytes, engine->adopted.count))
            khach__engine_stop_memory(engine);
        else
            khach__engine_pull(engine);
        break;
    default:
        break;
    }
}

void khach__engine_reply(khach_engine *engine, const uint8_t *bytes, size_t bytes_count)
{
    engine->report.received_bytes += bytes_count;
    if (engine->state != STATE_PULLING)
        engine->report.compared_bytes += bytes_count;
    switch (engine->state) {
    case STATE_PULLING:
        pulled(engine, bytes, bytes_count);
        break;
    case STATE_ROOTS:
        khach__engine_roots_came(engine, bytes, bytes_count);
        break;
    case STATE_DIRECTORY:
        khach__engine_directory_came(engine, bytes, bytes_count);
        break;
    case STATE_SLOTS:
        khach__engine_slots_came(engine, bytes, bytes_count);
        break;
    case STATE_REVISIONS:
        khach__engine_revisions_came(engine, bytes, bytes_count);
        break;
    case STATE_FETCHING:
        khach__engine_records_came(engine, bytes, bytes_count);
        break;
    default:
        break;
    }
}

static khach_cause cause_of(khach_status status)
{
    switch (status) {
    case KHACH_E_GENERATION_CHANGED:
        return KHACH_CAUSE_GENERATION;
    case KHACH_E_CURSOR_AHEAD:
        return KHACH_CAUSE_AHEAD;
    case KHACH_E_CURSOR_INVALID:
        return KHACH_CAUSE_CURSOR;
    case KHACH_E_SCOPE_CHANGED:
        return KHACH_CAUSE_SCOPE;
    default:
        return KHACH_CAUSE_NONE;
    }
}

void khach__engine_failure(khach_engine *engine, khach_status status, khach_error *error)
{
    khach_cause cause = cause_of(status);

    if (engine->state != STATE_PULLING || cause == KHACH_CAUSE_NONE || engine->has_recovered) {
        khach__engine_stop(engine, status, error);
        return;
    }
    /* The cursor is of no use: what is in the cache is. */
    khach_error_free(error);
    engine->has_recovered = true;
    engine->report.cause = cause;
    if (engine->start.customers_count > 0) {
        khach__engine_compare(engine);
    } else if (!khach__engine_copy(&engine->adopted, NULL, 0)) {
        khach__engine_stop_memory(engine);
    } else {
        engine->adopted_seq = 0;
        engine->state = STATE_ADOPTING;
        engine->action = (khach_action){.kind = KHACH_ACTION_ADOPT, .cursor = &engine->adopted};
    }
}
/* --- beginning and end --- */

khach_engine *khach__engine_open(const khach_engine_start *start)
{
    khach_engine *engine = calloc(1, sizeof(*engine));

    if (engine == NULL)
        return NULL;
    engine->start = *start;
    engine->start.business_id = engine->business_id;
    engine->start.cursor = NULL;
    (void)strncpy(engine->business_id, start->business_id, sizeof(engine->business_id) - 1);
    if (start->is_repairing || start->goal != KHACH_GOAL_SYNC)
        engine->report.cause = KHACH_CAUSE_ASKED;
    if (khach__engine_copy(&engine->cursor, start->cursor->bytes, start->cursor->count))
        khach__engine_pull(engine);
    else
        khach__engine_stop_memory(engine);
    return engine;
}

void khach__engine_close(khach_engine *engine)
{
    if (engine == NULL)
        return;
    khach__engine_clear_comparison(engine);
    khach__engine_clear_request(engine);
    free(engine->cursor.bytes);
    free(engine->adopted.bytes);
    khach_error_free(engine->error);
    free(engine);
}

const khach_action *khach__engine_action(const khach_engine *engine)
{
    return &engine->action;
}

const khach_engine_report *khach__engine_report(const khach_engine *engine)
{
    return &engine->report;
}

khach_status khach__engine_status(const khach_engine *engine)
{
    return engine->status;
}

khach_error *khach__engine_take_error(khach_engine *engine)
{
    khach_error *error = engine->error;

    engine->error = NULL;
    return error;
}
