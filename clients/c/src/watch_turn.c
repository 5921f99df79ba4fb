/* The live value's actions, done one at a time. */

#include "watch.h"

#include "notice.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

khach_live_time khach__watch_time(void)
{
    return (khach_live_time){khach__transport_now_ms(), khach__transport_boot_ms()};
}

bool khach__watch_is_stopped(const khach_watch *watch)
{
    struct pollfd waited = {watch->stop_fd, POLLIN, 0};

    return poll(&waited, 1, 0) > 0;
}

static bool is_refusal(khach_status status)
{
    return status == KHACH_E_CURSOR_INVALID || status == KHACH_E_CURSOR_AHEAD
        || status == KHACH_E_GENERATION_CHANGED || status == KHACH_E_SCOPE_CHANGED;
}

/* Keeps what may pass by itself; the rest ends the watch. */
static khach_status keep(khach_watch *watch, khach_error *failure, khach_error **error)
{
    khach_status status = khach_error_status(failure);

    if (status != KHACH_E_STOPPED
        && (khach_error_is_retryable(failure) || is_refusal(status)
            || status == KHACH_E_PROTOCOL || status == KHACH_E_CERTIFICATE)) {
        khach_error_free(watch->failure);
        watch->failure = failure;
        return KHACH_OK;
    }
    if (error != NULL)
        *error = failure;
    else
        khach_error_free(failure);
    return status;
}

static khach_status pull(khach_watch *watch, khach_error **error)
{
    khach_sync_progress progress;
    khach_cache_sync sync = {0};
    khach_error *failure = NULL;
    khach_status status = KHACH_OK;

    watch->client->keeps_edits = !watch->live.sends;
    do {
        khach_sync_progress_init(&progress);
        status = khach_sync_step(watch->client, &progress, &failure);
        if (status == KHACH_OK && khach__watch_is_stopped(watch))
            status = khach__error_set(&failure, KHACH_E_STOPPED,
                "a caller that goes on expected, one that stops found");
        if (status == KHACH_OK && progress.has_more) {
            watch->report.seq = progress.seq;
            watch->report.customers_count = progress.customers_count;
            khach__live_progressed(&watch->live, progress.head_seq);
            status = khach__watch_read_outbox(watch, &failure);
            khach__watch_tell(watch);
        }
    } while (status == KHACH_OK && progress.has_more);
    watch->client->keeps_edits = false;

    if (watch->live.sends) {
        khach_error_free(watch->refusal);
        watch->refusal = NULL;
    }
    if (status != KHACH_OK && watch->client->is_refused) {
        watch->refusal = failure;
        khach__live_refused_edits(&watch->live, khach__watch_time());
        status = KHACH_OK;
    }
    if (status == KHACH_OK) {
        status = khach__watch_read_cache(watch, &sync, error);
        free(sync.cursor.bytes);
        khach__live_pulled(&watch->live, sync.seq, khach__watch_time());
        return status == KHACH_OK ? khach__watch_read_outbox(watch, error) : status;
    }
    status = keep(watch, failure, error);
    if (status == KHACH_OK)
        khach__live_failed(&watch->live, khach__watch_time());
    return status;
}

static khach_status open_stream(khach_watch *watch, khach_error **error)
{
    khach_client *client = watch->client;
    khach_call call = {client->address, "khach.v1.SyncService", "WatchChanges",
        client->options.connect_timeout_ms, 0};
    khach_cache_sync sync = {0};
    khach_bytes request = {NULL, 0};
    khach_error *failure = NULL;
    khach_status status = khach__watch_read_cache(watch, &sync, error);

    if (status != KHACH_OK)
        return status;
    status = khach__notice_request(&request, client->cache->business_id, &sync.cursor);
    free(sync.cursor.bytes);
    if (status != KHACH_OK)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory to watch");

    status = khach__stream_open(&watch->stream, &call, watch->stop_fd, &request, &failure);
    free(request.bytes);
    if (status == KHACH_OK) {
        watch->stream.connection.stop_fd = watch->wake_fd;
        khach__live_opened(&watch->live, khach__watch_time());
        return KHACH_OK;
    }
    status = keep(watch, failure, error);
    if (status == KHACH_OK)
        khach__live_failed(&watch->live, khach__watch_time());
    return status;
}

static khach_status hear(
    khach_watch *watch, const uint8_t *message, size_t message_bytes, khach_error **error)
{
    khach_notice notice;

    if (!khach__notice_read(&notice, message, message_bytes))
        return khach__error_set(
            error, KHACH_E_PROTOCOL, "a notice of WatchChanges expected, other bytes found");
    khach__live_heard(&watch->live, watch->live.epoch, notice.head_seq, khach__watch_time());
    /* Nothing was newer than what the cache has, when this was said. */
    if (notice.read_at_ms > watch->report.as_of_ms && notice.head_seq == watch->report.seq)
        watch->report.as_of_ms = notice.read_at_ms;
    return KHACH_OK;
}

/* Whether a wait was ended by a write of the cache; then it has not failed. */
static bool has_woken(const khach_watch *watch, khach_status status, khach_error **failure)
{
    if (status != KHACH_E_STOPPED || khach__watch_is_stopped(watch))
        return false;
    khach_error_free(*failure);
    *failure = NULL;
    return true;
}

/* What is done once nothing was heard for a while, or the cache was written. */
static khach_status look(khach_watch *watch, khach_error **error)
{
    uint64_t rings;
    khach_status status;

    /* One that has not rung has nothing to be read. */
    if (read(watch->clock_fd, &rings, sizeof(rings)) < 0)
        rings = 0;
    /* First the notices, then the question: what comes in between is told once more. */
    khach__changes_drain(watch->changes_fd);
    status = khach__watch_read_outbox(watch, error);
    khach__live_passed(&watch->live, khach__watch_time());
    return status;
}

static khach_status listen_on(khach_watch *watch, khach_error **error)
{
    uint32_t epoch = watch->live.epoch;
    khach_stream_event event = KHACH_STREAM_SILENT;
    const uint8_t *message = NULL;
    size_t message_bytes = 0;
    khach_error *failure = NULL;
    khach_status status = khach__stream_next(
        &watch->stream, watch->live.until_ms, &event, &message, &message_bytes, &failure);

    if (has_woken(watch, status, &failure))
        status = KHACH_OK;
    if (status == KHACH_OK && event == KHACH_STREAM_MESSAGE)
        status = hear(watch, message, message_bytes, &failure);
    else if (status == KHACH_OK && event == KHACH_STREAM_END)
        status = khach__error_set(
            &failure, KHACH_E_NETWORK, "a stream that goes on expected, its end found");
    else if (status == KHACH_OK)
        status = look(watch, &failure);
    if (status == KHACH_OK) {
        if (watch->live.kind == KHACH_LIVE_WAIT)
            (void)khach__error_set(&watch->failure, KHACH_E_TIMEOUT,
                "a notice within %u ms expected, none found",
                (unsigned)watch->options.silence_ms);
        return KHACH_OK;
    }

    status = keep(watch, failure, error);
    if (status == KHACH_OK && is_refusal(khach_error_status(watch->failure)))
        khach__live_refused(&watch->live, epoch, khach__watch_time());
    else if (status == KHACH_OK)
        khach__live_ended(&watch->live, epoch, khach__watch_time());
    return status;
}

static khach_status rest(khach_watch *watch, khach_error **error)
{
    int64_t look_ms = khach__transport_now_ms() + KHACH_LIVE_LOOK_MS;
    int64_t until_ms = watch->live.until_ms < look_ms ? watch->live.until_ms : look_ms;
    khach_error *failure = NULL;
    khach_status status =
        khach__transport_sleep((khach_patience){until_ms, watch->wake_fd}, &failure);

    if (status == KHACH_OK || has_woken(watch, status, &failure))
        status = look(watch, &failure);
    return status == KHACH_OK ? status : keep(watch, failure, error);
}

khach_status khach__watch_turn(khach_watch *watch, khach_error **error)
{
    if (watch->live.epoch == 0 && watch->stream.connection.socket.fd >= 0) {
        /* Where a stream was lost, the idle connection beside it is not to be trusted. */
        khach__stream_close(&watch->stream);
        khach__connection_close(&watch->client->connection);
    }
    khach__watch_tell(watch);
    switch (watch->live.kind) {
    case KHACH_LIVE_PULL:
        return pull(watch, error);
    case KHACH_LIVE_OPEN:
        return open_stream(watch, error);
    case KHACH_LIVE_LISTEN:
        return listen_on(watch, error);
    case KHACH_LIVE_WAIT:
        break;
    }
    return rest(watch, error);
}
