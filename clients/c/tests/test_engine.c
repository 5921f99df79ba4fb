/* The engine as a value: what it does next, whatever a server says. */

#include "engine.h"
#include "fixture.h"
#include "harness.h"

#include "khach/v1/sync.pb-c.h"

/* Packs a message; release with free(). */
static khach_bytes pack(const ProtobufCMessage *message)
{
    khach_bytes bytes = {NULL, protobuf_c_message_get_packed_size(message)};

    bytes.bytes = malloc(bytes.count + 1);
    CHECK(bytes.bytes != NULL);
    (void)protobuf_c_message_pack(message, bytes.bytes);
    return bytes;
}

static void reply(khach_engine *engine, const ProtobufCMessage *message)
{
    khach_bytes bytes = pack(message);

    khach__engine_reply(engine, bytes.bytes, bytes.count);
    free(bytes.bytes);
}

static void check_call(const khach_engine *engine, const char *method)
{
    const khach_action *action = khach__engine_action(engine);

    CHECK_INT(action->kind, KHACH_ACTION_CALL);
    CHECK(strcmp(action->method, method) == 0);
}

/* A page of the feed comes and is applied. */
static void pull_page(
    khach_engine *engine, const char *cursor, uint64_t seq, uint64_t horizon, bool has_more)
{
    Khach__V1__PullChangesResponse page = KHACH__V1__PULL_CHANGES_RESPONSE__INIT;
    khach_bytes bytes;
    khach_bytes taken = {(uint8_t *)(uintptr_t)cursor, strlen(cursor)};

    check_call(engine, "PullChanges");
    page.cursor.data = taken.bytes;
    page.cursor.len = taken.count;
    page.seq = seq;
    page.head_seq = seq;
    page.tombstone_horizon = horizon;
    page.has_more = has_more;
    bytes = pack(&page.base);
    khach__engine_reply(engine, bytes.bytes, bytes.count);
    CHECK_INT(khach__engine_action(engine)->kind, KHACH_ACTION_APPLY);
    khach__engine_applied(engine, &taken, seq, false);
    free(bytes.bytes);
}

/* The last page of the feed comes and is applied. */
static void pull(khach_engine *engine, const char *cursor, uint64_t seq)
{
    pull_page(engine, cursor, seq, 0, false);
}

/* Digests of the directory, and of page 7 when it has rows or slots. */
static void digests(khach_engine *engine, uint64_t seq, uint64_t rows, uint8_t *slots)
{
    static uint8_t sum[KHACH_DIGEST_SUM_BYTES];
    Khach__V1__PageDigest directory = KHACH__V1__PAGE_DIGEST__INIT;
    Khach__V1__PageDigest page = KHACH__V1__PAGE_DIGEST__INIT;
    Khach__V1__PageDigest *pages[] = {&directory, &page};
    Khach__V1__GetDigestsResponse response = KHACH__V1__GET_DIGESTS_RESPONSE__INIT;

    check_call(engine, "GetDigests");
    directory.sum = (ProtobufCBinaryData){sizeof(sum), sum};
    page.page_id = (char *)(uintptr_t) "p0000000000007";
    page.count = rows;
    page.sum = directory.sum;
    if (slots != NULL)
        page.slots = (ProtobufCBinaryData){KHACH_DIGEST_SLOTS * KHACH_DIGEST_SLOT_BYTES, slots};
    response.version = 1;
    response.seq = seq;
    response.cursor = (ProtobufCBinaryData){4, (uint8_t *)(uintptr_t) "head"};
    response.n_pages = rows > 0 || slots != NULL ? 2 : 1;
    response.pages = pages;
    reply(engine, &response.base);
}

/* The cache has nothing but the page, without a row. */
static void sum_up(khach_engine *engine)
{
    khach_cache_sums sums = {.pages = calloc(1, sizeof(khach_page_sums)), .pages_count = 1};

    CHECK_INT(khach__engine_action(engine)->kind, KHACH_ACTION_SUM);
    CHECK(sums.pages != NULL);
    sums.pages[0].page = 7;
    khach__engine_sums(engine, &sums);
}

static khach_engine *begin(khach_goal goal, uint64_t customers)
{
    static const khach_bytes cursor = {(uint8_t *)(uintptr_t) "old", 3};
    khach_engine_start start = {
        .goal = goal,
        .business_id = FIXTURE_BUSINESS,
        .cursor = &cursor,
        .customers_count = customers,
        .page_rows = 10,
        .page_bytes = 1000,
    };
    khach_engine *engine = khach__engine_open(&start);

    CHECK(engine != NULL);
    return engine;
}

/* I3: what was written since the pull is pulled, not called a difference. */
static void test_pinned(void)
{
    khach_engine *engine = begin(KHACH_GOAL_VERIFY, 3);

    pull(engine, "a", 5);
    digests(engine, 6, 0, NULL);
    pull(engine, "b", 6);
    digests(engine, 6, 0, NULL);
    CHECK_INT(khach__engine_action(engine)->kind, KHACH_ACTION_SUM);
    khach__engine_close(engine);
}

/* A server that never stands still is compared all the same. */
static void test_never_pinned(void)
{
    khach_engine *engine = begin(KHACH_GOAL_VERIFY, 3);
    char cursor[8];

    for (int i = 0; i <= KHACH_ENGINE_PINS_MAX; i++) {
        (void)snprintf(cursor, sizeof(cursor), "%d", i);
        pull(engine, cursor, (uint64_t)(10 + i));
        digests(engine, (uint64_t)(11 + i), 0, NULL);
    }
    CHECK_INT(khach__engine_action(engine)->kind, KHACH_ACTION_SUM);
    khach__engine_close(engine);
}

/* C1, C2: deletions that are not told: the feed is followed to its end, and then compared. */
static void test_horizon(void)
{
    khach_engine *engine = begin(KHACH_GOAL_SYNC, 3);

    pull_page(engine, "a", 5, 7, true);
    pull_page(engine, "b", 9, 0, true);
    pull(engine, "c", 9);
    CHECK_INT(khach__engine_report(engine)->cause, KHACH_CAUSE_HORIZON);
    digests(engine, 9, 0, NULL);
    sum_up(engine);
    CHECK_INT(khach__engine_action(engine)->kind, KHACH_ACTION_DROP_PAGE);
    khach__engine_close(engine);
}

/* C3: who was told of every deletion has nothing to compare. */
static void test_no_horizon(void)
{
    khach_engine *engine = begin(KHACH_GOAL_SYNC, 3);

    pull(engine, "a", 5);
    CHECK_INT(khach__engine_action(engine)->kind, KHACH_ACTION_STOP);
    CHECK(!khach__engine_report(engine)->is_compared);
    khach__engine_close(engine);
}

/* I2: a server whose slots are other than what it lists is told of, and not asked without end. */
static void test_unverified(void)
{
    static uint8_t slots[KHACH_DIGEST_SLOTS * KHACH_DIGEST_SLOT_BYTES];
    Khach__V1__ListRevisionsResponse none = KHACH__V1__LIST_REVISIONS_RESPONSE__INIT;
    khach_engine *engine = begin(KHACH_GOAL_REPAIR, 3);

    slots[KHACH_DIGEST_SUM_BYTES] = 1; /* one row in slot 0, which it does not list */
    none.seq = 5;
    pull(engine, "a", 5);
    for (int round = 0; round < KHACH_ENGINE_ROUNDS_MAX; round++) {
        khach_revisions rows = {0};

        digests(engine, 5, 1, NULL);
        sum_up(engine);
        digests(engine, 5, 1, slots);
        check_call(engine, "ListRevisions");
        reply(engine, &none.base);
        CHECK_INT(khach__engine_action(engine)->kind, KHACH_ACTION_LIST);
        khach__engine_rows(engine, &rows);
        CHECK_INT(khach__engine_action(engine)->kind, KHACH_ACTION_ADOPT);
        khach__engine_mended(engine);
        pull(engine, "a", 5);
    }
    CHECK_INT(khach__engine_action(engine)->kind, KHACH_ACTION_STOP);
    CHECK_INT(khach__engine_status(engine), KHACH_OK);
    CHECK(khach__engine_report(engine)->is_unverified);
    CHECK(!khach__engine_report(engine)->is_equal);
    khach__engine_close(engine);
}

/* An empty cache whose cursor is refused begins anew; a verify compares it all the same. */
static void test_empty(khach_goal goal)
{
    khach_engine *engine = begin(goal, 0);

    check_call(engine, "PullChanges");
    khach__engine_failure(engine, KHACH_E_GENERATION_CHANGED, NULL);
    CHECK_INT(khach__engine_action(engine)->kind, KHACH_ACTION_ADOPT);
    CHECK_INT(khach__engine_action(engine)->cursor->count, 0);
    khach__engine_mended(engine);
    pull(engine, "a", 5);
    if (goal == KHACH_GOAL_SYNC) {
        CHECK_INT(khach__engine_action(engine)->kind, KHACH_ACTION_STOP);
        CHECK(!khach__engine_report(engine)->is_compared);
    } else {
        check_call(engine, "GetDigests");
    }
    khach__engine_close(engine);
}

int main(void)
{
    test_pinned();
    test_never_pinned();
    test_horizon();
    test_no_horizon();
    test_unverified();
    test_empty(KHACH_GOAL_SYNC);
    test_empty(KHACH_GOAL_VERIFY);
    return 0;
}
