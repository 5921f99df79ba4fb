#ifndef KHACH_SRC_TRANSPORT_H
#define KHACH_SRC_TRANSPORT_H

/* A connected stream socket with deadlines. The only file that knows sockets. */

#include "error.h"

#include <stdint.h>

#define KHACH_ADDRESS_EXPECTED "an address like unix:/path or tcp:host:port expected, another found"

/* Milliseconds of a clock that never goes back. */
int64_t khach__transport_now_ms(void);

/* Connects to "unix:/path" or "tcp:host:port". On KHACH_OK `*fd` is the caller's. */
khach_status khach__transport_open(
    int *fd, const char *address, int64_t deadline_ms, khach_error **error);

/* True when `address` is of a form that khach__transport_open() takes. */
bool khach__transport_address_is_valid(const char *address);

/* Sends all of `bytes`. */
khach_status khach__transport_send(
    int fd, const uint8_t *bytes, size_t count, int64_t deadline_ms, khach_error **error);

/* Receives at least one byte into `room` bytes. The end of the stream is KHACH_E_NETWORK. */
khach_status khach__transport_receive(int fd, uint8_t *out, size_t room, size_t *received,
    int64_t deadline_ms, khach_error **error);

/* Closes; -1 is a no-op. */
void khach__transport_close(int fd);

#endif
