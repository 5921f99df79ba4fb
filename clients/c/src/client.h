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
    khach_tls_files tls_files;
    khach_cache *cache;
    khach_connection connection;
    khach_sync_run run; /* the sync that is under way */
    bool keeps_edits;   /* syncs leave the outbox alone: a watch waits before it sends again */
    bool is_refused;    /* the last sync brought the whole feed; what failed is the outbox alone */
    khach_options options; /* its strings are not kept */
};

/* What every door does first. */
static inline void khach__clear(khach_error **error)
{
    if (error != NULL)
        *error = NULL;
}

/* client_changes.c: a descriptor that is readable once anybody has written the cache, until it is
 * drained; the caller closes it. */
khach_status khach__changes_open(int *out, khach_cache *cache, khach_error **error);
void khach__changes_drain(int fd);

/* Milliseconds since 1970 by the system's clock: for people, never for order. */
int64_t khach__now_ms(void);
khach_status khach__missing(khach_error **error);
khach_status khach__wrong_size(
    khach_error **error, const char *what, size_t expected, size_t found);

#endif
