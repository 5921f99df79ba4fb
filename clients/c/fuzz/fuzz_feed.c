/* The whole feed: a sync whose server says what the input says. It ends, whatever that is: each
 * reply is asked for, and without one it stops with an error that has words.
 *
 * The input is the goal, what the cache has, and then replies: their length in two bytes, and they
 * themselves. */

#include "fuzz.h"

#include "engine.h"

/* What is left of the input. */
typedef struct input {
    const uint8_t *at;
    size_t left;
} input;

static uint8_t next_byte(input *rest)
{
    if (rest->left == 0)
        return 0;
    rest->left--;
    return *rest->at++;
}

/* The next reply as a block of its own, so that reading beyond it is seen; NULL at the end. */
static uint8_t *next_reply(input *rest, size_t *count)
{
    uint8_t *reply;

    if (rest->left < 2)
        return NULL;
    *count = (size_t)next_byte(rest) << 8;
    *count |= next_byte(rest);
    if (*count > rest->left)
        *count = rest->left;
    reply = malloc(*count + 1);
    HOLDS(reply != NULL);
    reply = realloc(reply, *count > 0 ? *count : 1);
    HOLDS(reply != NULL);
    memcpy(reply, rest->at, *count);
    rest->at += *count;
    rest->left -= *count;
    return reply;
}

/* A cache of as many pages as `pages` says, each with one row. */
static void give_sums(khach_engine *engine, uint8_t pages)
{
    khach_cache_sums sums = {0};

    sums.pages = calloc((size_t)pages + 1, sizeof(*sums.pages));
    HOLDS(sums.pages != NULL);
    sums.pages_count = pages;
    sums.has_unknown = pages > 3;
    for (size_t i = 0; i < pages; i++) {
        sums.pages[i].page = (int64_t)i + 7;
        sums.pages[i].slots[i].count = 1;
    }
    khach__engine_sums(engine, &sums);
}

static void give_rows(khach_engine *engine, const khach_action *action)
{
    khach_revisions rows = {0};

    HOLDS(action->page_id > 0 && action->slots != NULL);
    HOLDS(khach__revisions_add(&rows, (khach_row_revision){1, 1, 2, 3}));
    khach__engine_rows(engine, &rows);
}

/* Every change that is to be taken was read as a whole. */
static void check_taken(const khach_sync_page *page)
{
    khach_wire wire = khach__wire_open(page->bytes, page->bytes_count);
    khach_change change;
    size_t count = 0;

    while (khach__sync_change_next(&wire, &change))
        count++;
    HOLDS(!wire.is_broken && count == page->changes_count);
}

/* Does what the engine says; the reply of a call is kept until the next. */
static void step(khach_engine *engine, const khach_action *action, input *rest, uint8_t **reply,
    uint8_t pages)
{
    size_t count = 0;
    khach_bytes cursor;

    switch (action->kind) {
    case KHACH_ACTION_CALL:
        HOLDS(action->method != NULL && action->request != NULL);
        free(*reply);
        *reply = next_reply(rest, &count);
        if (*reply != NULL)
            khach__engine_reply(engine, *reply, count);
        else
            khach__engine_failure(engine, KHACH_E_NETWORK, NULL);
        break;
    case KHACH_ACTION_APPLY:
        check_taken(action->page);
        cursor = (khach_bytes){
            (uint8_t *)(uintptr_t)action->page->cursor, action->page->cursor_bytes};
        khach__engine_applied(engine, &cursor, action->page->seq, false);
        break;
    case KHACH_ACTION_SUM:
        give_sums(engine, pages);
        break;
    case KHACH_ACTION_LIST:
        give_rows(engine, action);
        break;
    case KHACH_ACTION_MEND:
        if (action->page != NULL)
            check_taken(action->page);
        for (size_t i = 0; i < action->dropped_count; i++)
            HOLDS(action->dropped[i] > 0);
        khach__engine_mended(engine);
        break;
    case KHACH_ACTION_ADOPT:
        HOLDS(action->cursor != NULL && action->seq <= INT64_MAX);
        khach__engine_mended(engine);
        break;
    case KHACH_ACTION_DROP_PAGE:
        khach__engine_mended(engine);
        break;
    default:
        HOLDS(false);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    uint8_t old[] = {1};
    khach_bytes cursor = {old, 0};
    input rest = {bytes, bytes_count};
    khach_engine_start start = {.business_id = "b0000000000001", .cursor = &cursor,
        .page_rows = 100, .page_bytes = 4096};
    khach_engine *engine;
    uint8_t *reply = NULL;
    uint8_t pages;
    size_t steps = 0;

    if (bytes_count > FUZZ_INPUT_BYTES_MAX)
        return 0;
    start.goal = (khach_goal)(next_byte(&rest) % 3);
    pages = next_byte(&rest) % 8;
    cursor.count = pages > 0;
    start.customers_count = pages;
    start.is_repairing = pages == 5;
    start.accepts_shrink = pages != 6;
    engine = khach__engine_open(&start);
    HOLDS(engine != NULL);
    while (khach__engine_action(engine)->kind != KHACH_ACTION_STOP) {
        step(engine, khach__engine_action(engine), &rest, &reply, pages);
        /* A reply costs two bytes at the least, and leads to a bounded number of steps. */
        HOLDS(++steps <= 32 + 16 * bytes_count);
    }
    HOLDS((khach__engine_report(engine)->compared_bytes
        <= khach__engine_report(engine)->received_bytes));
    khach__engine_close(engine);
    free(reply);
    return 0;
}
