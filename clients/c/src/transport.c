#define _GNU_SOURCE /* SOCK_CLOEXEC, getaddrinfo */

#include "transport.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define UNIX_PREFIX "unix:"
#define TCP_PREFIX "tcp:"
#define TLS_PREFIX "tls:"
#define HOST_BYTES_MAX 255
/* A connection over which nothing goes is asked after 20 s, and is gone 30 s later. */
#define KEEPALIVE_IDLE_S 20
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_PROBES 3

static int64_t read_ms(clockid_t clock)
{
    struct timespec now = {0};

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t khach__transport_now_ms(void)
{
    return read_ms(CLOCK_MONOTONIC);
}

int64_t khach__transport_boot_ms(void)
{
    return read_ms(CLOCK_BOOTTIME);
}

/* Waits until `fd` is ready for `events`; -1 is never ready. */
static khach_status wait_for(int fd, short events, khach_patience patience, khach_error **error)
{
    for (;;) {
        struct pollfd waited[] = {{fd, events, 0}, {patience.stop_fd, POLLIN, 0}};
        int64_t left = patience.deadline_ms - khach__transport_now_ms();
        int count;

        if (left < 0)
            left = 0;
        count = poll(waited, 2, left > INT_MAX ? INT_MAX : (int)left);
        if (count > 0 && waited[1].revents != 0)
            return khach__error_set(error, KHACH_E_STOPPED,
                "a caller that goes on expected, one that stops found");
        if (count > 0)
            return KHACH_OK;
        if (count == 0)
            return khach__error_set(
                error, KHACH_E_TIMEOUT, "an answer expected in time, none found");
        if (errno != EINTR)
            return khach__error_set(error, KHACH_E_NETWORK, "poll: %s", strerror(errno));
    }
}

khach_status khach__transport_sleep(khach_patience patience, khach_error **error)
{
    khach_error *end = NULL;
    khach_status status = wait_for(-1, 0, patience, &end);

    if (status == KHACH_E_TIMEOUT) {
        khach_error_free(end);
        return KHACH_OK;
    }
    if (error != NULL)
        *error = end;
    else
        khach_error_free(end);
    return status;
}

/* A peer that is gone without a word is found out by the kernel, too. */
static void keep_alive(int fd)
{
    int yes = 1;
    int idle_s = KEEPALIVE_IDLE_S;
    int interval_s = KEEPALIVE_INTERVAL_S;
    int probes = KEEPALIVE_PROBES;

    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, (socklen_t)sizeof(yes));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, (socklen_t)sizeof(idle_s));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, (socklen_t)sizeof(interval_s));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, (socklen_t)sizeof(probes));
}

/* Connects a socket that does not block. */
static khach_status connect_to(int fd, const struct sockaddr *address, socklen_t address_bytes,
    khach_patience patience, khach_error **error)
{
    int failure = 0;
    socklen_t failure_bytes = sizeof(failure);

    if (connect(fd, address, address_bytes) == 0)
        return KHACH_OK;
    if (errno == EINPROGRESS || errno == EINTR) {
        khach_status status = wait_for(fd, POLLOUT, patience, error);

        if (status != KHACH_OK)
            return status;
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &failure_bytes) != 0)
            failure = errno;
    } else {
        failure = errno;
    }
    if (failure == 0)
        return KHACH_OK;
    return khach__error_set(error, KHACH_E_NETWORK, "connecting: %s", strerror(failure));
}

static khach_status open_unix(
    int *fd, const char *path, khach_patience patience, khach_error **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    khach_status status;

    memcpy(address.sun_path, path, strlen(path));
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return khach__error_set(error, KHACH_E_NETWORK, "socket: %s", strerror(errno));

    status = connect_to(
        *fd, (const struct sockaddr *)&address, (socklen_t)sizeof(address), patience, error);
    if (status != KHACH_OK) {
        (void)close(*fd);
        *fd = -1;
    }
    return status;
}

/* Splits "host:port" or "[host]:port" at its last colon. */
static bool split_host(char *host, size_t room, const char **port, const char *text)
{
    const char *colon = strrchr(text, ':');
    size_t count;

    if (colon == NULL || colon == text || colon[1] == '\0')
        return false;
    count = (size_t)(colon - text);
    if (text[0] == '[' && count > 2 && text[count - 1] == ']') {
        text++;
        count -= 2;
    }
    if (count >= room)
        return false;
    memcpy(host, text, count);
    host[count] = '\0';
    *port = colon + 1;
    return true;
}

static khach_status open_tcp(
    int *fd, const char *text, khach_patience patience, khach_error **error)
{
    char host[HOST_BYTES_MAX + 1];
    const char *port = NULL;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    khach_status status = KHACH_E_NETWORK;
    int result;

    if (!split_host(host, sizeof(host), &port, text))
        return khach__error_set(error, KHACH_E_INVALID, KHACH_ADDRESS_EXPECTED);
    result = getaddrinfo(host, port, &hints, &found);
    if (result != 0)
        return khach__error_set(
            error, KHACH_E_NETWORK, "looking up %s: %s", host, gai_strerror(result));

    for (const struct addrinfo *at = found; at != NULL; at = at->ai_next) {
        int yes = 1;

        *fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol);
        if (*fd < 0) {
            status = khach__error_set(error, KHACH_E_NETWORK, "socket: %s", strerror(errno));
            continue;
        }
        status = connect_to(*fd, at->ai_addr, at->ai_addrlen, patience, error);
        if (status == KHACH_OK) {
            (void)setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &yes, (socklen_t)sizeof(yes));
            keep_alive(*fd);
            break;
        }
        (void)close(*fd);
        *fd = -1;
    }
    freeaddrinfo(found);
    return status;
}

bool khach__transport_address_is_valid(const char *address)
{
    char host[HOST_BYTES_MAX + 1];
    const char *port = NULL;
    struct sockaddr_un unix_address;

    if (strncmp(address, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0) {
        size_t count = strlen(address + strlen(UNIX_PREFIX));

        return count > 0 && count < sizeof(unix_address.sun_path);
    }
    return (strncmp(address, TCP_PREFIX, strlen(TCP_PREFIX)) == 0
               || strncmp(address, TLS_PREFIX, strlen(TLS_PREFIX)) == 0)
        && split_host(host, sizeof(host), &port, address + strlen(TCP_PREFIX));
}

/* Waits for what a turn of TLS needs. */
static khach_status wait_turn(
    const khach_socket *socket, khach_tls_turn turn, khach_patience patience, khach_error **error)
{
    return wait_for(socket->fd, turn == KHACH_TLS_WANTS_WRITE ? POLLOUT : POLLIN, patience, error);
}

static khach_status open_tls(khach_socket *socket, const char *text, const khach_tls_files *files,
    khach_patience patience, khach_error **error)
{
    char host[HOST_BYTES_MAX + 1];
    const char *port = NULL;
    khach_status status = open_tcp(&socket->fd, text, patience, error);

    if (status != KHACH_OK)
        return status;
    (void)split_host(host, sizeof(host), &port, text);
    status = khach__tls_open(&socket->tls, socket->fd, host, files, error);
    while (status == KHACH_OK) {
        khach_tls_turn turn = khach__tls_handshake(socket->tls, &status, error);

        if (turn == KHACH_TLS_DONE)
            return KHACH_OK;
        if (turn != KHACH_TLS_FAILED)
            status = wait_turn(socket, turn, patience, error);
    }
    khach__transport_close(socket);
    return status;
}

khach_status khach__transport_open(khach_socket *socket, const char *address,
    const khach_tls_files *files, khach_patience patience, khach_error **error)
{
    *socket = (khach_socket)KHACH_SOCKET_INIT;
    if (!khach__transport_address_is_valid(address))
        return khach__error_set(error, KHACH_E_INVALID, KHACH_ADDRESS_EXPECTED);
    if (strncmp(address, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
        return open_unix(&socket->fd, address + strlen(UNIX_PREFIX), patience, error);
    if (strncmp(address, TLS_PREFIX, strlen(TLS_PREFIX)) == 0)
        return open_tls(socket, address + strlen(TLS_PREFIX), files, patience, error);
    return open_tcp(&socket->fd, address + strlen(TCP_PREFIX), patience, error);
}

/* One attempt to send, in the words of TLS. */
static khach_tls_turn send_some(const khach_socket *socket, const uint8_t *bytes, size_t count,
    size_t *sent, khach_status *status, khach_error **error)
{
    ssize_t result;

    if (socket->tls != NULL)
        return khach__tls_send(socket->tls, bytes, count, sent, status, error);
    result = send(socket->fd, bytes, count, MSG_NOSIGNAL);
    if (result >= 0) {
        *sent = (size_t)result;
        return KHACH_TLS_DONE;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return KHACH_TLS_WANTS_WRITE;
    *status = khach__error_set(error, KHACH_E_NETWORK, "sending: %s", strerror(errno));
    return KHACH_TLS_FAILED;
}

khach_status khach__transport_send(const khach_socket *socket, const uint8_t *bytes, size_t count,
    khach_patience patience, khach_error **error)
{
    khach_status status = KHACH_OK;
    size_t sent = 0;

    while (sent < count && status == KHACH_OK) {
        size_t more = 0;
        khach_tls_turn turn =
            send_some(socket, bytes + sent, count - sent, &more, &status, error);

        if (turn == KHACH_TLS_DONE)
            sent += more;
        else if (turn != KHACH_TLS_FAILED)
            status = wait_turn(socket, turn, patience, error);
    }
    return status;
}

/* One attempt to receive, in the words of TLS. */
static khach_tls_turn receive_some(const khach_socket *socket, uint8_t *out, size_t room,
    size_t *received, khach_status *status, khach_error **error)
{
    ssize_t result;

    if (socket->tls != NULL)
        return khach__tls_receive(socket->tls, out, room, received, status, error);
    result = recv(socket->fd, out, room, 0);
    if (result > 0) {
        *received = (size_t)result;
        return KHACH_TLS_DONE;
    }
    if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return KHACH_TLS_WANTS_READ;
    *status = result == 0
        ? khach__error_set(
              error, KHACH_E_NETWORK, "an answer expected, the end of the connection found")
        : khach__error_set(error, KHACH_E_NETWORK, "receiving: %s", strerror(errno));
    return KHACH_TLS_FAILED;
}

khach_status khach__transport_receive(const khach_socket *socket, uint8_t *out, size_t room,
    size_t *received, khach_patience patience, khach_error **error)
{
    khach_status status = KHACH_OK;

    while (status == KHACH_OK) {
        khach_tls_turn turn = receive_some(socket, out, room, received, &status, error);

        if (turn == KHACH_TLS_DONE)
            return KHACH_OK;
        if (turn != KHACH_TLS_FAILED)
            status = wait_turn(socket, turn, patience, error);
    }
    return status;
}

void khach__transport_close(khach_socket *socket)
{
    khach__tls_close(socket->tls);
    if (socket->fd >= 0)
        (void)close(socket->fd);
    *socket = (khach_socket)KHACH_SOCKET_INIT;
}
