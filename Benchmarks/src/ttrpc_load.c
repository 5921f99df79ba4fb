// A closed-loop load of Echo calls (golden vector U1): keeps IN_FLIGHT calls open on each of
// CONNECTIONS connections, from one thread.
// usage: ttrpc_load HOST PORT CONNECTIONS IN_FLIGHT SECONDS
// Prints one line: calls per second, p50 and p99 in microseconds, replies that were not a success.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEADER_BYTES = 10, READ_BYTES = 1 << 16, HISTOGRAM_US = 1 << 20 };

static const uint8_t request_tail[] =
    "\x0a\x25ttrpc.integration.streaming.Streaming\x12\x04"
    "Echo\x1a\x09\x08\x01\x12\x05hello";
enum { BODY_BYTES = sizeof request_tail - 1, FRAME_BYTES = HEADER_BYTES + BODY_BYTES };

struct connection {
    int fd;
    uint32_t next_id;
    unsigned slots;
    size_t used;
    uint64_t *begun;      // by (id / 2) % slots_ring
    uint8_t in[READ_BYTES * 2];
    uint8_t *out;
};

static unsigned ring;
static uint32_t *histogram;
static uint64_t done, failed;

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void send_calls(struct connection *c, unsigned count)
{
    uint64_t now = now_ns();
    for (unsigned i = 0; i < count; i++) {
        uint8_t *frame = c->out + (size_t)i * FRAME_BYTES;
        uint32_t length = htonl(BODY_BYTES), id = htonl(c->next_id);
        memcpy(frame, &length, 4);
        memcpy(frame + 4, &id, 4);
        frame[8] = 1;
        frame[9] = 0;
        memcpy(frame + HEADER_BYTES, request_tail, BODY_BYTES);
        c->begun[(c->next_id / 2) % ring] = now;
        c->next_id += 2;
    }
    size_t bytes = (size_t)count * FRAME_BYTES;
    for (size_t sent = 0; sent < bytes;) {
        ssize_t n = write(c->fd, c->out + sent, bytes - sent);
        if (n < 0 && errno != EAGAIN) {
            perror("write");
            exit(1);
        }
        if (n > 0)
            sent += (size_t)n;
    }
}

static unsigned take_replies(struct connection *c, int counting)
{
    size_t at = 0;
    unsigned count = 0;
    uint64_t now = now_ns();
    while (c->used - at >= HEADER_BYTES) {
        uint32_t length, id;
        memcpy(&length, c->in + at, 4);
        memcpy(&id, c->in + at + 4, 4);
        length = ntohl(length);
        id = ntohl(id);
        if (c->used - at < HEADER_BYTES + length)
            break;
        if (counting) {
            uint64_t us = (now - c->begun[(id / 2) % ring]) / 1000;
            histogram[us < HISTOGRAM_US ? us : HISTOGRAM_US - 1]++;
            done++;
            if (c->in[at + 8] != 2 || length == 0 || c->in[at + HEADER_BYTES] != 0x12)
                failed++;
        }
        count++;
        at += HEADER_BYTES + length;
    }
    memmove(c->in, c->in + at, c->used - at);
    c->used -= at;
    return count;
}

static uint64_t percentile(double share)
{
    uint64_t wanted = (uint64_t)((double)done * share), seen = 0;
    for (uint64_t us = 0; us < HISTOGRAM_US; us++)
        if ((seen += histogram[us]) > wanted)
            return us;
    return HISTOGRAM_US;
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: %s HOST PORT CONNECTIONS IN_FLIGHT SECONDS\n", argv[0]);
        return 64;
    }
    int connections = atoi(argv[3]), in_flight = atoi(argv[4]), one = 1;
    double seconds = atof(argv[5]);
    ring = (unsigned)in_flight * 4;
    histogram = calloc(HISTOGRAM_US, sizeof *histogram);
    int epoll = epoll_create1(0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
    inet_pton(AF_INET, argv[1], &address.sin_addr);
    struct connection **all = calloc((size_t)connections, sizeof *all);
    for (int i = 0; i < connections; i++) {
        struct connection *c = all[i] = calloc(1, sizeof *c);
        c->fd = socket(AF_INET, SOCK_STREAM, 0);
        c->next_id = 1;
        c->begun = calloc(ring, sizeof *c->begun);
        c->out = malloc((size_t)in_flight * FRAME_BYTES);
        if (connect(c->fd, (struct sockaddr *)&address, sizeof address)) {
            perror("connect");
            return 1;
        }
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event);
        send_calls(c, (unsigned)in_flight);
    }
    uint64_t warm = now_ns() + 200000000u, begin = 0, end = warm + (uint64_t)(seconds * 1e9);
    for (;;) {
        struct epoll_event events[64];
        int count = epoll_wait(epoll, events, 64, 1000);
        uint64_t now = now_ns();
        if (now >= end || count == 0)
            break;
        if (now >= warm && !begin)
            begin = now;
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            ssize_t n = read(c->fd, c->in + c->used, READ_BYTES);
            if (n <= 0) {
                fprintf(stderr, "connection lost\n");
                return 1;
            }
            c->used += (size_t)n;
            unsigned replies = take_replies(c, begin != 0);
            if (replies)
                send_calls(c, replies);
        }
    }
    double passed = (double)(now_ns() - begin) / 1e9;
    printf("%.0f req/s p50 %llu us p99 %llu us failed %llu calls %llu\n", (double)done / passed,
           (unsigned long long)percentile(0.50), (unsigned long long)percentile(0.99),
           (unsigned long long)failed, (unsigned long long)done);
    return failed != 0;
}
