/* The live value's actions, done: pulls over the client's connection, a stream over another. */

#define _GNU_SOURCE /* getrandom */

#include <khach/watch.h>

#include "client.h"
#include "live.h"
#include "notice.h"
#include "stream.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

struct khach_watch {
    khach_client *client;
    khach_watch_options options;
    khach_live live;
    khach_stream stream;
    int stop_fd;
    khach_watch_report told;
    khach_watch_report report;
    khach_error *failure; /* the last that may pass */
};

void khach_watch_options_init(khach_watch_options *options)
{
    if (options != NULL)
        *options = (khach_watch_options){
            .struct_size = sizeof(khach_watch_options),
            .silence_ms = KHACH_WATCH_SILENCE_MS_DEFAULT,
            .pull_ms = KHACH_WATCH_PULL_MS_DEFAULT,
            .backoff_ms = KHACH_WATCH_BACKOFF_MS_DEFAULT,
            .backoff_max_ms = KHACH_WATCH_BACKOFF_MAX_MS_DEFAULT,
        };
}

static khach_status check_options(const khach_watch_options *options, khach_error **error)
{
    if (options == NULL)
        return khach__missing(error);
    if (options->struct_size != sizeof(khach_watch_options))
        return khach__wrong_size(
            error, "options", sizeof(khach_watch_options), options->struct_size);
    if (options->silence_ms == 0 || options->pull_ms == 0 || options->backoff_ms == 0
        || options->backoff_max_ms < options->backoff_ms)
        return khach__error_set(error, KHACH_E_INVALID,
            "silence_ms, pull_ms and backoff_ms of at least 1, and backoff_max_ms of at least"
            " backoff_ms expected, %u, %u, %u and %u found",
            (unsigned)options->silence_ms, (unsigned)options->pull_ms,
            (unsigned)options->backoff_ms, (unsigned)options->backoff_max_ms);
    return KHACH_OK;
}

khach_status khach_watch_open(khach_watch **out, khach_client *client,
    const khach_watch_options *options, khach_error **error)
{
    khach_watch *watch;
    khach_status status;

    khach__clear(error);
    if (out == NULL)
        return khach__missing(error);
    *out = NULL;
    if (client == NULL)
        return khach__missing(error);
    status = check_options(options, error);
    if (status != KHACH_OK)
        return status;
    if (client->address == NULL)
        return khach__error_set(
            error, KHACH_E_OFFLINE, "an address expected when the client was opened, none found");

    watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory to watch");
    watch->client = client;
    watch->options = *options;
    watch->stream = (khach_stream){KHACH_CONNECTION_INIT, 0};
    watch->stream.connection.authorization = client->authorization;
    watch->told.state = -1;
    watch->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (watch->stop_fd < 0) {
        free(watch);
        return khach__error_set(error, KHACH_E_IO, "an eventfd expected, none found");
    }
    *out = watch;
    return KHACH_OK;
}

void khach_watch_stop(khach_watch *watch)
{
    const uint64_t one = 1;

    /* It never blocks, and a full counter says the same. */
    if (watch != NULL && write(watch->stop_fd, &one, sizeof(one)) < 0)
        return;
}

void khach_watch_close(khach_watch *watch)
{
    if (watch == NULL)
        return;
    khach__stream_close(&watch->stream);
    khach_error_free(watch->failure);
    (void)close(watch->stop_fd);
    free(watch);
}

static khach_live_time read_time(void)
{
    return (khach_live_time){khach__transport_now_ms(), khach__transport_boot_ms()};
}

static bool is_stopped(const khach_watch *watch)
{
    struct pollfd waited = {watch->stop_fd, POLLIN, 0};

    return poll(&waited, 1, 0) > 0;
}

/* --- telling --- */

static khach_watch_state state_of(const khach_live *live)
{
    bool is_current = live->is_heard && live->epoch != 0 && live->head_seq <= live->seq;

    switch (live->kind) {
    case KHACH_LIVE_PULL:
        return is_current ? KHACH_WATCH_LIVE : KHACH_WATCH_BEHIND;
    case KHACH_LIVE_LISTEN:
        return is_current ? KHACH_WATCH_LIVE : KHACH_WATCH_CONNECTING;
    case KHACH_LIVE_WAIT:
        return KHACH_WATCH_WAITING;
    case KHACH_LIVE_OPEN:
        break;
    }
    return KHACH_WATCH_CONNECTING;
}

static bool is_same(const khach_watch_report *left, const khach_watch_report *right)
{
    return left->state == right->state && left->status == right->status
        && left->wait_ms == right->wait_ms && left->seq == right->seq
        && left->head_seq == right->head_seq && left->as_of_ms == right->as_of_ms
        && left->verified_at_ms == right->verified_at_ms
        && left->customers_count == right->customers_count;
}

static void tell(khach_watch *watch)
{
    khach_watch_report *report = &watch->report;
    bool is_waiting = watch->live.kind == KHACH_LIVE_WAIT;

    report->struct_size = sizeof(*report);
    report->state = (int32_t)state_of(&watch->live);
    report->status = is_waiting ? (int32_t)khach_error_status(watch->failure) : KHACH_OK;
    report->message = is_waiting ? khach_error_message(watch->failure) : "";
    report->wait_ms = is_waiting ? watch->live.wait_ms : 0;
    report->head_seq = watch->live.head_seq > report->seq ? watch->live.head_seq : report->seq;
    if (is_same(report, &watch->told))
        return;
    watch->told = *report;
    if (watch->options.callback != NULL)
        watch->options.callback(watch->options.context, report);
}

/* What the cache says of itself. */
static khach_status read_cache(khach_watch *watch, khach_cache_sync *sync, khach_error **error)
{
    khach_status status = khach__cache_sync_read(watch->client->cache, sync, error);

    watch->report.seq = sync->seq;
    /* What was heard since the last pull is not in the cache. */
    if (sync->as_of_ms > watch->report.as_of_ms)
        watch->report.as_of_ms = sync->as_of_ms;
    watch->report.verified_at_ms = sync->verified_at_ms;
    watch->report.customers_count = sync->customers_count;
    return status;
}

/* --- doing --- */

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
            || status == KHACH_E_PROTOCOL)) {
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

    do {
        khach_sync_progress_init(&progress);
        status = khach_sync_step(watch->client, &progress, &failure);
        if (status == KHACH_OK && is_stopped(watch))
            status = khach__error_set(&failure, KHACH_E_STOPPED,
                "a caller that goes on expected, one that stops found");
        if (status == KHACH_OK && progress.has_more) {
            watch->report.seq = progress.seq;
            watch->report.customers_count = progress.customers_count;
            khach__live_progressed(&watch->live, progress.head_seq);
            tell(watch);
        }
    } while (status == KHACH_OK && progress.has_more);

    if (status == KHACH_OK) {
        status = read_cache(watch, &sync, error);
        free(sync.cursor.bytes);
        khach__live_pulled(&watch->live, sync.seq, read_time());
        return status;
    }
    status = keep(watch, failure, error);
    if (status == KHACH_OK)
        khach__live_failed(&watch->live, read_time());
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
    khach_status status = read_cache(watch, &sync, error);

    if (status != KHACH_OK)
        return status;
    status = khach__notice_request(&request, client->cache->business_id, &sync.cursor);
    free(sync.cursor.bytes);
    if (status != KHACH_OK)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory to watch");

    status = khach__stream_open(&watch->stream, &call, watch->stop_fd, &request, &failure);
    free(request.bytes);
    if (status == KHACH_OK) {
        khach__live_opened(&watch->live, read_time());
        return KHACH_OK;
    }
    status = keep(watch, failure, error);
    if (status == KHACH_OK)
        khach__live_failed(&watch->live, read_time());
    return status;
}

static khach_status hear(
    khach_watch *watch, const uint8_t *message, size_t message_bytes, khach_error **error)
{
    khach_notice notice;

    if (!khach__notice_read(&notice, message, message_bytes))
        return khach__error_set(
            error, KHACH_E_PROTOCOL, "a notice of WatchChanges expected, other bytes found");
    khach__live_heard(&watch->live, watch->live.epoch, notice.head_seq, read_time());
    /* Nothing was newer than what the cache has, when this was said. */
    if (notice.read_at_ms > watch->report.as_of_ms && notice.head_seq == watch->report.seq)
        watch->report.as_of_ms = notice.read_at_ms;
    return KHACH_OK;
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

    if (status == KHACH_OK && event == KHACH_STREAM_MESSAGE)
        status = hear(watch, message, message_bytes, &failure);
    else if (status == KHACH_OK && event == KHACH_STREAM_END)
        status = khach__error_set(
            &failure, KHACH_E_NETWORK, "a stream that goes on expected, its end found");
    else if (status == KHACH_OK)
        khach__live_passed(&watch->live, read_time());
    if (status == KHACH_OK) {
        if (watch->live.kind == KHACH_LIVE_WAIT)
            (void)khach__error_set(&watch->failure, KHACH_E_TIMEOUT,
                "a notice within %u ms expected, none found",
                (unsigned)watch->options.silence_ms);
        return KHACH_OK;
    }

    status = keep(watch, failure, error);
    if (status == KHACH_OK && is_refusal(khach_error_status(watch->failure)))
        khach__live_refused(&watch->live, epoch, read_time());
    else if (status == KHACH_OK)
        khach__live_ended(&watch->live, epoch, read_time());
    return status;
}

static khach_status rest(khach_watch *watch, khach_error **error)
{
    int64_t look_ms = khach__transport_now_ms() + KHACH_LIVE_LOOK_MS;
    int64_t until_ms = watch->live.until_ms < look_ms ? watch->live.until_ms : look_ms;
    khach_status status =
        khach__transport_sleep((khach_patience){until_ms, watch->stop_fd}, error);

    khach__live_passed(&watch->live, read_time());
    return status;
}

static khach_status turn(khach_watch *watch, khach_error **error)
{
    if (watch->live.epoch == 0 && watch->stream.connection.fd >= 0) {
        /* Where a stream was lost, the idle connection beside it is not to be trusted. */
        khach__stream_close(&watch->stream);
        khach__connection_close(&watch->client->connection);
    }
    tell(watch);
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

static khach_status begin(khach_watch *watch, khach_error **error)
{
    const khach_live_limits limits = {
        watch->options.silence_ms,
        watch->options.pull_ms,
        watch->options.backoff_ms,
        watch->options.backoff_max_ms,
    };
    khach_cache_sync sync = {0};
    uint64_t seed = watch->options.seed;
    khach_status status = read_cache(watch, &sync, error);

    free(sync.cursor.bytes);
    if (seed == 0 && getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
        return khach__error_set(error, KHACH_E_IO, "random bytes expected, none found");
    khach__live_begin(&watch->live, &limits, seed, sync.seq, read_time());
    return status;
}

khach_status khach_watch_run(khach_watch *watch, khach_error **error)
{
    khach_error *failure = NULL;
    khach_status status;

    khach__clear(error);
    if (watch == NULL)
        return khach__missing(error);
    watch->client->connection.stop_fd = watch->stop_fd;
    khach__cache_set_live(watch->client->cache, true);
    status = begin(watch, &failure);
    while (status == KHACH_OK && !is_stopped(watch))
        status = turn(watch, &failure);
    watch->client->connection.stop_fd = -1;
    khach__stream_close(&watch->stream);
    khach__cache_set_live(watch->client->cache, false);

    if (status == KHACH_E_STOPPED) {
        khach_error_free(failure);
        return KHACH_OK;
    }
    if (error != NULL)
        *error = failure;
    else
        khach_error_free(failure);
    return status;
}
