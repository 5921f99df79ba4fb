#ifndef RPC_SOCKET_H
#define RPC_SOCKET_H

/* A connection's bytes, plain or over TLS. */

#include <openssl/ssl.h>
#include <sys/types.h>

struct socket {
    int fd;
    SSL *tls; /* NULL for plaintext */
};

/* Says what failed, with errno, and ends the process. */
_Noreturn void fail(const char *what);

/* From here on connections are over TLS, with servers that these authorities vouch for. */
void socket_trust(const char *path);

/* Connects to tcp:, tls: or unix:; does not block afterwards. */
struct socket socket_open(const char *address);

/* As send() and recv() do; errno is EAGAIN where the socket has no room or bytes. */
ssize_t socket_put(struct socket *to, const void *bytes, size_t count);
ssize_t socket_get(struct socket *from, void *bytes, size_t room);

#endif
