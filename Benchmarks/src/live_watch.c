/*
 * How long a commit takes to be visible in a live cache.
 *
 *   live_watch ADDRESS BUSINESS CACHE WATCHERS PAYLOADS
 *
 * One cache is kept live by libkhach; the other watchers are streams that read what they are told.
 * PAYLOADS is a file of RecordInteractions requests with a 4-byte big-endian length before each;
 * each is sent once the one before is visible, and each makes one change. The first tenth warms up.
 * Prints one JSON line: percentiles from the request and from its answer to the report of the
 * cache, of the answer itself, and of a bare round trip of one byte over a TCP connection.
 */
#define _GNU_SOURCE
#include <khach/khach.h>
#include <khach/watch.h>

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    HEADER_BYTES = 10,
    WATCHERS_MAX = 1000,
    ROUNDS_MAX = 100000,
    KIND_RESPONSE = 2,
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static uint64_t seen_seq;
static uint64_t seen_at;
static atomic_ulong notices_count;
static int fds[WATCHERS_MAX];
static size_t fds_count;

static void fail(const char *what)
{
    fprintf(stderr, "live_watch: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* --- ttrpc, as far as it is needed --- */

static int connect_to(const char *address)
{
    struct sockaddr_in peer = {.sin_family = AF_INET};
    const char *colon = strrchr(address, ':');
    char host[64] = {0};
    int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (strncmp(address, "tcp:", 4) != 0 || colon == NULL || colon - address - 4 >= 63)
        fail(address);
    memcpy(host, address + 4, (size_t)(colon - address - 4));
    peer.sin_port = htons((uint16_t)atoi(colon + 1));
    if (inet_pton(AF_INET, host, &peer.sin_addr) != 1)
        fail(host);
    if (fd < 0 || connect(fd, (struct sockaddr *)&peer, sizeof peer) != 0)
        fail("connecting");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return fd;
}

static size_t put_field(uint8_t *out, unsigned field, const void *bytes, size_t count)
{
    size_t used = 0;
    size_t rest = count;

    out[used++] = (uint8_t)(field << 3 | 2);
    while (rest >= 0x80) {
        out[used++] = (uint8_t)(rest & 0x7f) | 0x80;
        rest >>= 7;
    }
    out[used++] = (uint8_t)rest;
    memcpy(out + used, bytes, count);
    return used + count;
}

static void send_request(int fd, uint32_t id, uint8_t flags, const char *service,
    const char *method, const uint8_t *payload, size_t payload_bytes)
{
    uint8_t frame[4096];
    size_t used = HEADER_BYTES;
    uint32_t word;

    if (payload_bytes > sizeof frame - 256)
        fail("a payload of at most 3840 bytes");
    used += put_field(frame + used, 1, service, strlen(service));
    used += put_field(frame + used, 2, method, strlen(method));
    used += put_field(frame + used, 3, payload, payload_bytes);
    word = htonl((uint32_t)(used - HEADER_BYTES));
    memcpy(frame, &word, 4);
    word = htonl(id);
    memcpy(frame + 4, &word, 4);
    frame[8] = 1;
    frame[9] = flags;
    if (send(fd, frame, used, MSG_NOSIGNAL) != (ssize_t)used)
        fail("sending");
}

static void receive(int fd, uint8_t *out, size_t count)
{
    size_t done = 0;

    while (done < count) {
        ssize_t got = recv(fd, out + done, count - done, 0);

        if (got <= 0)
            fail("receiving");
        done += (size_t)got;
    }
}

static uint8_t receive_frame(int fd)
{
    uint8_t header[HEADER_BYTES];
    uint8_t body[65536];
    uint32_t count;

    receive(fd, header, sizeof header);
    memcpy(&count, header, 4);
    count = ntohl(count);
    if (count > sizeof body)
        fail("a frame of at most 64 KiB");
    receive(fd, body, count);
    return header[8];
}

/* --- the watchers --- */

static void take(void *context, const khach_watch_report *report)
{
    (void)context;
    if (report->state != KHACH_WATCH_LIVE)
        return;
    pthread_mutex_lock(&lock);
    if (report->seq > seen_seq) {
        seen_at = now_ns();
        seen_seq = report->seq;
        pthread_cond_signal(&changed);
    }
    pthread_mutex_unlock(&lock);
}

static void *run_cache(void *watch)
{
    khach_error *error = NULL;

    if (khach_watch_run(watch, &error) != KHACH_OK)
        fail(khach_error_message(error));
    return NULL;
}

/* Reads whatever the other streams are told. */
static void *run_readers(void *unused)
{
    struct pollfd waited[WATCHERS_MAX];
    uint8_t bytes[4096];

    (void)unused;
    for (size_t i = 0; i < fds_count; i++)
        waited[i] = (struct pollfd){fds[i], POLLIN, 0};
    while (poll(waited, fds_count, -1) >= 0) {
        for (size_t i = 0; i < fds_count; i++) {
            if (waited[i].revents == 0)
                continue;
            if (recv(fds[i], bytes, sizeof bytes, 0) <= 0)
                fail("a watcher");
            atomic_fetch_add(&notices_count, 1);
        }
    }
    fail("poll");
    return NULL;
}

static uint64_t wait_past(uint64_t seq, uint64_t *at)
{
    uint64_t found;

    pthread_mutex_lock(&lock);
    while (seen_seq <= seq)
        pthread_cond_wait(&changed, &lock);
    found = seen_seq;
    *at = seen_at;
    pthread_mutex_unlock(&lock);
    return found;
}

/* --- the bare round trip --- */

static void *echo(void *context)
{
    int fd = *(int *)context;
    uint8_t byte;

    while (recv(fd, &byte, 1, 0) == 1 && send(fd, &byte, 1, MSG_NOSIGNAL) == 1) {
    }
    return NULL;
}

static void make_pair(int pair[2])
{
    struct sockaddr_in self = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t room = sizeof self;
    int yes = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    if (bind(listener, (struct sockaddr *)&self, sizeof self) != 0 || listen(listener, 1) != 0
        || getsockname(listener, (struct sockaddr *)&self, &room) != 0)
        fail("listening");
    pair[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(pair[0], (struct sockaddr *)&self, sizeof self) != 0)
        fail("connecting to itself");
    pair[1] = accept(listener, NULL, NULL);
    close(listener);
    for (int i = 0; i < 2; i++)
        setsockopt(pair[i], IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

static void print(const char *name, int64_t *times, size_t count)
{
    qsort(times, count, sizeof *times, compare);
    printf("\"%s_p50_ms\": %.3f, \"%s_p99_ms\": %.3f, ", name, (double)times[count / 2] / 1e6, name,
        (double)times[count * 99 / 100] / 1e6);
}

static int64_t from_request[ROUNDS_MAX];
static int64_t from_answer[ROUNDS_MAX];
static int64_t answers[ROUNDS_MAX];
static int64_t bare[ROUNDS_MAX];

static size_t measure(int writer, const uint8_t *payloads, size_t bytes, const int pair[2])
{
    size_t count = 0;
    uint32_t id = 1;
    uint64_t at = 0;
    uint64_t seq = wait_past(0, &at);

    for (size_t offset = 0; offset + 4 <= bytes && count < ROUNDS_MAX; count++, id += 2) {
        uint64_t sent;
        uint64_t answered;
        uint32_t length;
        uint8_t byte = 1;

        memcpy(&length, payloads + offset, 4);
        length = ntohl(length);
        sent = now_ns();
        send_request(writer, id, 0, "khach.v1.InteractionService", "RecordInteractions",
            payloads + offset + 4, length);
        offset += 4 + length;
        if (receive_frame(writer) != KIND_RESPONSE)
            fail("an answer");
        answered = now_ns();
        seq = wait_past(seq, &at);
        from_request[count] = (int64_t)(at - sent);
        /* The notice and the answer race. */
        from_answer[count] = at > answered ? (int64_t)(at - answered) : 0;
        answers[count] = (int64_t)(answered - sent);

        sent = now_ns();
        if (send(pair[0], &byte, 1, MSG_NOSIGNAL) != 1 || recv(pair[0], &byte, 1, 0) != 1)
            fail("a round trip");
        bare[count] = (int64_t)(now_ns() - sent);
    }
    return count;
}

int main(int argc, char **argv)
{
    khach_options options = KHACH_OPTIONS_INIT;
    khach_watch_options watch_options;
    khach_client *client = NULL;
    khach_watch *watch = NULL;
    khach_error *error = NULL;
    pthread_t threads[3];
    struct stat status;
    int pair[2];
    size_t count;
    size_t warm;

    if (argc != 6)
        fail("ADDRESS BUSINESS CACHE WATCHERS PAYLOADS");
    options.address = argv[1];
    options.business_id = argv[2];
    options.cache_path = argv[3];
    if (khach_client_open(&client, &options, &error) != KHACH_OK)
        fail(khach_error_message(error));
    khach_watch_options_init(&watch_options);
    watch_options.callback = take;
    if (khach_watch_open(&watch, client, &watch_options, &error) != KHACH_OK)
        fail(khach_error_message(error));

    fds_count = (size_t)atoi(argv[4]) - 1;
    if (fds_count >= WATCHERS_MAX)
        fail("1 to 1000 watchers");
    for (size_t i = 0; i < fds_count; i++) {
        uint8_t request[64];
        size_t used = put_field(request, 1, argv[2], strlen(argv[2]));

        fds[i] = connect_to(argv[1]);
        send_request(fds[i], 1, 1, "khach.v1.SyncService", "WatchChanges", request, used);
        (void)receive_frame(fds[i]);
    }
    make_pair(pair);
    pthread_create(&threads[0], NULL, run_cache, watch);
    pthread_create(&threads[1], NULL, run_readers, NULL);
    pthread_create(&threads[2], NULL, echo, &pair[1]);

    FILE *file = fopen(argv[5], "rb");
    if (file == NULL || fstat(fileno(file), &status) != 0)
        fail(argv[5]);
    uint8_t *payloads = malloc((size_t)status.st_size + 1);
    if (payloads == NULL
        || fread(payloads, 1, (size_t)status.st_size, file) != (size_t)status.st_size)
        fail(argv[5]);
    count = measure(connect_to(argv[1]), payloads, (size_t)status.st_size, pair);
    khach_watch_stop(watch);
    pthread_join(threads[0], NULL);

    warm = count / 10;
    count -= warm;
    printf("{\"rounds\": %zu, \"watchers\": %zu, \"notices\": %lu, ", count, fds_count + 1,
        atomic_load(&notices_count));
    print("visible", from_request + warm, count);
    print("after_answer", from_answer + warm, count);
    print("answer", answers + warm, count);
    print("bare", bare + warm, count);
    printf("\"unit\": \"ms\"}\n");
    khach_watch_close(watch);
    khach_client_close(client);
    return 0;
}
