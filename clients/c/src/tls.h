#ifndef KHACH_SRC_TLS_H
#define KHACH_SRC_TLS_H

/* TLS over a socket that does not block. The only file that knows libssl. */

#include "error.h"

#include <stdint.h>

/* Paths of PEM files; NULL for none. Without a `ca_file` the system's authorities hold. */
typedef struct khach_tls_files {
    char *ca_file;
    char *certificate_file;
    char *key_file;
} khach_tls_files;

typedef struct khach_tls khach_tls;

/* What an attempt came to: it is done, or the socket must be ready first, or it failed. */
typedef enum khach_tls_turn {
    KHACH_TLS_DONE,
    KHACH_TLS_WANTS_READ,
    KHACH_TLS_WANTS_WRITE,
    KHACH_TLS_FAILED
} khach_tls_turn;

/* Prepares a handshake with `host` over `fd`, which stays the caller's. At least TLS 1.2; the
 * server's chain and name are verified. On KHACH_OK `*out` is released by khach__tls_close(). */
khach_status khach__tls_open(khach_tls **out, int fd, const char *host,
    const khach_tls_files *files, khach_error **error);

/* Each goes as far as it can; `*status` and `error` are set for KHACH_TLS_FAILED alone. */
khach_tls_turn khach__tls_handshake(khach_tls *tls, khach_status *status, khach_error **error);
khach_tls_turn khach__tls_send(khach_tls *tls, const uint8_t *bytes, size_t count, size_t *sent,
    khach_status *status, khach_error **error);
khach_tls_turn khach__tls_receive(khach_tls *tls, uint8_t *out, size_t room, size_t *received,
    khach_status *status, khach_error **error);

/* Says goodbye, if that takes no time, and releases. NULL is a no-op. */
void khach__tls_close(khach_tls *tls);

#endif
