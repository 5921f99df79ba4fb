#ifndef KHACH_TESTS_FIXTURE_H
#define KHACH_TESTS_FIXTURE_H

/* Hand-made pages of changes, and a server that says what it is told to. */

#include "envelope.h"

#include <khach/khach.h>

#include <pthread.h>
#include <stdint.h>

#define FIXTURE_BUSINESS "b0000000000001"
#define FIXTURE_PAGES_MAX 64
#define FIXTURE_REQUEST_BYTES_MAX 65536

/* Writes the text of an identifier: 15 bytes. */
void fixture_id(char *out, char letter, uint64_t number);

/* A page of changes under construction. */
typedef struct fixture_page {
    uint8_t *bytes;
    size_t count;
    size_t room;
} fixture_page;

void fixture_business(fixture_page *page, uint64_t seq, const char *zone);
void fixture_fan_page(fixture_page *page, uint64_t seq, uint64_t number);
/* A customer with this name, NULL for none, created `created_at_ms` on fan page `fan_page`. */
void fixture_customer(fixture_page *page, uint64_t seq, uint64_t number, uint64_t fan_page,
    const char *name, int64_t created_at_ms);
/* A customer by its record. */
void fixture_record(fixture_page *page, uint64_t seq, const void *record, size_t count);
void fixture_tombstone(fixture_page *page, uint64_t seq, uint64_t number);
/* Bytes as they stand, and a field of bytes of the PullChangesResponse. */
void fixture_append(fixture_page *page, const void *bytes, size_t count);
void fixture_raw(fixture_page *page, uint32_t field, const void *bytes, size_t count);
/* Says that tombstones up to there are compacted. */
void fixture_horizon(fixture_page *page, uint64_t horizon);
/* Cursor, has_more, phase, seq, head, read_at. */
void fixture_end(fixture_page *page, const char *cursor, int has_more, uint64_t seq);
/* The page as a whole frame on a stream: release with free(). */
khach_bytes fixture_frame(const fixture_page *page, uint32_t stream_id);
/* A frame with a google.rpc.Status and an ErrorInfo. */
khach_bytes fixture_failure(uint32_t stream_id, int code, const char *message, const char *reason);
void fixture_free(fixture_page *page);

/* What the server does with the next request. */
typedef struct fixture_reply {
    const uint8_t *bytes;
    size_t count; /* sent as they are */
    int is_cut;   /* then closes the connection */
    int delay_ms; /* before anything is sent */
} fixture_reply;

typedef struct fixture_server {
    char path[64];
    char address[80];
    int listener;
    _Atomic int connected; /* -1 when nobody is */
    pthread_t thread;
    fixture_reply replies[FIXTURE_PAGES_MAX];
    size_t replies_count;
    size_t next;
    uint8_t request[FIXTURE_REQUEST_BYTES_MAX]; /* the last one, as a frame */
    size_t request_count;
} fixture_server;

/* Begins to serve the replies in order, over as many connections as it takes; then closes. */
void fixture_serve(fixture_server *server);
void fixture_stop(fixture_server *server);
void fixture_add(fixture_server *server, khach_bytes frame);

/* A cache path in a new folder, and its removal. */
void fixture_folder(char *folder, char *cache_path);
void fixture_remove(const char *folder);

#endif
