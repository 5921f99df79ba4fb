/* The doors to the sync: following, comparing, mending, and how far the cache has come. */

#include "cache_quarantine.h"
#include "client.h"
#include "outbox.h"

#include <stdlib.h>

void khach_sync_progress_init(khach_sync_progress *progress)
{
    if (progress != NULL)
        *progress = (khach_sync_progress){.struct_size = sizeof(khach_sync_progress)};
}

void khach_comparison_init(khach_comparison *comparison)
{
    if (comparison != NULL)
        *comparison = (khach_comparison){.struct_size = sizeof(khach_comparison)};
}

void khach_cache_state_init(khach_cache_state *state)
{
    if (state != NULL)
        *state = (khach_cache_state){.struct_size = sizeof(khach_cache_state)};
}

/* Goes one call further with the sync that is under way, or with a new one. */
static khach_status step(khach_client *client, khach_sync_progress *progress, khach_error **error)
{
    khach_status status = KHACH_OK;
    bool is_due = false;

    client->is_refused = false;
    if (client->run.engine == NULL)
        status = khach__sync_run_open(&client->run, KHACH_GOAL_SYNC, false, error);
    if (status == KHACH_OK && !client->keeps_edits)
        status = khach__sync_run_push(&client->run, khach__now_ms(), progress, error);
    if (status == KHACH_OK)
        status = khach__sync_run_step(&client->run, progress, error);
    if (status != KHACH_OK && status != KHACH_E_MEMORY && status != KHACH_E_STOPPED)
        khach__cache_note(client->cache, status);
    if (status != KHACH_OK && client->run.push_status == status)
        client->is_refused = khach__engine_status(client->run.engine) == KHACH_OK;
    if (status != KHACH_OK || !progress->has_more)
        khach__sync_run_close(&client->run);
    if (status != KHACH_OK || progress->has_more || client->keeps_edits)
        return status;
    /* The feed has come to its end; the outbox may have not. */
    status = khach__push_is_due(client->cache, &is_due, error);
    progress->has_more = is_due;
    return status;
}

khach_status khach_sync_step(khach_client *client, khach_sync_progress *out, khach_error **error)
{
    khach_sync_progress progress;
    khach_status status;

    khach__clear(error);
    if (client == NULL)
        return khach__missing(error);
    if (out != NULL && out->struct_size != sizeof(*out))
        return khach__wrong_size(error, "progress", sizeof(*out), out->struct_size);
    if (client->address == NULL)
        return khach__error_set(
            error, KHACH_E_OFFLINE, "an address expected when the client was opened, none found");

    khach_sync_progress_init(&progress);
    status = step(client, &progress, error);
    if (status == KHACH_OK && out != NULL)
        *out = progress;
    return status;
}

/* Syncs and compares to the end. */
static khach_status compare(khach_client *client, khach_goal goal, bool accepts_shrink,
    khach_comparison *out, khach_error **error)
{
    khach_sync_progress progress;
    khach_status status;

    khach__clear(error);
    if (client == NULL)
        return khach__missing(error);
    if (out != NULL && out->struct_size != sizeof(*out))
        return khach__wrong_size(error, "comparison", sizeof(*out), out->struct_size);
    if (client->address == NULL)
        return khach__error_set(
            error, KHACH_E_OFFLINE, "an address expected when the client was opened, none found");

    khach__sync_run_close(&client->run);
    status = khach__sync_run_open(&client->run, goal, accepts_shrink, error);
    do {
        khach_sync_progress_init(&progress);
        if (status == KHACH_OK)
            status = khach__sync_run_step(&client->run, &progress, error);
    } while (status == KHACH_OK && progress.has_more);
    if (status == KHACH_OK && out != NULL) {
        const khach_engine_report *report = khach__engine_report(client->run.engine);

        out->cause = (int32_t)report->cause;
        out->is_equal = report->is_equal;
        out->is_unverified = report->is_unverified;
        out->rows_count = report->rows_count;
        out->damaged_count = report->damaged_count;
        out->missing_count = report->missing_count;
        out->surplus_count = report->surplus_count;
        out->fetched_count = report->fetched_count;
        out->dropped_count = report->dropped_count;
        out->received_bytes = report->received_bytes;
        out->compared_bytes = report->compared_bytes;
    }
    if (status != KHACH_OK && status != KHACH_E_MEMORY)
        khach__cache_note(client->cache, status);
    khach__sync_run_close(&client->run);
    return status;
}

khach_status khach_verify(khach_client *client, khach_comparison *out, khach_error **error)
{
    return compare(client, KHACH_GOAL_VERIFY, false, out, error);
}

khach_status khach_repair(
    khach_client *client, uint32_t flags, khach_comparison *out, khach_error **error)
{
    khach__clear(error);
    if ((flags & ~KHACH_REPAIR_ACCEPT_SHRINK) != 0)
        return khach__error_set(error, KHACH_E_INVALID,
            "flags of 0 or %u expected, %u found", KHACH_REPAIR_ACCEPT_SHRINK, (unsigned)flags);
    return compare(
        client, KHACH_GOAL_REPAIR, (flags & KHACH_REPAIR_ACCEPT_SHRINK) != 0, out, error);
}

khach_status khach_sync_once(khach_client *client, khach_sync_progress *out, khach_error **error)
{
    khach_sync_progress sum;
    khach_sync_progress page;

    khach__clear(error);
    if (out != NULL && out->struct_size != sizeof(*out))
        return khach__wrong_size(error, "progress", sizeof(*out), out->struct_size);
    khach_sync_progress_init(&sum);
    do {
        khach_status status;

        khach_sync_progress_init(&page);
        status = khach_sync_step(client, &page, error);
        if (status != KHACH_OK)
            return status;
        page.upserts_count += sum.upserts_count;
        page.tombstones_count += sum.tombstones_count;
        page.page_bytes += sum.page_bytes;
        page.pushed_count += sum.pushed_count;
        sum = page;
    } while (sum.has_more);

    if (out != NULL)
        *out = sum;
    return KHACH_OK;
}

khach_status khach_sync_restart(khach_client *client, khach_error **error)
{
    khach__clear(error);
    if (client == NULL)
        return khach__missing(error);
    khach__sync_run_close(&client->run);
    return khach__cache_restart(client->cache, error);
}

khach_status khach_cache_state_read(
    khach_client *client, khach_cache_state *out, khach_error **error)
{
    khach_cache_sync sync = {0};
    khach_status status;

    khach__clear(error);
    if (client == NULL || out == NULL)
        return khach__missing(error);
    if (out->struct_size != sizeof(*out))
        return khach__wrong_size(error, "state", sizeof(*out), out->struct_size);
    status = khach__cache_sync_read(client->cache, &sync, error);
    free(sync.cursor.bytes);
    if (status == KHACH_OK)
        status = khach__outbox_counts(
            client->cache, &out->waiting_count, &out->failed_count, error);
    if (status == KHACH_OK)
        status = khach__quarantine_count(client->cache, &out->quarantined_count, error);
    if (status != KHACH_OK)
        return status;

    out->phase = sync.phase;
    out->schema_version = KHACH_CACHE_SCHEMA_VERSION;
    out->is_search_indexed = sync.is_search_indexed;
    out->last_status = sync.last_status;
    out->seq = sync.seq;
    out->head_seq = sync.head_seq;
    out->as_of_ms = sync.as_of_ms;
    out->customers_count = sync.customers_count;
    out->verified_at_ms = sync.verified_at_ms;
    out->verified_seq = sync.verified_seq;
    out->is_repairing = sync.repairing != KHACH_REPAIRING_NOT;
    out->is_unverified = sync.is_unverified;
    out->repairs_count = sync.repairs_count;
    out->repaired_rows_count = sync.repaired_rows_count;
    out->last_cause = sync.last_cause;
    out->full_resyncs_count = sync.full_resyncs_count;
    return KHACH_OK;
}
