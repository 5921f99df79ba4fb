#include "khach_sim.h"

#include "cache.h"
#include "envelope.h"
#include "frame.h"
#include "outbox.h"
#include "sync_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a step of the sync stands. */
typedef enum stage {
    STAGE_IDLE,
    STAGE_BEGIN, /* of a step */
    STAGE_PUSH,  /* a batch is on its way */
    STAGE_PULL,  /* the engine is to go on */
    STAGE_CALL,  /* a call of the engine is on its way */
    STAGE_END    /* of a step */
} stage;

struct khach_sim {
    khach_cache *cache;
    khach_sync_run run;
    khach_options options;
    khach_sync_progress progress;
    khach_push_batch batch;
    stage stage;
    khach_sim_goal goal;
    khach_status status;
    bool was_equal;
};

bool khach_sim_prepare(void)
{
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK;
}

khach_sim *khach_sim_open(const char *path, const char *business_id)
{
    khach_sim *sim = calloc(1, sizeof(*sim));

    if (sim == NULL)
        return NULL;
    khach_options_init(&sim->options);
    sim->options.page_rows = 3; /* so that first passes have pages */
    if (khach__cache_open(&sim->cache, path, business_id, 0, NULL) != KHACH_OK) {
        free(sim);
        return NULL;
    }
    sim->run = (khach_sync_run){.cache = sim->cache, .options = &sim->options};
    return sim;
}

void khach_sim_close(khach_sim *sim)
{
    if (sim == NULL)
        return;
    free(sim->batch.request.bytes);
    khach__sync_run_close(&sim->run);
    khach__cache_close(sim->cache);
    free(sim);
}

/* The end of a sync. */
static void end(khach_sim *sim, khach_status status)
{
    const khach_engine_report *report =
        sim->run.engine == NULL ? NULL : khach__engine_report(sim->run.engine);

    sim->status = status;
    sim->was_equal = status == KHACH_OK && report != NULL && report->is_compared
        && report->is_equal && !report->is_unverified;
    if (status != KHACH_OK)
        khach__cache_note(sim->cache, status);
    khach__sync_run_close(&sim->run);
    sim->stage = STAGE_IDLE;
}

static khach_status open_run(khach_sim *sim)
{
    static const khach_goal goals[] = {KHACH_GOAL_SYNC, KHACH_GOAL_VERIFY, KHACH_GOAL_REPAIR};

    return khach__sync_run_open(&sim->run, goals[sim->goal], true, NULL);
}

bool khach_sim_begin(khach_sim *sim, khach_sim_goal goal)
{
    khach_status status;

    sim->goal = goal;
    status = open_run(sim);
    sim->stage = STAGE_BEGIN;
    if (status != KHACH_OK)
        end(sim, status);
    return status == KHACH_OK;
}

/* Goes on with the outbox, or with the engine. */
static void begin_step(khach_sim *sim)
{
    khach_status status = KHACH_OK;

    khach_sync_progress_init(&sim->progress);
    if (sim->run.engine == NULL)
        status = open_run(sim);
    sim->stage = STAGE_PULL;
    if (status == KHACH_OK && sim->goal == KHACH_SIM_SYNC
        && sim->run.push_status == KHACH_OK) {
        status = khach__push_next(sim->cache, &sim->batch, NULL);
        if (status == KHACH_OK && sim->batch.request.bytes != NULL)
            sim->stage = STAGE_PUSH;
    }
    if (status != KHACH_OK)
        end(sim, status);
}

static void end_step(khach_sim *sim)
{
    bool is_due = false;
    khach_status status = khach__sync_run_end_step(&sim->run, &sim->progress, NULL);

    if (status != KHACH_OK) {
        end(sim, status);
        return;
    }
    sim->stage = STAGE_BEGIN;
    if (sim->progress.has_more)
        return;
    if (sim->goal == KHACH_SIM_SYNC)
        status = khach__push_is_due(sim->cache, &is_due, NULL);
    if (status != KHACH_OK || !is_due)
        end(sim, status);
    else
        khach__sync_run_close(&sim->run);
}

const char *khach_sim_next(
    khach_sim *sim, int64_t now_ms, const uint8_t **request, size_t *request_bytes)
{
    const khach_action *action;

    (void)now_ms;
    for (;;) {
        switch (sim->stage) {
        case STAGE_IDLE:
            return NULL;
        case STAGE_BEGIN:
            begin_step(sim);
            break;
        case STAGE_PUSH:
            *request = sim->batch.request.bytes;
            *request_bytes = sim->batch.request.count;
            return "PushMutations";
        case STAGE_PULL:
            action = khach__sync_run_local(&sim->run, &sim->progress);
            sim->stage = action->kind == KHACH_ACTION_CALL ? STAGE_CALL : STAGE_END;
            break;
        case STAGE_CALL:
            action = khach__engine_action(sim->run.engine);
            *request = action->request->bytes;
            *request_bytes = action->request->count;
            return action->method;
        case STAGE_END:
            end_step(sim);
            break;
        }
    }
}

/* The outcome of the call that is on its way. */
static void answer(khach_sim *sim, int64_t now_ms, khach_status status, const uint8_t *bytes,
    size_t count, khach_error *error)
{
    if (sim->stage == STAGE_PUSH) {
        status = khach__sync_run_pushed(&sim->run, &sim->batch, status, bytes, count, error,
            now_ms, &sim->progress, NULL);
        free(sim->batch.request.bytes);
        sim->batch = (khach_push_batch){0};
        sim->stage = STAGE_PULL;
        if (status != KHACH_OK)
            end(sim, status);
        return;
    }
    khach__sync_run_answer(&sim->run, status, bytes, count, error);
    (void)khach__sync_run_local(&sim->run, &sim->progress);
    sim->stage = STAGE_END;
}

void khach_sim_receive(khach_sim *sim, int64_t now_ms, const uint8_t *bytes, size_t count)
{
    const uint8_t *payload = NULL;
    size_t payload_bytes = 0;
    size_t consumed = 0;
    khach_frame frame = {0};
    khach_error *error = NULL;
    khach_status status = KHACH_E_NETWORK; /* of a frame that was cut */

    if (khach__frame_read(bytes, count, &frame, &consumed) == KHACH_FRAME_READY)
        status = khach__envelope_response(
            &payload, &payload_bytes, frame.payload, frame.payload_bytes, &error);
    else
        (void)khach__error_set(&error, status, "a whole frame expected, a part of one found");
    answer(sim, now_ms, status, payload, payload_bytes, error);
}

uint8_t *khach_sim_frame(
    const char *method, const uint8_t *request, size_t request_bytes, size_t *count)
{
    const khach_bytes payload = {(uint8_t *)(uintptr_t)request, request_bytes};
    khach_bytes frame = {NULL, 0};

    if (khach__envelope_request(
            &frame, 1, 0, "khach.v1.SyncService", method, &payload, 0, "")
        != KHACH_OK)
        abort();
    *count = frame.count;
    return frame.bytes;
}

int32_t khach_sim_status(const khach_sim *sim)
{
    return sim->status;
}

bool khach_sim_was_equal(const khach_sim *sim)
{
    return sim->was_equal;
}

/* --- edits --- */

static uint64_t mutate(
    khach_sim *sim, int32_t kind, const char *customer, const char *text, int64_t now_ms)
{
    khach_edit edit;
    uint64_t id = 0;

    khach_edit_init(&edit);
    edit.kind = kind;
    edit.customer_id = customer;
    edit.actor = "sim";
    edit.text = text;
    return khach__outbox_add(sim->cache, &edit, now_ms, &id, NULL) == KHACH_OK ? id : 0;
}

uint64_t khach_sim_edit(khach_sim *sim, const char *customer, const char *text, int64_t now_ms)
{
    return mutate(sim, KHACH_EDIT_ADDRESS, customer, text, now_ms);
}

uint64_t khach_sim_block(khach_sim *sim, const char *customer, bool blocks, int64_t now_ms)
{
    return mutate(sim, blocks ? KHACH_EDIT_BLOCK : KHACH_EDIT_UNBLOCK, customer, "", now_ms);
}

khach_outbox_list *khach_sim_outbox(khach_sim *sim)
{
    khach_outbox_list *list = NULL;

    return khach__outbox_list(sim->cache, &list, NULL) == KHACH_OK ? list : NULL;
}

/* --- looking --- */

khach_sim_state khach_sim_read(khach_sim *sim)
{
    khach_cache_sync sync = {0};
    khach_sim_state state = {0};
    uint64_t failed = 0;

    if (khach__cache_sync_read(sim->cache, &sync, NULL) != KHACH_OK)
        abort();
    if (khach__outbox_counts(sim->cache, &state.waiting_count, &failed, NULL) != KHACH_OK)
        abort();
    (void)khach__position_generation(state.generation, &sync.cursor);
    free(sync.cursor.bytes);
    state.seq = sync.seq;
    state.head_seq = sync.head_seq;
    state.phase = (int32_t)sync.phase;
    state.is_repairing = sync.repairing != KHACH_REPAIRING_NOT;
    state.is_unverified = sync.is_unverified;
    state.full_resyncs_count = sync.full_resyncs_count;
    state.verified_seq = sync.verified_seq;
    return state;
}

void khach_sim_rows(khach_sim *sim, khach_sim_row *row, void *context)
{
    sqlite3_stmt *at = NULL;

    if (khach__cache_prepare(
            sim->cache, &at, "SELECT " ROW_COLUMNS " FROM base_customers", NULL)
        != KHACH_OK)
        abort();
    while (sqlite3_step(at) == SQLITE_ROW) {
        int base = sqlite3_column_type(at, ROW_BASE) == SQLITE_NULL ? ROW_RECORD : ROW_BASE;

        row(context, sqlite3_column_int64(at, ROW_ID),
            (uint64_t)sqlite3_column_int64(at, ROW_SEQ), sqlite3_column_blob(at, base),
            (size_t)sqlite3_column_bytes(at, base), sqlite3_column_blob(at, ROW_RECORD),
            (size_t)sqlite3_column_bytes(at, ROW_RECORD));
    }
    khach__cache_done(sim->cache, at);
}

bool khach_sim_has(khach_sim *sim, const char *text)
{
    static const char sql[] =
        "SELECT EXISTS(SELECT 1 FROM base_customers WHERE instr(record, ?1))"
        " OR EXISTS(SELECT 1 FROM overlays WHERE instr(record, ?1))"
        " OR EXISTS(SELECT 1 FROM quarantine WHERE instr(record, ?1))"
        " OR EXISTS(SELECT 1 FROM outbox WHERE instr(payload, ?1) OR instr(outcome, ?1))";
    sqlite3_stmt *at = NULL;
    bool found;

    if (khach__cache_prepare(sim->cache, &at, sql, NULL) != KHACH_OK)
        abort();
    (void)sqlite3_bind_blob(at, 1, text, (int)strlen(text), SQLITE_STATIC);
    found = sqlite3_step(at) == SQLITE_ROW && sqlite3_column_int(at, 0) != 0;
    khach__cache_done(sim->cache, at);
    return found;
}

void khach_sim_restart(khach_sim *sim)
{
    khach__sync_run_close(&sim->run);
    sim->stage = STAGE_IDLE;
    if (khach__cache_restart(sim->cache, NULL) != KHACH_OK)
        abort();
}

bool khach_sim_run(khach_sim *sim, const char *sql)
{
    return khach__cache_run(sim->cache, sql, NULL) == KHACH_OK;
}
