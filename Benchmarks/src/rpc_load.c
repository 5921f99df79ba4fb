/*
 * A closed-loop load generator for ttrpc over TCP or a Unix socket: one thread, one epoll.
 *
 *   rpc_load ADDRESS CONNECTIONS IN_FLIGHT SECONDS SERVICE METHOD PAYLOADS [ca=FILE] [token=TOKEN]
 *            [refused=yes] [every=MS]
 *
 * With an authority's certificates it calls over TLS; a token goes with every call; where refusals
 * are expected they are counted and no failure. `every` makes each connection call in such steps,
 * and not as soon as it is answered.
 *
 * PAYLOADS is a file of request messages with a 4-byte big-endian length before each. They are
 * sent in turn; with SECONDS 0 each is sent once. Prints one JSON line.
 */
#define _GNU_SOURCE /* epoll_pwait2 */

#include "rpc_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <time.h>

enum {
    HEADER_BYTES = 10,
    STARTS = 1 << 16, /* start times by stream id; far more than are ever in flight */
    IN_BYTES = 8 << 20,
    LATENCIES_MAX = 40 << 20,
    METADATA_BYTES = 512,
};

struct frame {
    uint8_t *bytes;
    size_t count;
};

struct connection {
    struct socket socket;
    uint32_t next_id;
    unsigned waiting;
    uint64_t next_at; /* with steps */
    uint64_t *starts;
    uint8_t *in;
    size_t in_count;
    uint8_t *out;
    size_t out_sent, out_count, out_room;
    bool wants_room; /* epoll tells when the socket takes more */
};

static int poll_fd;

static struct frame *frames;
static size_t frames_count;
static size_t frames_next;
static bool once;
static uint64_t stop_at;
static uint32_t *latencies;
static uint64_t done_count, error_count;
static const char *token;
static bool may_be_refused;
static uint64_t step_ns;

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void *room_for(size_t bytes)
{
    void *room = malloc(bytes);
    if (room == NULL)
        fail("memory");
    return room;
}

static uint32_t read_u32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, 4);
    return ntohl(value);
}

static void write_u32(uint8_t *bytes, uint32_t value)
{
    value = htonl(value);
    memcpy(bytes, &value, 4);
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

/* KeyValue {"authorization", "Bearer TOKEN"} of a request's metadata. */
static size_t put_token(uint8_t *out)
{
    uint8_t pair[METADATA_BYTES];
    char value[METADATA_BYTES / 2];
    size_t used = put_field(pair, 1, "authorization", strlen("authorization"));

    snprintf(value, sizeof value, "Bearer %s", token);
    used += put_field(pair + used, 2, value, strlen(value));
    return put_field(out, 5, pair, used);
}

/* Every request as a whole frame; only its stream id is written when it is sent. */
static void load_frames(const char *path, const char *service, const char *method)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    if (file == NULL || fstat(fileno(file), &status) != 0)
        fail(path);
    uint8_t *text = room_for((size_t)status.st_size + 1);
    if (fread(text, 1, (size_t)status.st_size, file) != (size_t)status.st_size)
        fail(path);
    fclose(file);

    size_t room = 0;
    for (size_t at = 0; at + 4 <= (size_t)status.st_size;) {
        size_t count = read_u32(text + at);
        if (frames_count == room) {
            room = room ? room * 2 : 1024;
            frames = realloc(frames, room * sizeof *frames);
            if (frames == NULL)
                fail("memory");
        }
        uint8_t *bytes =
            room_for(HEADER_BYTES + strlen(service) + strlen(method) + count + 64 + METADATA_BYTES);
        size_t used = HEADER_BYTES;
        used += put_field(bytes + used, 1, service, strlen(service));
        used += put_field(bytes + used, 2, method, strlen(method));
        if (count > 0)
            used += put_field(bytes + used, 3, text + at + 4, count);
        if (token != NULL)
            used += put_token(bytes + used);
        write_u32(bytes, (uint32_t)(used - HEADER_BYTES));
        bytes[8] = 1;
        bytes[9] = 0;
        frames[frames_count++] = (struct frame){bytes, used};
        at += 4 + count;
    }
    free(text);
    if (frames_count == 0)
        fail("a payload expected, found none");
}

static void read_option(const char *text)
{
    if (strncmp(text, "token=", 6) == 0) {
        token = text + 6;
    } else if (strcmp(text, "refused=yes") == 0) {
        may_be_refused = true;
    } else if (strncmp(text, "every=", 6) == 0) {
        step_ns = (uint64_t)(atof(text + 6) * 1e6);
    } else if (strncmp(text, "ca=", 3) == 0) {
        socket_trust(text + 3);
    } else {
        fprintf(stderr, "rpc_load: ca=, token=, refused=yes or every= expected, found %s\n", text);
        exit(64);
    }
}

static bool has_more(uint64_t now)
{
    return once ? frames_next < frames_count : now < stop_at;
}

static void push(struct connection *connection, uint64_t now)
{
    const struct frame *frame = &frames[frames_next % frames_count];
    frames_next++;
    if (connection->out_room < connection->out_count + frame->count) {
        connection->out_room = (connection->out_count + frame->count) * 2;
        connection->out = realloc(connection->out, connection->out_room);
        if (connection->out == NULL)
            fail("memory");
    }
    uint8_t *at = connection->out + connection->out_count;
    memcpy(at, frame->bytes, frame->count);
    write_u32(at + 4, connection->next_id);
    connection->starts[(connection->next_id >> 1) % STARTS] = now;
    connection->next_id += 2;
    connection->out_count += frame->count;
    connection->waiting++;
}

static void want_room(struct connection *connection, bool wants)
{
    if (connection->wants_room == wants)
        return;
    struct epoll_event event = {.events = wants ? EPOLLIN | EPOLLOUT : EPOLLIN,
                                .data.ptr = connection};
    epoll_ctl(poll_fd, EPOLL_CTL_MOD, connection->socket.fd, &event);
    connection->wants_room = wants;
}

static void flush(struct connection *connection)
{
    while (connection->out_sent < connection->out_count) {
        ssize_t sent = socket_put(&connection->socket, connection->out + connection->out_sent,
                           connection->out_count - connection->out_sent);
        if (sent < 0) {
            if (errno != EAGAIN)
                fail("send");
            want_room(connection, true);
            return;
        }
        connection->out_sent += (size_t)sent;
    }
    connection->out_sent = connection->out_count = 0;
    want_room(connection, false);
}

/* A Response without a status, or with code 0, succeeded. */
static bool succeeded(const uint8_t *body, size_t count)
{
    return count < 4 || body[0] != 0x0a || body[2] != 0x08 || body[3] == 0;
}

static void receive(struct connection *connection)
{
    ssize_t got = socket_get(&connection->socket, connection->in + connection->in_count,
                      IN_BYTES - connection->in_count);
    if (got <= 0) {
        if (got < 0 && errno == EAGAIN)
            return;
        fail("the server closed the connection");
    }
    connection->in_count += (size_t)got;

    uint64_t now = now_ns();
    size_t at = 0;
    while (connection->in_count - at >= HEADER_BYTES) {
        const uint8_t *header = connection->in + at;
        size_t body = read_u32(header);
        if (connection->in_count - at < HEADER_BYTES + body)
            break;
        uint64_t start = connection->starts[(read_u32(header + 4) >> 1) % STARTS];
        if (done_count < LATENCIES_MAX)
            latencies[done_count] = (uint32_t)(now - start > UINT32_MAX ? UINT32_MAX : now - start);
        done_count++;
        if (!succeeded(header + HEADER_BYTES, body))
            error_count++;
        connection->waiting--;
        at += HEADER_BYTES + body;
        if (has_more(now) && step_ns == 0)
            push(connection, now);
    }
    memmove(connection->in, connection->in + at, connection->in_count - at);
    connection->in_count -= at;
    flush(connection);
}

/* How long it is until the first connection's step comes. */
static uint64_t until_step(const struct connection *connections, size_t count)
{
    uint64_t now = now_ns(), next = UINT64_MAX;
    for (size_t index = 0; index < count; index++) {
        if (connections[index].next_at < next)
            next = connections[index].next_at;
    }
    return next > now ? next - now : 0;
}

/* Calls by those connections whose step has come. */
static void push_steps(struct connection *connections, size_t count, uint64_t now)
{
    for (size_t index = 0; index < count; index++) {
        struct connection *connection = &connections[index];
        if (connection->next_at == 0)
            connection->next_at = now;
        /* What should have begun while another was waited for counts from then. */
        while (now >= connection->next_at && has_more(now)) {
            push(connection, connection->next_at);
            connection->next_at += step_ns;
        }
        flush(connection);
    }
}

static int by_value(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static void report(double seconds)
{
    size_t count = done_count < LATENCIES_MAX ? done_count : LATENCIES_MAX;
    qsort(latencies, count, sizeof *latencies, by_value);
    printf("{\"requests\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"seconds\":%.3f,\"per_second\":%.0f,"
           "\"p50_us\":%.1f,\"p99_us\":%.1f}\n",
           done_count, error_count, seconds, (double)done_count / seconds,
           count ? latencies[count / 2] / 1e3 : 0, count ? latencies[count * 99 / 100] / 1e3 : 0);
}

int main(int argc, char **argv)
{
    if (argc < 8) {
        fprintf(stderr, "usage: %s ADDRESS CONNECTIONS IN_FLIGHT SECONDS SERVICE METHOD PAYLOADS"
                        " [ca=FILE] [token=TOKEN] [refused=yes] [every=MS]\n", argv[0]);
        return 64;
    }
    for (int index = 8; index < argc; index++)
        read_option(argv[index]);
    size_t connections_count = (size_t)atoi(argv[2]);
    unsigned in_flight = (unsigned)atoi(argv[3]);
    double seconds = atof(argv[4]);
    once = seconds <= 0;
    load_frames(argv[7], argv[5], argv[6]);
    latencies = room_for(sizeof *latencies * (size_t)LATENCIES_MAX);

    poll_fd = epoll_create1(0);
    struct connection *connections = room_for(connections_count * sizeof *connections);
    for (size_t index = 0; index < connections_count; index++) {
        struct connection *connection = &connections[index];
        *connection = (struct connection){.socket = socket_open(argv[1]), .next_id = 1};
        connection->starts = room_for(STARTS * sizeof *connection->starts);
        connection->in = room_for(IN_BYTES);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
        epoll_ctl(poll_fd, EPOLL_CTL_ADD, connection->socket.fd, &event);
    }

    uint64_t start = now_ns();
    stop_at = start + (uint64_t)(seconds * 1e9);
    for (size_t index = 0; index < connections_count; index++) {
        for (unsigned sent = 0; sent < in_flight && has_more(start); sent++)
            push(&connections[index], start);
        flush(&connections[index]);
    }
    for (;;) {
        unsigned waiting = 0;
        for (size_t index = 0; index < connections_count; index++)
            waiting += connections[index].waiting;
        uint64_t now = now_ns();
        if (waiting == 0 && (step_ns == 0 || !has_more(now)))
            break;
        if (step_ns > 0)
            push_steps(connections, connections_count, now);
        struct epoll_event events[64];
        uint64_t rest = step_ns > 0 ? until_step(connections, connections_count) : 30000000000u;
        struct timespec time = {.tv_sec = (time_t)(rest / 1000000000u),
                                .tv_nsec = (long)(rest % 1000000000u)};
        int ready = epoll_pwait2(poll_fd, events, 64, &time, NULL);
        if (ready == 0 && step_ns == 0) {
            errno = ETIMEDOUT;
            fail("30 s without a reply");
        }
        for (int index = 0; index < ready; index++) {
            if (events[index].events & EPOLLOUT)
                flush(events[index].data.ptr);
            if (events[index].events & ~(unsigned)EPOLLOUT)
                receive(events[index].data.ptr);
        }
    }
    report((double)(now_ns() - start) / 1e9);
    return error_count == 0 || may_be_refused ? 0 : 1;
}
