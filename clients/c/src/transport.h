#ifndef KHACH_SRC_TRANSPORT_H
#define KHACH_SRC_TRANSPORT_H

/* A connected stream socket with deadlines, with TLS or without. The only file that knows sockets.
 */

#include "error.h"
#include "tls.h"

#include <stdint.h>

#define KHACH_ADDRESS_EXPECTED \
    "an address like unix:/path, tcp:host:port or tls:host:port expected, another found"

#define KHACH_SOCKET_INIT {-1, NULL}

typedef struct khach_socket {
    int fd; /* -1 when there is none */
    khach_tls *tls; /* NULL without TLS */
} khach_socket;

/* How long something is waited for. */
typedef struct khach_patience {
    int64_t deadline_ms;
    int stop_fd; /* what can be read here ends it with KHACH_E_STOPPED; -1 for none */
} khach_patience;

/* Milliseconds of a clock that never goes back. */
int64_t khach__transport_now_ms(void);
/* The same of a clock that goes on while the machine sleeps. */
int64_t khach__transport_boot_ms(void);

/* Waits until the deadline, which is KHACH_OK, or to be stopped. */
khach_status khach__transport_sleep(khach_patience patience, khach_error **error);

/* Connects to "unix:/path", "tcp:host:port" or "tls:host:port", for which `files` are read. On
 * KHACH_OK `*socket` is the caller's. */
khach_status khach__transport_open(khach_socket *socket, const char *address,
    const khach_tls_files *files, khach_patience patience, khach_error **error);

/* True when `address` is of a form that khach__transport_open() takes. */
bool khach__transport_address_is_valid(const char *address);

/* Sends all of `bytes`. */
khach_status khach__transport_send(const khach_socket *socket, const uint8_t *bytes, size_t count,
    khach_patience patience, khach_error **error);

/* Receives at least one byte into `room` bytes. The end of the stream is KHACH_E_NETWORK. */
khach_status khach__transport_receive(const khach_socket *socket, uint8_t *out, size_t room,
    size_t *received, khach_patience patience, khach_error **error);

/* Closes; it is KHACH_SOCKET_INIT then. Without a socket a no-op. */
void khach__transport_close(khach_socket *socket);

#endif
