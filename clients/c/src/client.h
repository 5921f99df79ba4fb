#ifndef KHACH_SRC_CLIENT_H
#define KHACH_SRC_CLIENT_H

/* A client, as its doors see it: client.c has opening and questions, client_sync.c the sync. */

#include <khach/khach.h>

#include "cache.h"
#include "connection.h"
#include "sync_run.h"

struct khach_client {
    char *address; /* NULL for offline use */
    char *authorization; /* NULL without a token */
    khach_cache *cache;
    khach_connection connection;
    khach_sync_run run; /* the sync that is under way */
    khach_options options; /* its strings are not kept */
};

/* What every door does first. */
static inline void khach__clear(khach_error **error)
{
    if (error != NULL)
        *error = NULL;
}

/* Milliseconds since 1970 by the system's clock: for people, never for order. */
int64_t khach__now_ms(void);
khach_status khach__missing(khach_error **error);
khach_status khach__wrong_size(
    khach_error **error, const char *what, size_t expected, size_t found);

#endif
