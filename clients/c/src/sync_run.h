#ifndef KHACH_SRC_SYNC_RUN_H
#define KHACH_SRC_SYNC_RUN_H

/* The engine's actions, done: calls over a connection, the rest in the cache. */

#include "cache.h"
#include "connection.h"
#include "engine.h"

typedef struct khach_sync_run {
    khach_engine *engine;
    khach_cache *cache;
    khach_connection *connection;
    const khach_options *options;
    const char *address;
    bool has_applied; /* a page, in this step */
    unsigned push_turns; /* how often the outbox had to begin anew in this run */
    khach_status push_status; /* what the server refused of the outbox; told at the end */
    khach_error *push_error;
} khach_sync_run;

/* How often the outbox begins anew in one run: after a restore, and under another name. */
#define KHACH_PUSH_TURNS_MAX 4

/* Begins; the cache says where. */
khach_status khach__sync_run_open(
    khach_sync_run *run, khach_goal goal, bool accepts_shrink, khach_error **error);
void khach__sync_run_close(khach_sync_run *run);

/* A step in its parts, for those who make the calls themselves: what is done without the network,
 * until there is a call to make or nothing left; what came of the call; and the end of the step. */
const khach_action *khach__sync_run_local(khach_sync_run *run, khach_sync_progress *progress);
void khach__sync_run_answer(khach_sync_run *run, khach_status status, const uint8_t *reply,
    size_t reply_bytes, khach_error *error);
khach_status khach__sync_run_end_step(
    khach_sync_run *run, khach_sync_progress *progress, khach_error **error);

/* Sends a part of the outbox, if there is one; `progress` says whether there is more of it. What
 * the server refuses is told at the end of the run: it holds up no download. */
khach_status khach__sync_run_push(
    khach_sync_run *run, int64_t now_ms, khach_sync_progress *progress, khach_error **error);

/* One call to the server, and what follows from it. `progress->has_more` is 0 at the end, which has
 * been noted in the cache; the run is closed then, and after a failure. */
khach_status khach__sync_run_step(
    khach_sync_run *run, khach_sync_progress *progress, khach_error **error);

#endif
