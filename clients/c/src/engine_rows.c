#include "engine_state.h"

#include <stdlib.h>
#include <string.h>

static void next_batch(khach_engine *engine);

bool khach__revisions_add(khach_revisions *list, khach_row_revision row)
{
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 1024 : list->room * 2;
        khach_row_revision *grown = realloc(list->rows, room * sizeof(*grown));

        if (grown == NULL)
            return false;
        list->rows = grown;
        list->room = room;
    }
    list->rows[list->count++] = row;
    return true;
}

static int by_id(const void *left, const void *right)
{
    int64_t a = ((const khach_row_revision *)left)->id;
    int64_t b = ((const khach_row_revision *)right)->id;

    return (a > b) - (a < b);
}

void khach__revisions_sort(khach_revisions *list)
{
    if (list->count > 0)
        qsort(list->rows, list->count, sizeof(list->rows[0]), by_id);
}

void khach__engine_clear_rows(khach_engine *engine)
{
    free(engine->rows.theirs.rows);
    free(engine->rows.wanted);
    free(engine->rows.dropped);
    engine->rows = (engine_rows){0};
}

void khach__engine_slots_came(khach_engine *engine, const uint8_t *bytes, size_t bytes_count)
{
    const khach_page_sums *ours =
        khach__engine_find_sums(engine, engine->pages[engine->page_at].page);
    khach_digests digests = {0};
    khach_error *error = NULL;
    khach_status status = khach__compare_digests_read(&digests, bytes, bytes_count, &error);

    if (status == KHACH_OK
        && (digests.pages_count != 2 || digests.pages[1].slots == NULL
            || digests.pages[1].page != engine->pages[engine->page_at].page))
        status = khach__error_set(
            &error, KHACH_E_PROTOCOL, "the slots of a page expected, other digests found");
    if (status != KHACH_OK) {
        free(digests.pages);
        khach__engine_stop(engine, status, error);
        return;
    }
    engine->slots.seq = digests.seq;
    for (size_t slot = 0; slot < KHACH_DIGEST_SLOTS; slot++) {
        khach_digest theirs =
            khach_digest_read_slot(digests.pages[1].slots + slot * KHACH_DIGEST_SLOT_BYTES);

        engine->slots.theirs[slot] = theirs;
        engine->slots.is_due[slot] = !khach_digest_is_equal(
            theirs, ours == NULL ? (khach_digest){0} : ours->slots[slot]);
    }
    free(digests.pages);
    next_batch(engine);
}

static void list_revisions(khach_engine *engine)
{
    khach__engine_clear_request(engine);
    khach__engine_call(engine, STATE_REVISIONS, "ListRevisions",
        khach__compare_revisions_request(&engine->request, engine->business_id,
            engine->pages[engine->page_at].page, engine->slots.is_now, engine->rows.token));
}

/* Takes as many slots as may be compared at a time; at least one. */
static void next_batch(khach_engine *engine)
{
    const khach_page_sums *ours =
        khach__engine_find_sums(engine, engine->pages[engine->page_at].page);
    uint64_t count = 0;
    bool is_any = false;

    khach__engine_clear_rows(engine);
    memset(engine->slots.is_now, 0, sizeof(engine->slots.is_now));
    for (size_t slot = 0; slot < KHACH_DIGEST_SLOTS; slot++) {
        uint64_t more = engine->slots.theirs[slot].count
            + (ours == NULL ? 0 : ours->slots[slot].count);

        if (!engine->slots.is_due[slot] || (is_any && more > KHACH_ENGINE_ROWS_MAX - count))
            continue;
        engine->slots.is_now[slot] = 1;
        engine->slots.is_due[slot] = 0;
        is_any = true;
        count = more > KHACH_ENGINE_ROWS_MAX - count ? KHACH_ENGINE_ROWS_MAX : count + more;
    }
    if (is_any)
        list_revisions(engine);
    else
        khach__engine_next_page(engine);
}

/* How many rows the cache has in the slots that are compared. */
static uint64_t count_ours(const khach_engine *engine)
{
    const khach_page_sums *ours =
        khach__engine_find_sums(engine, engine->pages[engine->page_at].page);
    uint64_t count = 0;

    for (size_t slot = 0; ours != NULL && slot < KHACH_DIGEST_SLOTS; slot++)
        count += engine->slots.is_now[slot] != 0 ? ours->slots[slot].count : 0;
    return count;
}

void khach__engine_revisions_came(khach_engine *engine, const uint8_t *bytes, size_t bytes_count)
{
    khach_error *error = NULL;
    char token[KHACH_COMPARE_TOKEN_BYTES_MAX];
    khach_status status = khach__compare_revisions_read(
        &engine->rows.theirs, token, &engine->rows.last_seq, bytes, bytes_count, &error);

    if (status == KHACH_OK && token[0] != '\0' && strcmp(token, engine->rows.token) == 0)
        status = khach__error_set(
            &error, KHACH_E_PROTOCOL, "a token that moves expected, the same found");
    if (status != KHACH_OK) {
        khach__engine_stop(engine, status, error);
        return;
    }
    if (engine->rows.first_seq == 0)
        engine->rows.first_seq = engine->rows.last_seq;
    memcpy(engine->rows.token, token, sizeof(token));
    if (token[0] != '\0') {
        list_revisions(engine);
        return;
    }
    engine->state = STATE_LISTING;
    engine->action = (khach_action){
        .kind = KHACH_ACTION_LIST,
        .page_id = engine->pages[engine->page_at].page,
        .slots = engine->slots.is_now,
        .rows_count = count_ours(engine),
    };
}
/* --- the rows of some slots --- */

/* True when what the server lists of these slots is what it sums them up to. */
static bool adds_up(const khach_engine *engine)
{
    khach_digest sums[KHACH_DIGEST_SLOTS] = {{0}};
    const engine_rows *rows = &engine->rows;

    /* Of two states nothing can be said. */
    if (rows->first_seq != rows->last_seq || rows->first_seq != engine->slots.seq)
        return true;
    for (size_t i = 0; i < rows->theirs.count; i++) {
        khach_digest row = {rows->theirs.rows[i].low, rows->theirs.rows[i].high, 1};

        khach_digest_add(&sums[khach_digest_slot(rows->theirs.rows[i].id)], row);
    }
    for (size_t slot = 0; slot < KHACH_DIGEST_SLOTS; slot++) {
        if (engine->slots.is_now[slot]
            && !khach_digest_is_equal(sums[slot], engine->slots.theirs[slot]))
            return false;
    }
    return true;
}

/* Merges both lists, which are in order of id. */
static void compare_rows(khach_engine *engine, const khach_revisions *ours)
{
    const khach_revisions *theirs = &engine->rows.theirs;
    size_t mine = 0;

    for (size_t i = 0; i < theirs->count; i++) {
        const khach_row_revision *row = &theirs->rows[i];

        while (mine < ours->count && ours->rows[mine].id < row->id)
            engine->rows.dropped[engine->rows.dropped_count++] = ours->rows[mine++].id;
        if (mine < ours->count && ours->rows[mine].id == row->id) {
            const khach_row_revision *known = &ours->rows[mine++];

            if (known->seq == row->seq && known->low == row->low && known->high == row->high)
                continue;
        }
        if (row->seq <= engine->start.seq && engine->report.cause <= KHACH_CAUSE_ASKED)
            engine->report.damaged_count++;
        else
            engine->report.missing_count++;
        engine->rows.wanted[engine->rows.wanted_count++] = row->id;
    }
    while (mine < ours->count)
        engine->rows.dropped[engine->rows.dropped_count++] = ours->rows[mine++].id;
    engine->report.surplus_count += engine->rows.dropped_count;
}

void khach__engine_rows(khach_engine *engine, khach_revisions *ours)
{
    engine_rows *rows = &engine->rows;

    rows->wanted = malloc((rows->theirs.count + 1) * sizeof(*rows->wanted));
    /* Those that are gone when they are fetched are dropped too. */
    rows->dropped =
        malloc((rows->theirs.count + ours->count + 1) * sizeof(*rows->dropped));
    if (rows->wanted == NULL || rows->dropped == NULL) {
        free(ours->rows);
        *ours = (khach_revisions){0};
        khach__engine_stop_memory(engine);
        return;
    }
    if (!adds_up(engine))
        engine->report.is_unverified = true;
    compare_rows(engine, ours);
    rows->has_damage = ours->has_damage;
    free(ours->rows);
    *ours = (khach_revisions){0};
    if (engine->start.goal == KHACH_GOAL_VERIFY)
        next_batch(engine);
    else
        khach__engine_next_fetch(engine);
}

static void mend(khach_engine *engine)
{
    engine->report.dropped_count += engine->rows.dropped_count;
    engine->state = STATE_MENDING;
    engine->action = (khach_action){
        .kind = KHACH_ACTION_MEND,
        .page = &engine->page,
        .dropped = engine->rows.dropped,
        .dropped_count = engine->rows.dropped_count,
        .has_damage = engine->rows.has_damage,
    };
}

void khach__engine_next_fetch(khach_engine *engine)
{
    engine_rows *rows = &engine->rows;
    size_t count = rows->wanted_count - rows->wanted_at;

    if (count > 0) {
        rows->asked_count = count < KHACH_ENGINE_FETCH_MAX ? count : KHACH_ENGINE_FETCH_MAX;
        khach__engine_clear_request(engine);
        khach__engine_call(engine, STATE_FETCHING, "BatchGetRecords",
            khach__compare_records_request(&engine->request, engine->business_id, 'c',
                rows->wanted + rows->wanted_at, rows->asked_count));
    } else if (rows->dropped_count > 0) {
        engine->page = (khach_sync_page){.bytes = (const uint8_t *)""};
        mend(engine);
    } else {
        next_batch(engine);
    }
}

/* The id of a customer's record, -1 when it has none that can be read. */
static int64_t read_id(const khach_change *change)
{
    khach_wire wire = khach__wire_open(change->bytes, change->bytes_count);
    khach_wire_field field;
    char id[KHACH_RECORD_ID_BYTES] = {0};

    while (khach__wire_next(&wire, &field)) {
        if (field.number == 1 && field.type == KHACH_WIRE_BYTES
            && field.bytes_count == KHACH_RECORD_ID_BYTES - 1) {
            memcpy(id, field.bytes, field.bytes_count);
            return khach__record_number('c', id);
        }
    }
    return -1;
}

static const khach_row_revision *find_row(const khach_revisions *list, int64_t id)
{
    size_t first = 0;
    size_t end = list->count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;

        if (list->rows[middle].id < id)
            first = middle + 1;
        else
            end = middle;
    }
    return first < list->count && list->rows[first].id == id ? &list->rows[first] : NULL;
}

/* Whose record it is that does not say so: the one that was listed with this sum; -1 for none. */
static int64_t guess_id(
    const engine_rows *rows, size_t at, size_t end, const khach_change *change)
{
    for (; at < end; at++) {
        const khach_row_revision *listed = find_row(&rows->theirs, rows->wanted[at]);
        khach_digest digest = khach_digest_row(
            rows->wanted[at], change->seq, change->bytes, change->bytes_count);

        if (listed != NULL && listed->seq == change->seq && listed->low == digest.low
            && listed->high == digest.high)
            return rows->wanted[at];
    }
    return -1;
}

/* Goes through what came in the order in which it was asked for; false when it is something else.
 * What did not come is gone. */
static bool take_records(khach_engine *engine, uint64_t ids_done)
{
    engine_rows *rows = &engine->rows;
    khach_wire wire = khach__wire_open(engine->page.bytes, engine->page.bytes_count);
    khach_change change;
    size_t at = rows->wanted_at;
    size_t end = rows->wanted_at + (size_t)ids_done;

    while (khach__sync_change_next(&wire, &change)) {
        int64_t id = change.kind == KHACH_CHANGE_CUSTOMER ? read_id(&change) : -1;
        const khach_row_revision *listed;
        khach_digest digest;

        if (id < 0)
            id = guess_id(rows, at, end, &change);
        while (at < end && rows->wanted[at] != id)
            rows->dropped[rows->dropped_count++] = rows->wanted[at++];
        if (at == end)
            return false;
        at++;
        listed = find_row(&rows->theirs, id);
        digest = khach_digest_row(id, change.seq, change.bytes, change.bytes_count);
        if (listed != NULL && listed->seq == change.seq
            && (listed->low != digest.low || listed->high != digest.high))
            engine->report.is_unverified = true;
        engine->report.fetched_count++;
    }
    while (at < end)
        rows->dropped[rows->dropped_count++] = rows->wanted[at++];
    rows->wanted_at = end;
    return true;
}

void khach__engine_records_came(khach_engine *engine, const uint8_t *bytes, size_t bytes_count)
{
    khach_error *error = NULL;
    uint64_t ids_done = 0;
    khach_status status =
        khach__sync_records_read(&engine->page, &ids_done, bytes, bytes_count, &error);

    if (status == KHACH_OK
        && (ids_done == 0 || ids_done > engine->rows.asked_count
            || !take_records(engine, ids_done)))
        status = khach__error_set(&error, KHACH_E_PROTOCOL,
            "the records that were asked for expected, others found");
    if (status != KHACH_OK) {
        khach__engine_stop(engine, status, error);
        return;
    }
    mend(engine);
}
