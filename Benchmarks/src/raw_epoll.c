// The floor for comparison: answers every ttrpc Request with a fixed Response of the same id.
// One thread, one epoll, one write per read.  usage: raw_epoll PORT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 18, HEADER_BYTES = 10 };

// {seq 2, msg "hello"}, as golden vector U1 has it.
static const uint8_t body[] = {0x12, 0x09, 0x08, 0x02, 0x12, 0x05, 'h', 'e', 'l', 'l', 'o'};

struct connection {
    int fd;
    size_t used;
    uint8_t in[BUFFER_BYTES];
    uint8_t out[BUFFER_BYTES];
};

static void answer(struct connection *connection)
{
    size_t at = 0, written = 0;
    while (connection->used - at >= HEADER_BYTES) {
        uint32_t length;
        memcpy(&length, connection->in + at, 4);
        length = ntohl(length);
        if (connection->used - at < HEADER_BYTES + length)
            break;
        uint8_t *reply = connection->out + written;
        uint32_t reply_length = htonl(sizeof body);
        memcpy(reply, &reply_length, 4);
        memcpy(reply + 4, connection->in + at + 4, 4);
        reply[8] = 2;
        reply[9] = 0;
        memcpy(reply + HEADER_BYTES, body, sizeof body);
        written += HEADER_BYTES + sizeof body;
        at += HEADER_BYTES + length;
    }
    memmove(connection->in, connection->in + at, connection->used - at);
    connection->used -= at;
    for (size_t sent = 0; sent < written;) {
        ssize_t n = write(connection->fd, connection->out + sent, written - sent);
        if (n < 0 && errno != EAGAIN)
            return;
        if (n > 0)
            sent += (size_t)n;
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_port = htons((uint16_t)atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) {
        perror("listen");
        return 1;
    }
    socklen_t address_bytes = sizeof address;
    getsockname(listener, (struct sockaddr *)&address, &address_bytes);
    printf("listening tcp:127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        struct epoll_event events[64];
        int count = epoll_wait(epoll, events, 64, -1);
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (!connection) {
                connection = calloc(1, sizeof *connection);
                connection->fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                event = (struct epoll_event){.events = EPOLLIN, .data.ptr = connection};
                epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event);
                continue;
            }
            ssize_t n = read(connection->fd, connection->in + connection->used,
                             64 * 1024 - connection->used);
            if (n <= 0) {
                if (n < 0 && errno == EAGAIN)
                    continue;
                close(connection->fd);
                free(connection);
                continue;
            }
            connection->used += (size_t)n;
            answer(connection);
        }
    }
}
