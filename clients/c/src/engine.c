#include "engine.h"

#include "compare.h"

#include <stdlib.h>
#include <string.h>

typedef enum engine_state {
    STATE_PULLING,
    STATE_APPLYING,
    STATE_ROOTS,
    STATE_SUMMING,
    STATE_DROPPING,  /* pages that are gone */
    STATE_DIRECTORY, /* the business and its pages come */
    STATE_DIRECTORY_MENDING,
    STATE_SLOTS,
    STATE_REVISIONS,
    STATE_LISTING,
    STATE_FETCHING,
    STATE_MENDING,
    STATE_ADOPTING,
    STATE_STOPPED
} engine_state;

/* The slots of the page that is compared. */
typedef struct engine_slots {
    khach_digest theirs[KHACH_DIGEST_SLOTS];
    uint8_t is_due[KHACH_DIGEST_SLOTS];
    uint8_t is_now[KHACH_DIGEST_SLOTS];
    uint64_t seq;
} engine_slots;

/* The rows of the slots that are compared. */
typedef struct engine_rows {
    khach_revisions theirs;
    uint64_t first_seq; /* of the server's replies: one state when they are equal */
    uint64_t last_seq;
    char token[KHACH_COMPARE_TOKEN_BYTES_MAX];
    int64_t *wanted; /* to be fetched */
    size_t wanted_count;
    size_t wanted_at;
    size_t asked_count; /* of the request that is under way */
    int64_t *dropped;
    size_t dropped_count;
    bool has_damage;
} engine_rows;

struct khach_engine {
    khach_engine_start start;
    char business_id[KHACH_RECORD_ID_BYTES];
    khach_bytes cursor; /* of the cache */
    engine_state state;
    khach_action action;
    khach_bytes request;
    khach_sync_page page;
    khach_status status;
    khach_error *error;
    khach_engine_report report;
    unsigned rounds;
    bool has_recovered; /* from a cursor that the server did not take */
    /* The comparison that is under way. */
    khach_bytes adopted;
    uint64_t adopted_seq;
    bool differs;
    khach_page_digest *pages; /* of the server; the first is the directory */
    size_t pages_count;
    size_t page_at;
    khach_cache_sums sums;
    size_t sums_at;
    engine_slots slots;
    engine_rows rows;
};

static void begin_pull(khach_engine *engine);
static void next_page(khach_engine *engine);
static void next_batch(khach_engine *engine);
static void next_fetch(khach_engine *engine);

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

static bool copy_bytes(khach_bytes *out, const uint8_t *bytes, size_t count)
{
    uint8_t *copied = malloc(count + 1);

    if (copied == NULL)
        return false;
    if (count > 0)
        memcpy(copied, bytes, count);
    free(out->bytes);
    *out = (khach_bytes){copied, count};
    return true;
}

/* --- stopping --- */

static void stop(khach_engine *engine, khach_status status, khach_error *error)
{
    engine->state = STATE_STOPPED;
    engine->status = status;
    engine->error = error;
    engine->action = (khach_action){.kind = KHACH_ACTION_STOP};
}

static void stop_without_memory(khach_engine *engine)
{
    khach_error *error = NULL;

    (void)khach__error_set(&error, KHACH_E_MEMORY, "no memory to sync");
    stop(engine, KHACH_E_MEMORY, error);
}

static void call(khach_engine *engine, engine_state state, const char *method, khach_status made)
{
    if (made != KHACH_OK) {
        stop_without_memory(engine);
        return;
    }
    engine->state = state;
    engine->action = (khach_action){
        .kind = KHACH_ACTION_CALL, .method = method, .request = &engine->request};
}

static void clear_request(khach_engine *engine)
{
    free(engine->request.bytes);
    engine->request = (khach_bytes){NULL, 0};
}

static void clear_rows(khach_engine *engine)
{
    free(engine->rows.theirs.rows);
    free(engine->rows.wanted);
    free(engine->rows.dropped);
    engine->rows = (engine_rows){0};
}

static void clear_comparison(khach_engine *engine)
{
    clear_rows(engine);
    free(engine->pages);
    free(engine->sums.pages);
    engine->pages = NULL;
    engine->pages_count = 0;
    engine->sums = (khach_cache_sums){0};
    engine->differs = false;
}

/* --- the feed --- */

static void begin_pull(khach_engine *engine)
{
    clear_request(engine);
    call(engine, STATE_PULLING, "PullChanges",
        khach__sync_request(&engine->request, engine->business_id, &engine->cursor,
            engine->start.page_rows, engine->start.page_bytes));
}

static void pulled(khach_engine *engine, const uint8_t *bytes, size_t bytes_count)
{
    khach_error *error = NULL;
    khach_status status = khach__sync_page_read(&engine->page, bytes, bytes_count, &error);

    /* A page that moves nothing would be asked for again without end. */
    if (status == KHACH_OK && engine->page.has_more
        && engine->page.cursor_bytes == engine->cursor.count
        && memcmp(engine->page.cursor, engine->cursor.bytes, engine->cursor.count) == 0)
        status = khach__error_set(
            &error, KHACH_E_PROTOCOL, "a cursor that moves expected, the same found");
    if (status != KHACH_OK) {
        stop(engine, status, error);
        return;
    }
    if (engine->page.tombstone_horizon != 0 && engine->report.cause == KHACH_CAUSE_NONE)
        engine->report.cause = KHACH_CAUSE_HORIZON;
    engine->state = STATE_APPLYING;
    engine->action = (khach_action){
        .kind = KHACH_ACTION_APPLY, .page = &engine->page, .cursor = &engine->cursor};
}

/* Whether a comparison is still to be made, now that there is no more to pull. */
static bool is_comparison_due(const khach_engine *engine)
{
    if (engine->rounds >= KHACH_ENGINE_ROUNDS_MAX)
        return false;
    if (engine->rounds > 0)
        return !engine->report.is_equal && engine->start.goal != KHACH_GOAL_VERIFY;
    return engine->start.goal != KHACH_GOAL_SYNC || engine->report.cause != KHACH_CAUSE_NONE;
}

static void begin_comparison(khach_engine *engine)
{
    clear_comparison(engine);
    clear_request(engine);
    call(engine, STATE_ROOTS, "GetDigests",
        khach__compare_digests_request(&engine->request, engine->business_id, NULL, 0));
}

void khach__engine_applied(
    khach_engine *engine, const khach_bytes *cursor, uint64_t seq, bool was_dropped)
{
    bool has_more = engine->page.has_more || was_dropped;

    if (!copy_bytes(&engine->cursor, cursor->bytes, cursor->count)) {
        stop_without_memory(engine);
        return;
    }
    engine->start.seq = seq;
    if (has_more)
        begin_pull(engine);
    else if (is_comparison_due(engine))
        begin_comparison(engine);
    else
        stop(engine, KHACH_OK, NULL);
}

/* --- the sums of pages --- */

static void roots_came(khach_engine *engine, const uint8_t *bytes, size_t bytes_count)
{
    khach_digests digests = {0};
    khach_error *error = NULL;
    khach_status status = khach__compare_digests_read(&digests, bytes, bytes_count, &error);

    if (status == KHACH_OK
        && !copy_bytes(&engine->adopted, digests.cursor, digests.cursor_bytes))
        status = khach__error_set(&error, KHACH_E_MEMORY, "no memory for a cursor");
    if (status != KHACH_OK) {
        free(digests.pages);
        stop(engine, status, error);
        return;
    }
    engine->adopted_seq = digests.seq;
    engine->report.compared_at_ms = digests.read_at_ms;
    engine->pages = digests.pages;
    engine->pages_count = digests.pages_count;
    engine->state = STATE_SUMMING;
    engine->action = (khach_action){.kind = KHACH_ACTION_SUM};
}

static khach_digest sum_slots(const khach_page_sums *page)
{
    khach_digest sum = {0};

    for (size_t slot = 0; slot < KHACH_DIGEST_SLOTS; slot++)
        khach_digest_add(&sum, page->slots[slot]);
    return sum;
}

/* What the cache has of a page; NULL for nothing. */
static const khach_page_sums *find_sums(const khach_engine *engine, int64_t page)
{
    for (size_t i = 0; i < engine->sums.pages_count; i++) {
        if (engine->sums.pages[i].page == page)
            return &engine->sums.pages[i];
    }
    return NULL;
}

static bool has_server(const khach_engine *engine, int64_t page)
{
    for (size_t i = 1; i < engine->pages_count; i++) {
        if (engine->pages[i].page == page)
            return true;
    }
    return false;
}

/* True when the cache would lose so much that somebody has to say that it shall. */
static bool would_shrink(const khach_engine *engine)
{
    uint64_t ours = 0;
    uint64_t theirs = 0;

    for (size_t i = 0; i < engine->sums.pages_count; i++)
        ours += sum_slots(&engine->sums.pages[i]).count;
    for (size_t i = 1; i < engine->pages_count; i++)
        theirs += engine->pages[i].sum.count;
    switch (engine->report.cause) {
    case KHACH_CAUSE_GENERATION:
    case KHACH_CAUSE_AHEAD:
    case KHACH_CAUSE_CURSOR:
        return !engine->start.accepts_shrink && engine->start.goal != KHACH_GOAL_VERIFY
            && ours > theirs && ours - theirs >= KHACH_ENGINE_SHRINK_ROWS
            && (ours - theirs) > ours / 4;
    default:
        return false;
    }
}

static void fetch_directory(khach_engine *engine)
{
    khach_status made;
    int64_t ids[KHACH_ENGINE_FETCH_MAX];
    size_t count = 0;

    clear_request(engine);
    if (engine->page_at == 0) {
        ids[count++] = khach__record_number('b', engine->business_id);
        made = khach__compare_records_request(
            &engine->request, engine->business_id, 'b', ids, count);
    } else {
        while (count < KHACH_ENGINE_FETCH_MAX && engine->page_at + count < engine->pages_count) {
            ids[count] = engine->pages[engine->page_at + count].page;
            count++;
        }
        made = khach__compare_records_request(
            &engine->request, engine->business_id, 'p', ids, count);
    }
    engine->rows.asked_count = count;
    call(engine, STATE_DIRECTORY, "BatchGetRecords", made);
}

/* After the pages that are gone: the directory, when it differs, then the pages. */
static void compare_directory(khach_engine *engine)
{
    if (khach_digest_is_equal(engine->pages[0].sum, engine->sums.directory)) {
        engine->page_at = 0;
        next_page(engine);
        return;
    }
    engine->differs = true;
    engine->page_at = 0;
    if (engine->start.goal == KHACH_GOAL_VERIFY)
        next_page(engine);
    else
        fetch_directory(engine);
}

/* Drops the pages that the server does not have, one after the other. */
static void next_drop(khach_engine *engine)
{
    while (engine->sums_at < engine->sums.pages_count) {
        const khach_page_sums *page = &engine->sums.pages[engine->sums_at++];

        if (has_server(engine, page->page))
            continue;
        engine->differs = true;
        engine->report.surplus_count += sum_slots(page).count;
        if (engine->start.goal == KHACH_GOAL_VERIFY)
            continue;
        engine->report.dropped_count += sum_slots(page).count;
        engine->state = STATE_DROPPING;
        engine->action =
            (khach_action){.kind = KHACH_ACTION_DROP_PAGE, .page_id = page->page};
        return;
    }
    compare_directory(engine);
}

void khach__engine_sums(khach_engine *engine, khach_cache_sums *sums)
{
    free(engine->sums.pages);
    engine->sums = *sums;
    *sums = (khach_cache_sums){0};
    engine->sums_at = 0;
    engine->report.rows_count = 0;
    for (size_t i = 1; i < engine->pages_count; i++)
        engine->report.rows_count += engine->pages[i].sum.count;
    if (would_shrink(engine)) {
        khach_error *error = NULL;

        (void)khach__error_set(&error, KHACH_E_SHRINK,
            "a server with the customers of the cache expected, one with %llu found",
            (unsigned long long)engine->report.rows_count);
        stop(engine, KHACH_E_SHRINK, error);
        return;
    }
    next_drop(engine);
}

static void directory_came(khach_engine *engine, const uint8_t *bytes, size_t bytes_count)
{
    khach_error *error = NULL;
    uint64_t ids_done = 0;
    khach_status status =
        khach__sync_records_read(&engine->page, &ids_done, bytes, bytes_count, &error);

    if (status == KHACH_OK && (ids_done == 0 || ids_done > engine->rows.asked_count))
        status = khach__error_set(&error, KHACH_E_PROTOCOL,
            "an answer to some of %zu ids expected, another found", engine->rows.asked_count);
    if (status != KHACH_OK) {
        stop(engine, status, error);
        return;
    }
    engine->page_at += (size_t)ids_done;
    engine->state = STATE_DIRECTORY_MENDING;
    engine->action = (khach_action){.kind = KHACH_ACTION_MEND, .page = &engine->page};
}

/* --- the slots of a page --- */

static void adopt(khach_engine *engine)
{
    engine->report.is_compared = true;
    engine->report.is_equal = !engine->differs;
    if (engine->start.goal == KHACH_GOAL_VERIFY) {
        engine->rounds++;
        stop(engine, KHACH_OK, NULL);
        return;
    }
    engine->state = STATE_ADOPTING;
    engine->action = (khach_action){
        .kind = KHACH_ACTION_ADOPT,
        .cursor = &engine->adopted,
        .seq = engine->adopted_seq,
    };
}

/* Goes on with the next page whose sum differs. */
static void next_page(khach_engine *engine)
{
    while (++engine->page_at < engine->pages_count) {
        const khach_page_digest *theirs = &engine->pages[engine->page_at];
        const khach_page_sums *ours = find_sums(engine, theirs->page);

        if (khach_digest_is_equal(theirs->sum, ours == NULL ? (khach_digest){0} : sum_slots(ours)))
            continue;
        engine->differs = true;
        clear_request(engine);
        call(engine, STATE_SLOTS, "GetDigests",
            khach__compare_digests_request(
                &engine->request, engine->business_id, &theirs->page, 1));
        return;
    }
    adopt(engine);
}

static void slots_came(khach_engine *engine, const uint8_t *bytes, size_t bytes_count)
{
    const khach_page_sums *ours = find_sums(engine, engine->pages[engine->page_at].page);
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
        stop(engine, status, error);
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
    clear_request(engine);
    call(engine, STATE_REVISIONS, "ListRevisions",
        khach__compare_revisions_request(&engine->request, engine->business_id,
            engine->pages[engine->page_at].page, engine->slots.is_now, engine->rows.token));
}

/* Takes as many slots as may be compared at a time; at least one. */
static void next_batch(khach_engine *engine)
{
    const khach_page_sums *ours = find_sums(engine, engine->pages[engine->page_at].page);
    uint64_t count = 0;
    bool is_any = false;

    clear_rows(engine);
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
        next_page(engine);
}

static void revisions_came(khach_engine *engine, const uint8_t *bytes, size_t bytes_count)
{
    khach_error *error = NULL;
    char token[KHACH_COMPARE_TOKEN_BYTES_MAX];
    khach_status status = khach__compare_revisions_read(
        &engine->rows.theirs, token, &engine->rows.last_seq, bytes, bytes_count, &error);

    if (status == KHACH_OK && token[0] != '\0' && strcmp(token, engine->rows.token) == 0)
        status = khach__error_set(
            &error, KHACH_E_PROTOCOL, "a token that moves expected, the same found");
    if (status != KHACH_OK) {
        stop(engine, status, error);
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
        stop_without_memory(engine);
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
        next_fetch(engine);
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

/* Fetches the next records that differ; at the end, or with the first of them, drops what is gone. */
static void next_fetch(khach_engine *engine)
{
    engine_rows *rows = &engine->rows;
    size_t count = rows->wanted_count - rows->wanted_at;

    if (count > 0) {
        rows->asked_count = count < KHACH_ENGINE_FETCH_MAX ? count : KHACH_ENGINE_FETCH_MAX;
        clear_request(engine);
        call(engine, STATE_FETCHING, "BatchGetRecords",
            khach__compare_records_request(&engine->request, engine->business_id, 'c',
                rows->wanted + rows->wanted_at, rows->asked_count));
    } else if (rows->dropped_count > 0) {
        engine->page = (khach_sync_page){.bytes = (const uint8_t *)""};
        mend(engine);
    } else {
        next_batch(engine);
    }
}

/* The id of a customer's record, -1 when it has none. */
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

static void records_came(khach_engine *engine, const uint8_t *bytes, size_t bytes_count)
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
        stop(engine, status, error);
        return;
    }
    mend(engine);
}

/* --- events --- */

void khach__engine_mended(khach_engine *engine)
{
    switch (engine->state) {
    case STATE_DROPPING:
        next_drop(engine);
        break;
    case STATE_DIRECTORY_MENDING:
        if (engine->page_at < engine->pages_count) {
            fetch_directory(engine);
        } else {
            engine->page_at = 0;
            next_page(engine);
        }
        break;
    case STATE_MENDING:
        engine->rows.dropped_count = 0;
        next_fetch(engine);
        break;
    case STATE_ADOPTING:
        clear_comparison(engine);
        engine->rounds++;
        engine->start.seq = engine->adopted_seq;
        if (!copy_bytes(&engine->cursor, engine->adopted.bytes, engine->adopted.count))
            stop_without_memory(engine);
        else
            begin_pull(engine);
        break;
    default:
        break;
    }
}

void khach__engine_reply(khach_engine *engine, const uint8_t *bytes, size_t bytes_count)
{
    engine->report.received_bytes += bytes_count;
    if (engine->state != STATE_PULLING)
        engine->report.compared_bytes += bytes_count;
    switch (engine->state) {
    case STATE_PULLING:
        pulled(engine, bytes, bytes_count);
        break;
    case STATE_ROOTS:
        roots_came(engine, bytes, bytes_count);
        break;
    case STATE_DIRECTORY:
        directory_came(engine, bytes, bytes_count);
        break;
    case STATE_SLOTS:
        slots_came(engine, bytes, bytes_count);
        break;
    case STATE_REVISIONS:
        revisions_came(engine, bytes, bytes_count);
        break;
    case STATE_FETCHING:
        records_came(engine, bytes, bytes_count);
        break;
    default:
        break;
    }
}

static khach_cause cause_of(khach_status status)
{
    switch (status) {
    case KHACH_E_GENERATION_CHANGED:
        return KHACH_CAUSE_GENERATION;
    case KHACH_E_CURSOR_AHEAD:
        return KHACH_CAUSE_AHEAD;
    case KHACH_E_CURSOR_INVALID:
        return KHACH_CAUSE_CURSOR;
    case KHACH_E_SCOPE_CHANGED:
        return KHACH_CAUSE_SCOPE;
    default:
        return KHACH_CAUSE_NONE;
    }
}

void khach__engine_failure(khach_engine *engine, khach_status status, khach_error *error)
{
    khach_cause cause = cause_of(status);

    if (engine->state != STATE_PULLING || cause == KHACH_CAUSE_NONE || engine->has_recovered) {
        stop(engine, status, error);
        return;
    }
    /* The cursor is of no use: what is in the cache is. */
    khach_error_free(error);
    engine->has_recovered = true;
    engine->report.cause = cause;
    if (engine->start.customers_count > 0) {
        begin_comparison(engine);
    } else if (!copy_bytes(&engine->adopted, NULL, 0)) {
        stop_without_memory(engine);
    } else {
        engine->adopted_seq = 0;
        engine->state = STATE_ADOPTING;
        engine->action = (khach_action){.kind = KHACH_ACTION_ADOPT, .cursor = &engine->adopted};
    }
}

/* --- beginning and end --- */

khach_engine *khach__engine_open(const khach_engine_start *start)
{
    khach_engine *engine = calloc(1, sizeof(*engine));

    if (engine == NULL)
        return NULL;
    engine->start = *start;
    engine->start.business_id = engine->business_id;
    engine->start.cursor = NULL;
    (void)strncpy(engine->business_id, start->business_id, sizeof(engine->business_id) - 1);
    if (start->is_repairing || start->goal != KHACH_GOAL_SYNC)
        engine->report.cause = KHACH_CAUSE_ASKED;
    if (copy_bytes(&engine->cursor, start->cursor->bytes, start->cursor->count))
        begin_pull(engine);
    else
        stop_without_memory(engine);
    return engine;
}

void khach__engine_close(khach_engine *engine)
{
    if (engine == NULL)
        return;
    clear_comparison(engine);
    clear_request(engine);
    free(engine->cursor.bytes);
    free(engine->adopted.bytes);
    khach_error_free(engine->error);
    free(engine);
}

const khach_action *khach__engine_action(const khach_engine *engine)
{
    return &engine->action;
}

const khach_engine_report *khach__engine_report(const khach_engine *engine)
{
    return &engine->report;
}

khach_status khach__engine_status(const khach_engine *engine)
{
    return engine->status;
}

khach_error *khach__engine_take_error(khach_engine *engine)
{
    khach_error *error = engine->error;

    engine->error = NULL;
    return error;
}
