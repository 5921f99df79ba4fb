#include "engine_state.h"

#include <stdlib.h>
#include <string.h>

void khach__engine_clear_comparison(khach_engine *engine)
{
    khach__engine_clear_rows(engine);
    free(engine->pages);
    free(engine->sums.pages);
    engine->pages = NULL;
    engine->pages_count = 0;
    engine->sums = (khach_cache_sums){0};
    engine->differs = false;
}
void khach__engine_compare(khach_engine *engine)
{
    khach__engine_clear_comparison(engine);
    khach__engine_clear_request(engine);
    khach__engine_call(engine, STATE_ROOTS, "GetDigests",
        khach__compare_digests_request(&engine->request, engine->business_id, NULL, 0));
}

/* --- the sums of pages --- */

void khach__engine_roots_came(khach_engine *engine, const uint8_t *bytes, size_t bytes_count)
{
    khach_digests digests = {0};
    khach_error *error = NULL;
    khach_status status = khach__compare_digests_read(&digests, bytes, bytes_count, &error);

    if (status == KHACH_OK
        && !khach__engine_copy(&engine->adopted, digests.cursor, digests.cursor_bytes))
        status = khach__error_set(&error, KHACH_E_MEMORY, "no memory for a cursor");
    if (status != KHACH_OK) {
        free(digests.pages);
        khach__engine_stop(engine, status, error);
        return;
    }
    /* Something was written since: what is only newer is no difference. A cursor that is of no use
     * cannot be followed, and needs no such care: whatever differs is fetched. */
    if (digests.seq != engine->start.seq && !engine->has_recovered
        && engine->pins < KHACH_ENGINE_PINS_MAX) {
        engine->pins++;
        free(digests.pages);
        khach__engine_pull(engine);
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
const khach_page_sums *khach__engine_find_sums(const khach_engine *engine, int64_t page)
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

    khach__engine_clear_request(engine);
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
    khach__engine_call(engine, STATE_DIRECTORY, "BatchGetRecords", made);
}

/* After the pages that are gone: the directory, when it differs, then the pages. */
static void compare_directory(khach_engine *engine)
{
    if (khach_digest_is_equal(engine->pages[0].sum, engine->sums.directory)) {
        engine->page_at = 0;
        khach__engine_next_page(engine);
        return;
    }
    engine->differs = true;
    engine->page_at = 0;
    if (engine->start.goal == KHACH_GOAL_VERIFY)
        khach__engine_next_page(engine);
    else
        fetch_directory(engine);
}

/* Drops the pages that the server does not have, one after the other. */
void khach__engine_next_drop(khach_engine *engine)
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
    if (engine->sums.has_unknown)
        engine->report.is_unverified = true;
    engine->report.rows_count = 0;
    for (size_t i = 1; i < engine->pages_count; i++)
        engine->report.rows_count += engine->pages[i].sum.count;
    if (would_shrink(engine)) {
        khach_error *error = NULL;

        (void)khach__error_set(&error, KHACH_E_SHRINK,
            "a server with the customers of the cache expected, one with %llu found",
            (unsigned long long)engine->report.rows_count);
        khach__engine_stop(engine, KHACH_E_SHRINK, error);
        return;
    }
    khach__engine_next_drop(engine);
}

void khach__engine_directory_came(khach_engine *engine, const uint8_t *bytes, size_t bytes_count)
{
    khach_error *error = NULL;
    uint64_t ids_done = 0;
    khach_status status =
        khach__sync_records_read(&engine->page, &ids_done, bytes, bytes_count, &error);

    if (status == KHACH_OK && (ids_done == 0 || ids_done > engine->rows.asked_count))
        status = khach__error_set(&error, KHACH_E_PROTOCOL,
            "an answer to some of %zu ids expected, another found", engine->rows.asked_count);
    if (status != KHACH_OK) {
        khach__engine_stop(engine, status, error);
        return;
    }
    engine->page_at += (size_t)ids_done;
    engine->state = STATE_DIRECTORY_MENDING;
    engine->action = (khach_action){.kind = KHACH_ACTION_MEND, .page = &engine->page};
}

void khach__engine_directory_mended(khach_engine *engine)
{
    if (engine->page_at < engine->pages_count) {
        fetch_directory(engine);
    } else {
        engine->page_at = 0;
        khach__engine_next_page(engine);
    }
}

static void adopt(khach_engine *engine)
{
    engine->report.is_compared = true;
    engine->report.is_equal = !engine->differs;
    if (engine->start.goal == KHACH_GOAL_VERIFY) {
        engine->rounds++;
        khach__engine_stop(engine, KHACH_OK, NULL);
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
void khach__engine_next_page(khach_engine *engine)
{
    while (++engine->page_at < engine->pages_count) {
        const khach_page_digest *theirs = &engine->pages[engine->page_at];
        const khach_page_sums *ours = khach__engine_find_sums(engine, theirs->page);

        if (khach_digest_is_equal(theirs->sum, ours == NULL ? (khach_digest){0} : sum_slots(ours)))
            continue;
        engine->differs = true;
        khach__engine_clear_request(engine);
        khach__engine_call(engine, STATE_SLOTS, "GetDigests",
            khach__compare_digests_request(
                &engine->request, engine->business_id, &theirs->page, 1));
        return;
    }
    adopt(engine);
}
