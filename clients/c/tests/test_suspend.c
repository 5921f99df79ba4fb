/* A machine that slept for an hour in the middle of a watch (docs/sync.md, F5). The clocks are the
 * test's: one stands still, so that nothing here ends by waiting, and the other jumps. The kernel's
 * part, a timer that is over when the machine wakes, is the timer of the watch, set to now. */

#include "cache.h"
#include "fixture.h"
#include "frame.h"
#include "harness.h"

#include <khach/watch.h>

#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SLEEP_MS 3600000
#define CONNECTIONS_MAX 16
#define REQUEST_BYTES_MAX 4096
/* After how long something that does not happen has failed. */
#define PATIENCE_S 60

/* --- the clocks --- */

static _Atomic int64_t boot_ms = 50000000;
static _Atomic int clock_fd = -1;

int __real_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);
int __real_timerfd_create(int clock, int flags);
int __wrap_timerfd_create(int clock, int flags);
int __real_poll(struct pollfd *waited, nfds_t count, int timeout_ms);
int __wrap_poll(struct pollfd *waited, nfds_t count, int timeout_ms);

int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
    int64_t now_ms = clock == CLOCK_BOOTTIME ? boot_ms : 1000000;

    if (clock != CLOCK_BOOTTIME && clock != CLOCK_MONOTONIC)
        return __real_clock_gettime(clock, out);
    *out = (struct timespec){now_ms / 1000, now_ms % 1000 * 1000000};
    return 0;
}

/* Time does not pass. */
int __wrap_poll(struct pollfd *waited, nfds_t count, int timeout_ms)
{
    return __real_poll(waited, count, timeout_ms > 0 ? -1 : timeout_ms);
}

/* One that does not ring by itself. */
int __wrap_timerfd_create(int clock, int flags)
{
    CHECK_INT(clock, CLOCK_BOOTTIME);
    clock_fd = __real_timerfd_create(CLOCK_REALTIME, flags);
    return clock_fd;
}

static void fall_asleep(void)
{
    const struct itimerspec never = {{0}, {0}};

    CHECK(timerfd_settime(clock_fd, 0, &never, NULL) == 0);
}

static void wake_up(void)
{
    const struct itimerspec at_once = {.it_value = {.tv_nsec = 1}};

    boot_ms += SLEEP_MS;
    CHECK(timerfd_settime(clock_fd, 0, &at_once, NULL) == 0);
}

/* --- the server --- */

typedef struct peer {
    int fd;
    uint8_t bytes[REQUEST_BYTES_MAX];
    size_t count;
    bool has_stream;
    uint32_t held; /* the pull that is not answered yet, 0 for none */
} peer;

static struct server {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    pthread_t thread;
    int listener;
    int stop[2];
    char path[64];
    char address[80];
    peer peers[CONNECTIONS_MAX];
    int peers_count;
    /* What it does. */
    uint64_t head;
    bool holds_pulls;
    bool refuses_streams;
    /* What it saw. */
    int streams_opened;
    int streams_open;
    int streams_most; /* at a time */
    int streams_refused;
    int pulls;
    bool was_asked_from_nine;
} server = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void make_page(fixture_page *page, uint64_t head)
{
    char cursor[32];

    fixture_business(page, 1, "Asia/Ho_Chi_Minh");
    fixture_fan_page(page, 2, 7);
    fixture_customer(page, head, 100 + head, 7, "An", 1);
    (void)snprintf(cursor, sizeof(cursor), "cursor-%d", (int)head);
    fixture_end(page, cursor, 0, head);
}

static void send_all(int fd, const uint8_t *bytes, size_t count)
{
    while (count > 0) {
        ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);

        if (sent <= 0)
            return;
        bytes += sent;
        count -= (size_t)sent;
    }
}

static void answer_pull(peer *from, uint32_t stream)
{
    fixture_page page = {0};
    khach_bytes frame;

    make_page(&page, server.head);
    frame = fixture_frame(&page, stream);
    send_all(from->fd, frame.bytes, frame.count);
    free(frame.bytes);
    fixture_free(&page);
}

static void poke(peer *to, uint32_t stream)
{
    uint8_t bytes[KHACH_FRAME_HEADER_BYTES + 4] = {0};
    const khach_frame frame = {
        .payload_bytes = 4, .stream_id = stream, .kind = KHACH_FRAME_DATA};

    khach__frame_write(bytes, &frame);
    memcpy(bytes + KHACH_FRAME_HEADER_BYTES,
        (uint8_t[]){0x0A, 2, 0x08, (uint8_t)server.head}, 4);
    send_all(to->fd, bytes, sizeof(bytes));
}

static void hang_up(peer *from)
{
    (void)close(from->fd);
    from->fd = -1;
    server.streams_open -= from->has_stream;
    from->has_stream = false;
    from->held = 0;
}

static void take_request(peer *from, const khach_frame *frame)
{
    if (memmem(frame->payload, frame->payload_bytes, "WatchChanges", 12) != NULL) {
        if (server.refuses_streams) {
            server.streams_refused++;
            hang_up(from);
            return;
        }
        from->has_stream = true;
        server.streams_opened++;
        server.streams_open++;
        if (server.streams_open > server.streams_most)
            server.streams_most = server.streams_open;
        poke(from, frame->stream_id);
        return;
    }
    CHECK(memmem(frame->payload, frame->payload_bytes, "PullChanges", 11) != NULL);
    server.pulls++;
    if (memmem(frame->payload, frame->payload_bytes, "cursor-9", 8) != NULL)
        server.was_asked_from_nine = true;
    if (server.holds_pulls)
        from->held = frame->stream_id;
    else
        answer_pull(from, frame->stream_id);
}

static void read_from(peer *from)
{
    ssize_t got = recv(from->fd, from->bytes + from->count, sizeof(from->bytes) - from->count, 0);
    khach_frame frame;
    size_t consumed;

    if (got <= 0) {
        hang_up(from);
        return;
    }
    from->count += (size_t)got;
    while (from->fd >= 0
        && khach__frame_read(from->bytes, from->count, &frame, &consumed) == KHACH_FRAME_READY) {
        if (frame.kind == KHACH_FRAME_REQUEST)
            take_request(from, &frame);
        from->count -= consumed;
        memmove(from->bytes, from->bytes + consumed, from->count);
    }
}

static void *serve(void *context)
{
    (void)context;
    for (;;) {
        struct pollfd waited[CONNECTIONS_MAX + 2] = {
            {server.stop[0], POLLIN, 0}, {server.listener, POLLIN, 0}};
        int count = server.peers_count;

        for (int i = 0; i < count; i++)
            waited[i + 2] = (struct pollfd){server.peers[i].fd, POLLIN, 0};
        CHECK(poll(waited, (nfds_t)count + 2, -1) > 0);
        if (waited[0].revents != 0)
            return NULL;
        CHECK(pthread_mutex_lock(&server.mutex) == 0);
        if (waited[1].revents != 0) {
            CHECK(server.peers_count < CONNECTIONS_MAX);
            server.peers[server.peers_count] =
                (peer){.fd = accept(server.listener, NULL, NULL)};
            CHECK(server.peers[server.peers_count++].fd >= 0);
        }
        for (int i = 0; i < count; i++) {
            if (waited[i + 2].revents != 0 && server.peers[i].fd >= 0)
                read_from(&server.peers[i]);
        }
        CHECK(pthread_cond_broadcast(&server.changed) == 0);
        CHECK(pthread_mutex_unlock(&server.mutex) == 0);
    }
}

/* Waits until the server has seen it; false when it does not. The lock is held. */
#define EVENTUALLY(condition) \
    do { \
        struct timespec end; \
\
        CHECK(__real_clock_gettime(CLOCK_REALTIME, &end) == 0); \
        end.tv_sec += PATIENCE_S; \
        while (!(condition)) \
            CHECK(pthread_cond_timedwait(&server.changed, &server.mutex, &end) == 0); \
    } while (0)

/* --- the watch --- */

typedef struct scene {
    char folder[64];
    char path[128];
    khach_client *client;
    khach_watch *watch;
    pthread_t thread;
} scene;

static void *run(void *context)
{
    scene *at = context;
    khach_error *error = NULL;

    CHECK_INT(khach_watch_run(at->watch, &error), KHACH_OK);
    return NULL;
}

static void begin(scene *at, uint64_t head, bool holds_pulls, bool refuses_streams)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    khach_watch_options options;
    khach_options client = KHACH_OPTIONS_INIT;

    fixture_folder(at->folder, at->path);
    server.head = head;
    server.holds_pulls = holds_pulls;
    server.refuses_streams = refuses_streams;
    server.streams_opened = server.streams_open = server.streams_most = 0;
    server.streams_refused = server.pulls = server.peers_count = 0;
    server.was_asked_from_nine = false;
    (void)snprintf(server.path, sizeof(server.path), "%s/server.sock", at->folder);
    (void)snprintf(server.address, sizeof(server.address), "unix:%s", server.path);
    memcpy(address.sun_path, server.path, strlen(server.path) + 1);
    server.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(server.listener, (const struct sockaddr *)&address, sizeof(address)) == 0);
    CHECK(listen(server.listener, 8) == 0);
    CHECK(pipe(server.stop) == 0);
    CHECK(pthread_create(&server.thread, NULL, serve, NULL) == 0);

    client.cache_path = at->path;
    client.business_id = FIXTURE_BUSINESS;
    client.address = server.address;
    CHECK_INT(khach_client_open(&at->client, &client, NULL), KHACH_OK);
    khach_watch_options_init(&options);
    options.seed = 1;
    CHECK_INT(khach_watch_open(&at->watch, at->client, &options, NULL), KHACH_OK);
    fall_asleep();
    CHECK(pthread_create(&at->thread, NULL, run, at) == 0);
    CHECK(pthread_mutex_lock(&server.mutex) == 0);
}

/* Ends it; the cache covers `seq`, and has so many customers. */
static void end(scene *at, uint64_t seq, uint64_t customers)
{
    khach_cache_state state;

    CHECK(pthread_mutex_unlock(&server.mutex) == 0);
    khach_watch_stop(at->watch);
    CHECK(pthread_join(at->thread, NULL) == 0);
    khach_watch_close(at->watch);
    khach_cache_state_init(&state);
    CHECK_INT(khach_cache_state_read(at->client, &state, NULL), KHACH_OK);
    CHECK_INT(state.seq, seq);
    CHECK_INT(state.customers_count, customers);
    khach_client_close(at->client);
    CHECK(write(server.stop[1], "", 1) == 1);
    CHECK(pthread_join(server.thread, NULL) == 0);
    for (int i = 0; i < server.peers_count; i++) {
        if (server.peers[i].fd >= 0)
            (void)close(server.peers[i].fd);
    }
    (void)close(server.stop[0]);
    (void)close(server.stop[1]);
    (void)close(server.listener);
    fixture_remove(at->folder);
}

/* F5: the old stream says nothing and does not end; what came meanwhile is there all the same, by
 * one other stream, and no two are ever open. */
static void test_listening(void)
{
    scene at;

    begin(&at, 3, false, false);
    EVENTUALLY(server.streams_open == 1);
    CHECK_INT(server.pulls, 1);
    server.head = 5;
    wake_up();
    EVENTUALLY(server.streams_opened == 2 && server.pulls == 2);
    EVENTUALLY(server.streams_open == 1);
    /* A second sleep, so that the answer to the pull is known to be in the cache. */
    wake_up();
    EVENTUALLY(server.streams_opened == 3 && server.streams_open == 1);
    CHECK_INT(server.pulls, 2);
    CHECK_INT(server.streams_most, 1);
    end(&at, 5, 2);
}

/* F5: a wait after a failure is over when the machine wakes. */
static void test_waiting(void)
{
    scene at;

    begin(&at, 3, false, true);
    EVENTUALLY(server.streams_refused == 1);
    server.refuses_streams = false;
    CHECK_INT(server.streams_opened, 0);
    wake_up();
    EVENTUALLY(server.streams_open == 1);
    CHECK_INT(server.streams_opened, 1);
    CHECK_INT(server.streams_refused, 1);
    end(&at, 3, 1);
}

/* Another process leads while this one sleeps, and may write. */
static void lead_meanwhile(const scene *at, bool writes)
{
    khach_cache *cache = NULL;
    khach_cache_sync sync = {0};
    khach_sync_progress progress;
    khach_sync_page page;
    fixture_page bytes = {0};

    make_page(&bytes, 9);
    CHECK_INT(khach__sync_page_read(&page, bytes.bytes, bytes.count, NULL), KHACH_OK);
    CHECK_INT(khach__cache_open(&cache, at->path, "", 1000, NULL), KHACH_OK);
    CHECK_INT(khach__lead_take(cache, NULL), KHACH_OK);
    CHECK_INT(khach__cache_sync_read(cache, &sync, NULL), KHACH_OK);
    khach_sync_progress_init(&progress);
    if (writes)
        CHECK_INT(khach__cache_apply(cache, &page, &sync.cursor, &progress, NULL), KHACH_OK);
    khach__lead_leave(cache);
    free(sync.cursor.bytes);
    khach__cache_close(cache);
    fixture_free(&bytes);
}

/* F5: the lease of a leader that slept is over, and another led: the page that was under way is
 * refused, whether the other wrote or not, and the sync goes on from what is there. */
static void test_leading(void)
{
    for (int writes = 0; writes <= 1; writes++) {
        scene at;

        begin(&at, 5, true, false);
        EVENTUALLY(server.pulls == 1);
        boot_ms += SLEEP_MS;
        lead_meanwhile(&at, writes != 0);
        server.holds_pulls = false;
        for (int i = 0; i < server.peers_count; i++) {
            if (server.peers[i].held != 0)
                answer_pull(&server.peers[i], server.peers[i].held);
        }
        server.head = 9;
        wake_up();
        EVENTUALLY(server.streams_open == 1);
        CHECK_INT(server.pulls, 2);
        CHECK_INT(server.was_asked_from_nine, writes);
        /* Of the refused page nothing was kept: customer 105 is not there. */
        end(&at, 9, 1);
    }
}

int main(void)
{
    test_listening();
    test_waiting();
    test_leading();
    return 0;
}
