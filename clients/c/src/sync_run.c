#include "sync_run.h"

#include "cache_quarantine.h"

#include <stdlib.h>
#include <string.h>

#define SYNC_SERVICE "khach.v1.SyncService"

khach_status khach__sync_run_open(
    khach_sync_run *run, khach_goal goal, bool accepts_shrink, khach_error **error)
{
    khach_cache_sync sync = {0};
    khach_engine_start start = {
        .goal = goal,
        .business_id = run->cache->business_id,
        .cursor = &sync.cursor,
        .accepts_shrink = accepts_shrink,
        .page_rows = run->options->page_rows,
        .page_bytes = run->options->page_bytes,
    };
    khach_status status = khach__lead_take(run->cache, error);

    /* First: whatever comes is written beside what is derived. */
    if (status == KHACH_OK && goal == KHACH_GOAL_REPAIR)
        status = khach__cache_mend_derived(run->cache, error);
    if (status == KHACH_OK)
        status = khach__quarantine_retry(run->cache, goal == KHACH_GOAL_REPAIR, error);
    if (status == KHACH_OK)
        status = khach__cache_sync_read(run->cache, &sync, error);
    if (status == KHACH_OK && sync.has_erased)
        khach__cache_empty_log_if_free(run->cache);
    start.seq = sync.seq;
    start.customers_count = sync.customers_count;
    start.is_repairing = sync.repairing == KHACH_REPAIRING_COMPARING;
    if (status == KHACH_OK) {
        run->engine = khach__engine_open(&start);
        if (run->engine == NULL)
            status = khach__error_set(error, KHACH_E_MEMORY, "no memory to sync");
    }
    free(sync.cursor.bytes);
    return status;
}

void khach__sync_run_close(khach_sync_run *run)
{
    khach__engine_close(run->engine);
    run->engine = NULL;
    khach_error_free(run->push_error);
    run->push_error = NULL;
    run->push_status = KHACH_OK;
    run->push_turns = 0;
    if (run->cache != NULL)
        khach__lead_leave(run->cache);
}

/* Says to the engine that something failed. */
static void fail(khach_sync_run *run, khach_status status, khach_error *error)
{
    khach__engine_failure(run->engine, status, error);
}

void khach__sync_run_answer(khach_sync_run *run, khach_status status, const uint8_t *reply,
    size_t reply_bytes, khach_error *error)
{
    if (status == KHACH_OK)
        khach__engine_reply(run->engine, reply, reply_bytes);
    else
        fail(run, status, error);
}

static void make_call(khach_sync_run *run)
{
    const khach_action *action = khach__engine_action(run->engine);
    khach_call call = {run->address, SYNC_SERVICE, action->method,
        run->options->connect_timeout_ms, run->options->call_timeout_ms};
    const uint8_t *reply = NULL;
    size_t reply_bytes = 0;
    khach_error *error = NULL;
    khach_status status = khach__connection_call(
        run->connection, &call, action->request, &reply, &reply_bytes, &error);

    khach__sync_run_answer(run, status, reply, reply_bytes, error);
}

static void apply(khach_sync_run *run, const khach_action *action, khach_sync_progress *progress)
{
    khach_cache_sync sync = {0};
    khach_error *error = NULL;
    khach_status status =
        khach__cache_apply(run->cache, action->page, action->cursor, progress, &error);

    if (status == KHACH_OK)
        status = khach__cache_sync_read(run->cache, &sync, &error);
    if (status != KHACH_OK)
        fail(run, status, error);
    else
        khach__engine_applied(run->engine, &sync.cursor, sync.seq,
            sync.cursor.count != action->page->cursor_bytes
                || memcmp(sync.cursor.bytes, action->page->cursor, sync.cursor.count) != 0);
    free(sync.cursor.bytes);
}

/* A page that is not listed was lost with the history that it was of, or it exists, and the caller
 * may not see it: no page is ever taken away. */
static bool is_out_of_scope(const khach_engine *engine)
{
    khach_cause cause = khach__engine_report(engine)->cause;

    return cause != KHACH_CAUSE_GENERATION && cause != KHACH_CAUSE_AHEAD;
}

/* What is done in the cache alone. */
static void compare(khach_sync_run *run, const khach_action *action)
{
    khach_cache_sums sums = {0};
    khach_revisions rows = {0};
    khach_error *error = NULL;
    khach_status status = KHACH_OK;

    switch (action->kind) {
    case KHACH_ACTION_SUM:
        status = khach__cache_sum(run->cache, &sums, &error);
        if (status == KHACH_OK)
            khach__engine_sums(run->engine, &sums);
        break;
    case KHACH_ACTION_LIST:
        status = khach__cache_rows(run->cache, action, &rows, &error);
        if (status == KHACH_OK)
            khach__engine_rows(run->engine, &rows);
        break;
    case KHACH_ACTION_MEND:
        status = khach__cache_mend(run->cache, action, &error);
        if (status == KHACH_OK)
            khach__engine_mended(run->engine);
        break;
    case KHACH_ACTION_DROP_PAGE:
        status = khach__cache_drop_page(
            run->cache, action->page_id, is_out_of_scope(run->engine), &error);
        if (status == KHACH_OK)
            khach__engine_mended(run->engine);
        break;
    case KHACH_ACTION_ADOPT:
        status = khach__cache_adopt(run->cache, action->cursor, action->seq, &error);
        if (status == KHACH_OK)
            khach__engine_mended(run->engine);
        break;
    default:
        break;
    }
    if (status != KHACH_OK)
        fail(run, status, error);
}

/* The progress of a step that was not a page of the feed. */
static khach_status report(
    khach_sync_run *run, khach_sync_progress *progress, khach_error **error)
{
    khach_cache_sync sync = {0};
    khach_status status = khach__cache_sync_read(run->cache, &sync, error);

    free(sync.cursor.bytes);
    progress->phase = (int32_t)sync.phase;
    progress->seq = sync.seq;
    progress->head_seq = sync.head_seq;
    progress->customers_count = sync.customers_count;
    return status;
}

/* The end of a run: what was found is kept, and what failed is told. */
static khach_status finish(khach_sync_run *run, khach_error **error)
{
    khach_status status = khach__engine_status(run->engine);

    if (status != KHACH_OK) {
        khach_error *taken = khach__engine_take_error(run->engine);

        if (error != NULL)
            *error = taken;
        else
            khach_error_free(taken);
    } else if (khach__engine_report(run->engine)->is_compared) {
        status = khach__cache_note_report(run->cache, khach__engine_report(run->engine), error);
    }
    if (status == KHACH_OK && run->push_status != KHACH_OK) {
        status = run->push_status;
        if (error != NULL) {
            *error = run->push_error;
            run->push_error = NULL;
        }
    }
    return status;
}

const khach_action *khach__sync_run_local(khach_sync_run *run, khach_sync_progress *progress)
{
    for (;;) {
        const khach_action *action = khach__engine_action(run->engine);

        if (action->kind == KHACH_ACTION_STOP || action->kind == KHACH_ACTION_CALL)
            return action;
        if (action->kind == KHACH_ACTION_APPLY) {
            run->has_applied = true;
            apply(run, action, progress);
        } else {
            progress->step_kind = action->kind == KHACH_ACTION_MEND
                    || action->kind == KHACH_ACTION_DROP_PAGE
                ? KHACH_STEP_REPAIR
                : KHACH_STEP_COMPARE;
            compare(run, action);
        }
    }
}

khach_status khach__sync_run_end_step(
    khach_sync_run *run, khach_sync_progress *progress, khach_error **error)
{
    khach_status status = KHACH_OK;

    progress->has_more = khach__engine_action(run->engine)->kind != KHACH_ACTION_STOP;
    if (!run->has_applied) {
        if (progress->step_kind == KHACH_STEP_PULL)
            progress->step_kind = KHACH_STEP_COMPARE;
        status = report(run, progress, error);
    }
    run->has_applied = false;
    if (status == KHACH_OK && !progress->has_more)
        status = finish(run, error);
    return status;
}

khach_status khach__sync_run_step(
    khach_sync_run *run, khach_sync_progress *progress, khach_error **error)
{
    if (khach__sync_run_local(run, progress)->kind == KHACH_ACTION_CALL) {
        make_call(run);
        (void)khach__sync_run_local(run, progress);
    }
    return khach__sync_run_end_step(run, progress, error);
}
