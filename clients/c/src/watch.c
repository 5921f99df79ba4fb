/* The doors to a watch, and its loop. */

#define _GNU_SOURCE /* getrandom */

#include "watch.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <unistd.h>

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

static bool wakes_by(const khach_watch *watch, int fd)
{
    struct epoll_event event = {.events = EPOLLIN};

    return epoll_ctl(watch->wake_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* Where this clock is refused, what it would wake is found by the next look. */
static void open_clock(khach_watch *watch)
{
    const struct timespec look = {KHACH_LIVE_LOOK_MS / 1000, KHACH_LIVE_LOOK_MS % 1000 * 1000000L};
    const struct itimerspec each = {look, look};

    watch->clock_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (watch->clock_fd >= 0)
        (void)(timerfd_settime(watch->clock_fd, 0, &each, NULL) == 0
            && wakes_by(watch, watch->clock_fd));
}

static khach_status open_wakes(khach_watch *watch, khach_error **error)
{
    khach_error *failure = NULL;

    watch->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    watch->wake_fd = epoll_create1(EPOLL_CLOEXEC);
    watch->changes_fd = -1;
    watch->clock_fd = -1;
    if (watch->stop_fd < 0 || watch->wake_fd < 0 || !wakes_by(watch, watch->stop_fd))
        return khach__error_set(
            error, KHACH_E_IO, "descriptors to wait for expected, none found");
    open_clock(watch);
    /* Without notices, of which a system has a bounded number, edits are found by the next look. */
    if (khach__changes_open(&watch->changes_fd, watch->client->cache, &failure) != KHACH_OK
        || !wakes_by(watch, watch->changes_fd))
        khach_error_free(failure);
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
    watch->stream.connection.tls_files = &client->tls_files;
    watch->told.state = -1;
    status = open_wakes(watch, error);
    if (status != KHACH_OK) {
        khach_watch_close(watch);
        return status;
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

static void close_fd(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

void khach_watch_close(khach_watch *watch)
{
    if (watch == NULL)
        return;
    khach__stream_close(&watch->stream);
    khach_error_free(watch->failure);
    khach_error_free(watch->refusal);
    close_fd(watch->stop_fd);
    close_fd(watch->changes_fd);
    close_fd(watch->clock_fd);
    close_fd(watch->wake_fd);
    free(watch);
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
    khach_status status = khach__watch_read_cache(watch, &sync, error);

    free(sync.cursor.bytes);
    if (seed == 0 && getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
        return khach__error_set(error, KHACH_E_IO, "random bytes expected, none found");
    khach__live_begin(&watch->live, &limits, seed, sync.seq, khach__watch_time());
    return status == KHACH_OK ? khach__watch_read_outbox(watch, error) : status;
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
    while (status == KHACH_OK && !khach__watch_is_stopped(watch))
        status = khach__watch_turn(watch, &failure);
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
