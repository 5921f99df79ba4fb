#ifndef KHACH_SRC_ERROR_H
#define KHACH_SRC_ERROR_H

#include <khach/error.h>

#include <stdbool.h>
#include <stddef.h>

/* Makes `*error` when the caller wants one, and returns `status`, so that a failure is one line. */
__attribute__((format(printf, 3, 4))) khach_status khach__error_set(
    khach_error **error, khach_status status, const char *format, ...);

/* The same for what the server refused. `message` and `reason` need not end in NUL. */
khach_status khach__error_set_remote(khach_error **error, khach_status status, bool is_retryable,
    const char *message, size_t message_bytes, const char *reason, size_t reason_bytes);

#endif
