/* The outbox, sent: one call at a time, between the pages of the feed. */

#include "outbox.h"
#include "sync_run.h"

#include <stdlib.h>
#include <string.h>

/* Whether a refusal is one that the outbox can go on from; then it has. */
static bool recover(khach_sync_run *run, khach_status failed, const khach_error *why)
{
    if (run->push_turns >= KHACH_PUSH_TURNS_MAX)
        return false;
    run->push_turns++;
    if (failed == KHACH_E_GENERATION_CHANGED)
        return khach__push_note_restored(run->cache, NULL) == KHACH_OK;
    if (failed == KHACH_E_REMOTE && strcmp(khach_error_reason(why), "CLIENT_FORKED") == 0)
        return khach__push_note_forked(run->cache, NULL) == KHACH_OK;
    return false;
}

/* Whether nothing will come of any other call either. */
static bool is_gone(khach_status failed)
{
    return failed == KHACH_E_NETWORK || failed == KHACH_E_TIMEOUT || failed == KHACH_E_MEMORY
        || failed == KHACH_E_CERTIFICATE;
}

khach_status khach__sync_run_pushed(khach_sync_run *run, const khach_push_batch *batch,
    khach_status status, const uint8_t *reply, size_t reply_bytes, khach_error *why,
    int64_t now_ms, khach_sync_progress *progress, khach_error **error)
{
    uint64_t failed = 0;

    if (status == KHACH_OK)
        status = khach__push_answered(run->cache, batch, reply, reply_bytes, now_ms, &why);
    if (status == KHACH_OK) {
        progress->pushed_count = batch->count;
    } else if (is_gone(status)) {
        if (error != NULL)
            *error = why;
        else
            khach_error_free(why);
        return status;
    } else if (recover(run, status, why)) {
        khach_error_free(why);
    } else {
        run->push_status = status;
        run->push_error = why;
        return KHACH_OK;
    }
    return khach__outbox_counts(run->cache, &progress->waiting_count, &failed, error);
}

khach_status khach__sync_run_push(
    khach_sync_run *run, int64_t now_ms, khach_sync_progress *progress, khach_error **error)
{
    khach_call call = {run->address, "khach.v1.SyncService", "PushMutations",
        run->options->connect_timeout_ms, run->options->call_timeout_ms};
    khach_push_batch batch;
    const uint8_t *reply = NULL;
    size_t reply_bytes = 0;
    khach_error *why = NULL;
    khach_status status = KHACH_OK;

    progress->waiting_count = 0;
    if (run->push_status != KHACH_OK)
        return KHACH_OK;
    status = khach__push_next(run->cache, &batch, error);
    if (status != KHACH_OK || batch.request.bytes == NULL)
        return status;
    status = khach__connection_call(
        run->connection, &call, &batch.request, &reply, &reply_bytes, &why);
    status = khach__sync_run_pushed(
        run, &batch, status, reply, reply_bytes, why, now_ms, progress, error);
    free(batch.request.bytes);
    return status;
}
