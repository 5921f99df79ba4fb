/* The doors to positions: how far the cache is, and waiting until it is somewhere. */

#include "client.h"
#include "position.h"

#include <khach/position.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Between two looks at a cache that another process syncs. */
#define LOOK_MS 10
/* Between two pulls that have not brought enough; each doubles it. */
#define PULL_MS_MIN 10
#define PULL_MS_MAX 1000

/* Where the cache is; `*is_known` is false while it has nothing whole. */
static khach_status read_position(
    khach_client *client, khach_position *at, bool *is_known, khach_error **error)
{
    khach_cache_sync sync = {0};
    khach_status status = khach__cache_sync_read(client->cache, &sync, error);

    *is_known = status == KHACH_OK && sync.phase == KHACH_PHASE_COMPLETE
        && khach__position_generation(at->generation, &sync.cursor);
    at->seq = sync.seq;
    free(sync.cursor.bytes);
    return status;
}

khach_status khach_position_read(
    khach_client *client, char *out, size_t room, khach_error **error)
{
    khach_position at = {{0}, 0};
    bool is_known = false;
    khach_status status;

    khach__clear(error);
    if (client == NULL || out == NULL)
        return khach__missing(error);
    if (room < KHACH_POSITION_BYTES_MAX)
        return khach__error_set(error, KHACH_E_INVALID, "room for %d bytes expected, %zu found",
            KHACH_POSITION_BYTES_MAX, room);
    status = read_position(client, &at, &is_known, error);
    if (status == KHACH_OK && !is_known)
        return khach__error_set(
            error, KHACH_E_NOT_SYNCED, "a whole cache expected, one that is not found");
    if (status == KHACH_OK)
        khach__position_write(out, &at);
    return status;
}

/* --- waiting --- */

/* What is waited for, and what was found last. */
typedef struct awaited {
    khach_position wanted;
    khach_position found;
    bool is_known;
    bool is_other; /* of another generation */
    int64_t deadline_ms;
    int64_t pull_ms; /* the next pause between two pulls */
    khach_error *failure; /* of the last pull */
} awaited;

static bool is_reached(const awaited *goal)
{
    return goal->is_known && !goal->is_other && goal->found.seq >= goal->wanted.seq;
}

static khach_status look(khach_client *client, awaited *goal, khach_error **error)
{
    khach_status status = read_position(client, &goal->found, &goal->is_known, error);

    goal->is_other = goal->is_known
        && memcmp(goal->found.generation, goal->wanted.generation, KHACH_GENERATION_BYTES) != 0;
    return status;
}

static khach_status other_generation(khach_error **error)
{
    return khach__error_set(error, KHACH_E_GENERATION_CHANGED,
        "position: one of the cache's history of the server expected, one of another found");
}

static khach_status not_fresh(const awaited *goal, khach_error **error)
{
    if (goal->is_other)
        return other_generation(error);
    return khach__error_set(error, KHACH_E_NOT_FRESH,
        "commit sequence %" PRIu64 " expected in time, %" PRIu64 " found%s%s", goal->wanted.seq,
        goal->found.seq, goal->failure == NULL ? "" : ": ", khach_error_message(goal->failure));
}

/* Pulls; a failure that may pass is kept for the end. */
static khach_status pull(khach_client *client, awaited *goal, khach_error **error)
{
    khach_status status;

    khach_error_free(goal->failure);
    goal->failure = NULL;
    status = khach_sync_once(client, NULL, &goal->failure);
    if (status == KHACH_OK || khach_error_is_retryable(goal->failure))
        return KHACH_OK;
    if (error != NULL) {
        *error = goal->failure;
        goal->failure = NULL;
    }
    return status;
}

static khach_status wait_a_while(khach_client *client, awaited *goal, khach_error **error)
{
    int64_t now_ms = khach__transport_now_ms();
    int64_t until_ms = now_ms + (client->address == NULL ? LOOK_MS : goal->pull_ms);

    goal->pull_ms = goal->pull_ms * 2 < PULL_MS_MAX ? goal->pull_ms * 2 : PULL_MS_MAX;
    return khach__transport_sleep(
        (khach_patience){until_ms < goal->deadline_ms ? until_ms : goal->deadline_ms, -1}, error);
}

static khach_status wait_until(khach_client *client, awaited *goal, khach_error **error)
{
    khach_status status = look(client, goal, error);

    while (status == KHACH_OK && !is_reached(goal)) {
        if (client->address != NULL) {
            status = pull(client, goal, error);
            if (status == KHACH_OK)
                status = look(client, goal, error);
            if (status != KHACH_OK || is_reached(goal))
                break;
            if (goal->is_other && goal->failure == NULL)
                return other_generation(error);
        }
        if (khach__transport_now_ms() >= goal->deadline_ms)
            return not_fresh(goal, error);
        status = wait_a_while(client, goal, error);
        if (status == KHACH_OK)
            status = look(client, goal, error);
    }
    return status;
}

khach_status khach_wait_for(
    khach_client *client, const char *position, uint32_t timeout_ms, khach_error **error)
{
    awaited goal = {
        .deadline_ms = khach__transport_now_ms() + timeout_ms,
        .pull_ms = PULL_MS_MIN,
    };
    khach_status status;

    khach__clear(error);
    if (client == NULL || position == NULL)
        return khach__missing(error);
    if (!khach__position_read(&goal.wanted, position))
        return khach__error_set(error, KHACH_E_INVALID,
            "position: 32 hexadecimal digits, \"-\" and a number expected, another text found");
    status = wait_until(client, &goal, error);
    khach_error_free(goal.failure);
    return status;
}
