/* What callers are told of a failure. */

#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_BYTES_MAX 512
#define REASON_BYTES_MAX 64

struct khach_error {
    khach_status status;
    bool is_retryable;
    char message[MESSAGE_BYTES_MAX];
    char reason[REASON_BYTES_MAX];
};

static bool may_pass(khach_status status)
{
    return status == KHACH_E_NETWORK || status == KHACH_E_TIMEOUT || status == KHACH_E_CACHE_LOCKED;
}

static khach_error *error_new(khach_error **error, khach_status status, bool is_retryable)
{
    khach_error *made;

    if (error == NULL)
        return NULL;
    khach_error_free(*error);
    *error = NULL;
    made = calloc(1, sizeof(*made));
    if (made == NULL)
        return NULL;

    made->status = status;
    made->is_retryable = is_retryable;
    *error = made;
    return made;
}

khach_status khach__error_set(khach_error **error, khach_status status, const char *format, ...)
{
    khach_error *made = error_new(error, status, may_pass(status));
    va_list arguments;

    if (made == NULL)
        return status;
    va_start(arguments, format);
    (void)vsnprintf(made->message, sizeof(made->message), format, arguments);
    va_end(arguments);
    return status;
}

/* Copies what fits, never half a code point, and nothing that would upset a terminal. */
static void copy_text(char *out, size_t room, const char *text, size_t text_bytes)
{
    size_t count = text_bytes < room - 1 ? text_bytes : room - 1;

    while (count > 0 && count < text_bytes && ((unsigned char)text[count] & 0xC0) == 0x80)
        count--;
    for (size_t i = 0; i < count; i++)
        out[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7F ? ' ' : text[i];
    out[count] = '\0';
}

khach_status khach__error_set_remote(khach_error **error, khach_status status, bool is_retryable,
    const char *message, size_t message_bytes, const char *reason, size_t reason_bytes)
{
    khach_error *made = error_new(error, status, is_retryable || may_pass(status));

    if (made == NULL)
        return status;
    copy_text(made->message, sizeof(made->message), message, message_bytes);
    copy_text(made->reason, sizeof(made->reason), reason, reason_bytes);
    return status;
}

const char *khach_status_name(khach_status status)
{
    static const char *const names[] = {
        "KHACH_OK",
        "KHACH_E_INVALID",
        "KHACH_E_MEMORY",
        "KHACH_E_IO",
        "KHACH_E_NETWORK",
        "KHACH_E_TIMEOUT",
        "KHACH_E_PROTOCOL",
        "KHACH_E_REMOTE",
        "KHACH_E_NOT_FOUND",
        "KHACH_E_NOT_SYNCED",
        "KHACH_E_CURSOR_INVALID",
        "KHACH_E_GENERATION_CHANGED",
        "KHACH_E_CURSOR_AHEAD",
        "KHACH_E_SCOPE_MISMATCH",
        "KHACH_E_CACHE_FOREIGN",
        "KHACH_E_CACHE_TOO_NEW",
        "KHACH_E_CACHE_LOCKED",
        "KHACH_E_CACHE_CORRUPT",
        "KHACH_E_DISK_FULL",
        "KHACH_E_OFFLINE",
        "KHACH_E_SHRINK",
        "KHACH_E_SCOPE_CHANGED",
        "KHACH_E_NOT_FRESH",
        "KHACH_E_STOPPED",
        "KHACH_E_OUTCOME_UNKNOWN",
        "KHACH_E_CERTIFICATE",
    };
    int index = -(int)status;

    if (index < 0 || index >= (int)(sizeof(names) / sizeof(names[0])))
        return "KHACH_E_UNKNOWN";
    return names[index];
}

khach_status khach_error_status(const khach_error *error)
{
    return error == NULL ? KHACH_OK : error->status;
}

const char *khach_error_message(const khach_error *error)
{
    return error == NULL ? "" : error->message;
}

const char *khach_error_reason(const khach_error *error)
{
    return error == NULL ? "" : error->reason;
}

int khach_error_is_retryable(const khach_error *error)
{
    return error != NULL && error->is_retryable;
}

void khach_error_free(khach_error *error)
{
    free(error);
}
