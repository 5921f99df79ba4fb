#include "rpc_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static SSL_CTX *authority;

void fail(const char *what)
{
    fprintf(stderr, "rpc_load: %s: %s\n", what, strerror(errno));
    exit(1);
}

void socket_trust(const char *path)
{
    authority = SSL_CTX_new(TLS_client_method());
    if (authority == NULL || SSL_CTX_load_verify_locations(authority, path, NULL) != 1)
        fail(path);
    SSL_CTX_set_verify(authority, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(authority,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

static int connect_to(const char *address)
{
    int fd;
    if (strncmp(address, "unix:", 5) == 0) {
        struct sockaddr_un name = {.sun_family = AF_UNIX};
        snprintf(name.sun_path, sizeof name.sun_path, "%s", address + 5);
        fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof name) != 0)
            fail(address);
    } else {
        bool has_scheme = strncmp(address, "tcp:", 4) == 0 || strncmp(address, "tls:", 4) == 0;
        const char *rest = has_scheme ? address + 4 : address;
        const char *colon = strrchr(rest, ':');
        char host[64];
        struct sockaddr_in name = {.sin_family = AF_INET};
        if (colon == NULL || (size_t)(colon - rest) >= sizeof host)
            fail("tcp:HOST:PORT expected");
        snprintf(host, sizeof host, "%.*s", (int)(colon - rest), rest);
        name.sin_port = htons((uint16_t)atoi(colon + 1));
        if (inet_pton(AF_INET, host, &name.sin_addr) != 1)
            fail("an IPv4 address expected");
        fd = socket(AF_INET, SOCK_STREAM, 0);
        int yes = 1;
        if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof name) != 0)
            fail(address);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }
    return fd;
}

struct socket socket_open(const char *address)
{
    struct socket opened = {.fd = connect_to(address)};

    if (authority != NULL) {
        opened.tls = SSL_new(authority);
        if (opened.tls == NULL || SSL_set1_host(opened.tls, "localhost") != 1
            || SSL_set_fd(opened.tls, opened.fd) != 1 || SSL_connect(opened.tls) != 1) {
            ERR_print_errors_fp(stderr);
            fail("a handshake");
        }
    }
    fcntl(opened.fd, F_SETFL, O_NONBLOCK);
    return opened;
}

ssize_t socket_put(struct socket *to, const void *bytes, size_t count)
{
    if (to->tls == NULL)
        return send(to->fd, bytes, count, MSG_NOSIGNAL);
    int sent = SSL_write(to->tls, bytes, count > 1 << 20 ? 1 << 20 : (int)count);
    if (sent <= 0)
        errno = SSL_get_error(to->tls, sent) == SSL_ERROR_WANT_WRITE ? EAGAIN : EIO;
    return sent > 0 ? sent : -1;
}

ssize_t socket_get(struct socket *from, void *bytes, size_t room)
{
    if (from->tls == NULL)
        return recv(from->fd, bytes, room, 0);
    size_t count = 0;
    while (count < room) {
        int got = SSL_read(from->tls, (uint8_t *)bytes + count, (int)(room - count));
        if (got <= 0) {
            if (count == 0)
                errno = SSL_get_error(from->tls, got) == SSL_ERROR_WANT_READ ? EAGAIN : EIO;
            break;
        }
        count += (size_t)got;
    }
    return count > 0 ? (ssize_t)count : -1;
}
