#ifndef KHACH_SIM_H
#define KHACH_SIM_H

/*
 * A real cache with its real engine, whose calls somebody else makes: what a simulation drives.
 * Not a part of the library. Every function blocks on the cache's file alone.
 */

#include <khach/outbox.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct khach_sim khach_sim;

/* What a sync is for. */
typedef enum khach_sim_goal { KHACH_SIM_SYNC, KHACH_SIM_VERIFY, KHACH_SIM_REPAIR } khach_sim_goal;

/* How far a cache has come. */
typedef struct khach_sim_state {
    uint64_t seq;
    uint64_t head_seq;
    int32_t phase;
    bool is_repairing;
    bool is_unverified;
    uint64_t full_resyncs_count;
    uint64_t waiting_count;
    uint64_t verified_seq;
    uint8_t generation[16]; /* of the cursor; zeros when there is none */
} khach_sim_state;

/* A row: what the server sent, and what is shown. */
typedef void khach_sim_row(void *context, int64_t id, uint64_t seq, const uint8_t *base,
    size_t base_bytes, const uint8_t *shown, size_t shown_bytes);

/* Before anything else: threads that count their memory together would wait for each other. */
bool khach_sim_prepare(void);
/* Opens the cache at `path`, and makes it when there is none; NULL when it cannot. */
khach_sim *khach_sim_open(const char *path, const char *business_id);
/* Ends as a process does: nothing is finished. */
void khach_sim_close(khach_sim *sim);

/* Begins a sync; false when the cache refuses. */
bool khach_sim_begin(khach_sim *sim, khach_sim_goal goal);
/* Goes on until there is a call to make, and gives its method; NULL when the sync has ended.
 * `*request` is borrowed until the answer. */
const char *khach_sim_next(
    khach_sim *sim, int64_t now_ms, const uint8_t **request, size_t *request_bytes);
/* The bytes of the frame of the answer, or those of it that came before the connection was lost. */
void khach_sim_receive(khach_sim *sim, int64_t now_ms, const uint8_t *bytes, size_t count);
/* The frame of a call as it is sent; release it with free(). */
uint8_t *khach_sim_frame(
    const char *method, const uint8_t *request, size_t request_bytes, size_t *count);

/* Of the sync that ended last: a khach_status, and whether it found cache and server equal. */
int32_t khach_sim_status(const khach_sim *sim);
bool khach_sim_was_equal(const khach_sim *sim);

/* An edit of the address; 0 when it is refused. */
uint64_t khach_sim_edit(khach_sim *sim, const char *customer, const char *text, int64_t now_ms);
uint64_t khach_sim_block(khach_sim *sim, const char *customer, bool blocks, int64_t now_ms);
/* Release with khach_outbox_list_free(). */
khach_outbox_list *khach_sim_outbox(khach_sim *sim);

khach_sim_state khach_sim_read(khach_sim *sim);
void khach_sim_rows(khach_sim *sim, khach_sim_row *row, void *context);
/* Whether any record or edit that is stored has the text. */
bool khach_sim_has(khach_sim *sim, const char *text);
/* Forgets the cursor, as khach_sync_restart() does: for planted bugs. */
void khach_sim_restart(khach_sim *sim);
/* Runs SQL behind the library's back: for planted bugs. */
bool khach_sim_run(khach_sim *sim, const char *sql);

#endif
