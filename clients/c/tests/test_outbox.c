/* The outbox of a cache, against a server of a few lines: what customers show, what is sent, and
 * what becomes of the answers (sync.md G, N3). */

#include "fixture.h"
#include "harness.h"
#include "outbox.h"

#include <stdlib.h>

#define NOW INT64_C(1790000000000)
#define AN 1 /* a customer */
#define BINH 2

static khach_cache *cache;
static char folder[64];
static char path[128];
static uint64_t seq;

/* --- the feed --- */

/* What the server says of a customer. */
typedef struct said {
    const char *name;
    const char *address;
    uint64_t revision;
    const char *phone;
} said;

static void feed(fixture_page *page, const char *cursor)
{
    khach_sync_page read;
    khach_sync_progress progress = {0};
    khach_cache_sync sync = {0};

    fixture_end(page, cursor, 0, seq);
    CHECK_INT(khach__sync_page_read(&read, page->bytes, page->count, NULL), KHACH_OK);
    CHECK_INT(khach__cache_sync_read(cache, &sync, NULL), KHACH_OK);
    CHECK_INT(khach__cache_apply(cache, &read, &sync.cursor, &progress, NULL), KHACH_OK);
    free(sync.cursor.bytes);
    fixture_free(page);
}

static void add_customer(fixture_page *page, uint64_t number, said what)
{
    Khach__V1__Customer record = KHACH__V1__CUSTOMER__INIT;
    Khach__V1__HandEntry address = KHACH__V1__HAND_ENTRY__INIT;
    Khach__V1__ContactPoint phone = KHACH__V1__CONTACT_POINT__INIT;
    Khach__V1__ContactPoint *phones[] = {&phone};
    Google__Protobuf__Timestamp at = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    char id[KHACH_RECORD_ID_BYTES];
    char page_id[KHACH_RECORD_ID_BYTES];
    uint8_t bytes[1024];

    khach__record_id(id, 'c', (int64_t)number);
    khach__record_id(page_id, 'p', 1);
    at.seconds = NOW / 1000;
    record.id = id;
    record.page_id = page_id;
    record.channel = KHACH__V1__CHANNEL__FACEBOOK;
    record.external_user_id = (char *)(uintptr_t) "u";
    record.name = (char *)(uintptr_t)what.name;
    record.name_status = KHACH__V1__NAME_STATUS__REAL;
    record.created_at = &at;
    record.first_recorded_at = &at;
    if (what.address != NULL) {
        address.text = (char *)(uintptr_t)what.address;
        address.edit_revision = what.revision;
        record.address = &address;
    }
    if (what.phone != NULL) {
        phone.value = (char *)(uintptr_t)what.phone;
        phone.last_seen_at = &at;
        record.phones = phones;
        record.n_phones = 1;
    }
    fixture_record(page, ++seq, bytes, khach__v1__customer__pack(&record, bytes));
}

static void feed_customer(uint64_t number, said what)
{
    fixture_page page = {0};
    char cursor[32];

    add_customer(&page, number, what);
    (void)snprintf(cursor, sizeof(cursor), "at %llu", (unsigned long long)seq);
    feed(&page, cursor);
}

static void begin(void)
{
    fixture_page page = {0};

    seq = 2;
    fixture_folder(folder, path);
    CHECK_INT(khach__cache_open(&cache, path, FIXTURE_BUSINESS, 0, NULL), KHACH_OK);
    fixture_business(&page, 1, "Asia/Ho_Chi_Minh");
    fixture_fan_page(&page, 2, 1);
    add_customer(&page, AN, (said){"An", "1 Hang Bac", 3, "+84912345678"});
    add_customer(&page, BINH, (said){"Binh", NULL, 0, NULL});
    feed(&page, "begun");
}

static void end(void)
{
    khach__cache_close(cache);
    fixture_remove(folder);
}

/* --- edits --- */

static khach_status try_edit(int32_t kind, uint64_t customer, const char *text)
{
    khach_edit edit;
    char id[KHACH_RECORD_ID_BYTES];

    khach_edit_init(&edit);
    khach__record_id(id, 'c', (int64_t)customer);
    edit.kind = kind;
    edit.contact_kind = KHACH_CONTACT_PHONE;
    edit.customer_id = id;
    edit.actor = "lan";
    edit.text = text;
    return khach__outbox_add(cache, &edit, NOW, NULL, NULL);
}

static void edit(int32_t kind, uint64_t customer, const char *text)
{
    CHECK_INT(try_edit(kind, customer, text), KHACH_OK);
}

/* What a customer shows; release with khach_customer_free(). */
static khach_customer *get(uint64_t customer)
{
    khach_customer *found = NULL;
    char id[KHACH_RECORD_ID_BYTES];

    khach__record_id(id, 'c', (int64_t)customer);
    CHECK_INT(khach__cache_get(cache, &found, id, NULL), KHACH_OK);
    return found;
}

static void check_address(uint64_t customer, const char *address, int is_pending)
{
    khach_customer *found = get(customer);

    CHECK_TEXT(khach_customer_address(found), address);
    CHECK_INT(khach_customer_is_pending(found), is_pending);
    khach_customer_free(found);
}

static void check_counts(uint64_t waiting, uint64_t failed)
{
    uint64_t found_waiting = 0;
    uint64_t found_failed = 0;

    CHECK_INT(khach__outbox_counts(cache, &found_waiting, &found_failed, NULL), KHACH_OK);
    CHECK_INT(found_waiting, waiting);
    CHECK_INT(found_failed, failed);
}

/* The digest of what the server sent, whatever is shown over it. */
static khach_digest base_digest(void)
{
    khach_cache_sums sums;
    khach_digest all = {0};

    CHECK_INT(khach__cache_sum(cache, &sums, NULL), KHACH_OK);
    for (size_t i = 0; i < sums.pages_count; i++)
        for (size_t slot = 0; slot < KHACH_DIGEST_SLOTS; slot++)
            khach_digest_add(&all, sums.pages[i].slots[slot]);
    free(sums.pages);
    return all;
}

/* --- the server --- */

static uint8_t generation[KHACH_GENERATION_BYTES] = {1};

/* Says what was sent; release with free_unpacked. */
static Khach__V1__PushMutationsRequest *next(khach_push_batch *batch)
{
    Khach__V1__PushMutationsRequest *request;

    CHECK_INT(khach__push_next(cache, batch, NULL), KHACH_OK);
    if (batch->request.bytes == NULL)
        return NULL;
    request = khach__v1__push_mutations_request__unpack(
        NULL, batch->request.count, batch->request.bytes);
    CHECK(request != NULL);
    free(batch->request.bytes);
    return request;
}

/* One answer for all that was sent; `stored` is what superseded it. `count` may be less. */
static khach_status try_answer(const khach_push_batch *batch, size_t count,
    Khach__V1__MutationOutcome__Result result, uint64_t at_seq, uint64_t durable)
{
    Khach__V1__PushMutationsResponse reply = KHACH__V1__PUSH_MUTATIONS_RESPONSE__INIT;
    Khach__V1__MutationOutcome outcomes[8];
    Khach__V1__MutationOutcome *list[8];
    uint8_t bytes[2048];

    for (size_t i = 0; i < count; i++) {
        khach__v1__mutation_outcome__init(&outcomes[i]);
        outcomes[i].mutation_id = batch->first_id + i;
        outcomes[i].result = result;
        outcomes[i].seq = at_seq;
        if (result > KHACH__V1__MUTATION_OUTCOME__RESULT__APPLIED_MODIFIED)
            outcomes[i].reason = (char *)(uintptr_t) "WHY";
        list[i] = &outcomes[i];
    }
    reply.outcomes = list;
    reply.n_outcomes = count;
    reply.last_mutation_id = batch->first_id + count - 1;
    reply.durable_mutation_id = durable;
    reply.generation = (ProtobufCBinaryData){sizeof(generation), generation};
    return khach__push_answered(cache, batch, bytes,
        khach__v1__push_mutations_response__pack(&reply, bytes), NOW, NULL);
}

/* Sends everything, and answers it with one result. */
static void push(Khach__V1__MutationOutcome__Result result, uint64_t at_seq)
{
    khach_push_batch batch;
    Khach__V1__PushMutationsRequest *request = next(&batch);

    CHECK(request != NULL);
    CHECK_INT(request->n_mutations, batch.count);
    khach__v1__push_mutations_request__free_unpacked(request, NULL);
    CHECK_INT(try_answer(&batch, batch.count, result, at_seq, 0), KHACH_OK);
}

#define APPLIED KHACH__V1__MUTATION_OUTCOME__RESULT__APPLIED
#define REJECTED KHACH__V1__MUTATION_OUTCOME__RESULT__REJECTED
#define SUPERSEDED KHACH__V1__MUTATION_OUTCOME__RESULT__SUPERSEDED

/* --- cases --- */

/* O4, G8: an edit is seen at once, and until the feed has brought what it did. */
static void test_seen_at_once(void)
{
    khach_digest before;
    khach_digest after;

    begin();
    before = base_digest();
    edit(KHACH_EDIT_ADDRESS, AN, "2 Hang Bac");
    check_address(AN, "2 Hang Bac", 1);
    check_address(BINH, "", 0);
    check_counts(1, 0);
    after = base_digest();
    CHECK(memcmp(&before, &after, sizeof(before)) == 0);

    push(APPLIED, seq + 2);
    check_counts(0, 0);
    check_address(AN, "2 Hang Bac", 1);
    /* The feed brings something else first: it is still shown. */
    feed_customer(BINH, (said){"Binh", NULL, 0, NULL});
    check_address(AN, "2 Hang Bac", 1);
    feed_customer(AN, (said){"An", "2 Hang Bac", 4, NULL});
    check_address(AN, "2 Hang Bac", 0);
    end();

    /* The row before the answer. */
    begin();
    edit(KHACH_EDIT_ADDRESS, AN, "2 Hang Bac");
    feed_customer(AN, (said){"An", "2 Hang Bac", 4, NULL});
    check_address(AN, "2 Hang Bac", 1);
    push(APPLIED, seq);
    check_address(AN, "2 Hang Bac", 0);
    end();
}

/* G9: what somebody else changes meanwhile is base; the edit is over it until it is answered. */
static void test_rebase(void)
{
    khach_customer *found;

    begin();
    edit(KHACH_EDIT_ADDRESS, AN, "mine");
    feed_customer(AN, (said){"An Nguyen", "theirs", 4, "+84987654321"});
    check_address(AN, "mine", 1);
    found = get(AN);
    CHECK_TEXT(khach_customer_name(found), "An Nguyen");
    CHECK_TEXT(khach_customer_phone_at(found, 0), "+84987654321");
    khach_customer_free(found);
    push(SUPERSEDED, seq);
    check_address(AN, "theirs", 0);
    check_counts(0, 1);
    end();
}

/* G4: a refusal takes away its own edit, and no other. */
static void test_rejected(void)
{
    khach_outbox_list *list = NULL;
    uint64_t again = 0;

    begin();
    edit(KHACH_EDIT_ADDRESS, AN, "no");
    push(REJECTED, 0);
    edit(KHACH_EDIT_ADDRESS, BINH, "yes");
    check_address(AN, "1 Hang Bac", 0);
    check_address(BINH, "yes", 1);
    CHECK_INT(khach__outbox_list(cache, &list, NULL), KHACH_OK);
    CHECK_INT(khach_outbox_list_count(list), 2);
    CHECK_INT(khach_outbox_list_state_at(list, 0), KHACH_MUTATION_REJECTED);
    CHECK_TEXT(khach_outbox_list_reason_at(list, 0), "WHY");
    CHECK_TEXT(khach_outbox_list_text_at(list, 0), "no");
    CHECK_TEXT(khach_outbox_list_actor_at(list, 0), "lan");
    CHECK_INT(khach_outbox_list_made_at_ms_at(list, 0), NOW);
    CHECK_INT(khach_outbox_list_state_at(list, 1), KHACH_MUTATION_WAITING);
    khach_outbox_list_free(list);

    CHECK_INT(khach__outbox_retry(cache, 1, NOW, &again, NULL), KHACH_OK);
    CHECK_INT(again, 3);
    check_address(AN, "no", 1);
    check_counts(2, 0);
    CHECK_INT(khach__outbox_retry(cache, 1, NOW, NULL, NULL), KHACH_E_INVALID);
    CHECK_INT(khach__outbox_retry(cache, 99, NOW, NULL, NULL), KHACH_E_NOT_FOUND);
    end();
}

/* What was never sent can be taken back; its id is sent without a change. */
static void test_discard(void)
{
    khach_push_batch batch;
    Khach__V1__PushMutationsRequest *request;

    begin();
    edit(KHACH_EDIT_ADDRESS, AN, "a");
    edit(KHACH_EDIT_ADDRESS, AN, "b");
    edit(KHACH_EDIT_BLOCK, AN, "spam");
    CHECK_INT(khach__outbox_discard(cache, 2, NULL), KHACH_OK);
    check_address(AN, "a", 1);
    check_counts(2, 0);
    request = next(&batch);
    CHECK_INT(request->n_mutations, 3);
    CHECK_INT(request->mutations[1]->mutation_id, 2);
    CHECK_INT(request->mutations[1]->change_case, KHACH__V1__CLIENT_MUTATION__CHANGE__NOT_SET);
    CHECK_INT(request->mutations[0]->address->edit_revision, 3);
    khach__v1__push_mutations_request__free_unpacked(request, NULL);
    /* It may have been done: nobody knows. */
    CHECK_INT(khach__outbox_discard(cache, 1, NULL), KHACH_E_INVALID);
    CHECK_INT(try_answer(&batch, 3, REJECTED, 0, 0), KHACH_OK);
    check_counts(0, 2);
    CHECK_INT(khach__outbox_discard(cache, 1, NULL), KHACH_OK);
    CHECK_INT(khach__outbox_discard(cache, 3, NULL), KHACH_OK);
    check_counts(0, 0);
    check_address(AN, "1 Hang Bac", 0);
    end();
}

/* G1, G7: what was sent and not answered is sent again as it was; a reply may answer a part. */
static void test_sent_again(void)
{
    khach_push_batch first;
    khach_push_batch second;
    Khach__V1__PushMutationsRequest *request;

    begin();
    edit(KHACH_EDIT_ADDRESS, AN, "a");
    edit(KHACH_EDIT_ADDRESS, BINH, "b");
    request = next(&first);
    CHECK_INT(request->acknowledged_id, 0);
    CHECK_INT(request->generation.len, 0);
    khach__v1__push_mutations_request__free_unpacked(request, NULL);
    khach__cache_close(cache);
    CHECK_INT(khach__cache_open(&cache, path, FIXTURE_BUSINESS, 0, NULL), KHACH_OK);
    request = next(&second);
    CHECK_INT(second.first_id, 1);
    CHECK_INT(second.count, 2);
    CHECK(memcmp(first.state.client_id, second.state.client_id, KHACH_CLIENT_ID_BYTES) == 0);
    khach__v1__push_mutations_request__free_unpacked(request, NULL);

    CHECK_INT(try_answer(&second, 0, APPLIED, 0, 0), KHACH_E_PROTOCOL);
    CHECK_INT(try_answer(&second, 3, APPLIED, 0, 0), KHACH_E_PROTOCOL);
    CHECK_INT(try_answer(&second, 1, APPLIED, seq + 1, 0), KHACH_OK);
    /* The late reply to the first sending says the same again. */
    CHECK_INT(try_answer(&first, 1, APPLIED, seq + 1, 0), KHACH_OK);
    request = next(&second);
    CHECK_INT(request->acknowledged_id, 1);
    CHECK_INT(request->generation.len, KHACH_GENERATION_BYTES);
    CHECK_INT(second.first_id, 2);
    khach__v1__push_mutations_request__free_unpacked(request, NULL);
    end();
}

/* N3, B3: a server that was restored gets again what it had answered and lost. */
static void test_restored(void)
{
    khach_push_batch batch;
    Khach__V1__PushMutationsRequest *request;
    Khach__V1__PushMutationsResponse reply = KHACH__V1__PUSH_MUTATIONS_RESPONSE__INIT;
    uint8_t bytes[64];

    begin();
    edit(KHACH_EDIT_ADDRESS, AN, "kept by the backup");
    push(APPLIED, seq + 1);
    edit(KHACH_EDIT_ADDRESS, AN, "lost");
    edit(KHACH_EDIT_ADDRESS, BINH, "lost too");
    push(APPLIED, seq + 2);
    seq += 2;
    feed_customer(AN, (said){"An", "lost", 5, NULL});
    feed_customer(BINH, (said){"Binh", "lost too", 1, NULL});
    check_address(AN, "lost", 0);

    CHECK_INT(khach__push_note_restored(cache, NULL), KHACH_OK);
    request = next(&batch);
    CHECK_INT(request->n_mutations, 0);
    CHECK_INT(request->generation.len, 0);
    khach__v1__push_mutations_request__free_unpacked(request, NULL);
    generation[0] = 2;
    reply.last_mutation_id = 1;
    reply.generation = (ProtobufCBinaryData){sizeof(generation), generation};
    CHECK_INT(khach__push_answered(cache, &batch, bytes,
                  khach__v1__push_mutations_response__pack(&reply, bytes), NOW, NULL),
        KHACH_OK);
    /* The feed has taken them away; they are shown as waiting. */
    feed_customer(AN, (said){"An", "kept by the backup", 4, NULL});
    check_address(AN, "lost", 1);
    check_counts(2, 0);
    request = next(&batch);
    CHECK_INT(request->n_mutations, 2);
    CHECK_INT(request->mutations[0]->mutation_id, 2);
    CHECK_INT(request->acknowledged_id, 1);
    CHECK_TEXT(request->mutations[1]->address->text, "lost too");
    khach__v1__push_mutations_request__free_unpacked(request, NULL);
    CHECK_INT(try_answer(&batch, 2, APPLIED, seq, 3), KHACH_OK);
    check_counts(0, 0);
    /* In a backup now: there is nothing to keep. */
    CHECK_INT(khach__push_note_restored(cache, NULL), KHACH_OK);
    request = next(&batch);
    khach__v1__push_mutations_request__free_unpacked(request, NULL);
    generation[0] = 3;
    reply.last_mutation_id = 0;
    CHECK_INT(khach__push_answered(cache, &batch, bytes,
                  khach__v1__push_mutations_response__pack(&reply, bytes), NOW, NULL),
        KHACH_OK);
    check_counts(0, 0);
    generation[0] = 1;
    end();
}

/* B6: of two caches with one name, the later gets another, and what waits goes on under it. */
static void test_forked(void)
{
    khach_push_batch before;
    khach_push_batch after;

    begin();
    edit(KHACH_EDIT_ADDRESS, AN, "a");
    push(APPLIED, seq);
    edit(KHACH_EDIT_ADDRESS, AN, "b");
    khach__v1__push_mutations_request__free_unpacked(next(&before), NULL);
    CHECK_INT(khach__push_note_forked(cache, NULL), KHACH_OK);
    khach__v1__push_mutations_request__free_unpacked(next(&after), NULL);
    CHECK(memcmp(before.state.client_id, after.state.client_id, KHACH_CLIENT_ID_BYTES) != 0);
    CHECK_INT(after.first_id, 2);
    CHECK_INT(after.state.acknowledged_id, 1);
    check_address(AN, "b", 1);
    end();
}

/* C6, C7: a customer that was linked takes its edits along; one that is erased leaves nothing. */
static void test_gone(void)
{
    static const char has_text[] =
        "SELECT count(*) FROM outbox WHERE instr(payload, 'secret') OR instr(outcome, 'secret')";
    Khach__V1__Tombstone linked = KHACH__V1__TOMBSTONE__INIT;
    Khach__V1__Change change = KHACH__V1__CHANGE__INIT;
    uint8_t encoded[128];
    char from[KHACH_RECORD_ID_BYTES];
    char to[KHACH_RECORD_ID_BYTES];
    fixture_page page = {0};
    sqlite3_stmt *row = NULL;

    begin();
    edit(KHACH_EDIT_ADDRESS, AN, "moves");
    khach__record_id(from, 'c', AN);
    khach__record_id(to, 'c', BINH);
    linked.customer_id = from;
    linked.redirect_to = to;
    linked.reason = KHACH__V1__TOMBSTONE__REASON__LINKED;
    change.seq = ++seq;
    change.entity_case = KHACH__V1__CHANGE__ENTITY_TOMBSTONE;
    change.tombstone = &linked;
    fixture_raw(&page, 1, encoded, khach__v1__change__pack(&change, encoded));
    feed(&page, "linked");
    check_address(BINH, "moves", 1);
    edit(KHACH_EDIT_ADDRESS, BINH, "secret");
    page = (fixture_page){0};
    fixture_tombstone(&page, ++seq, BINH);
    feed(&page, "erased");
    CHECK_INT(khach__cache_prepare(cache, &row, has_text, NULL), KHACH_OK);
    CHECK_INT(sqlite3_step(row), SQLITE_ROW);
    CHECK_INT(sqlite3_column_int(row, 0), 0);
    khach__cache_done(cache, row);
    /* They have an outcome all the same. */
    check_counts(2, 0);
    push(REJECTED, 0);
    check_counts(0, 2);
    end();
}

/* G17: what cannot be is refused at once, and nothing is kept of it. */
static void test_refused(void)
{
    static const struct {
        int32_t kind;
        uint64_t customer;
        const char *text;
        khach_status status;
    } rows[] = {
        {0, AN, "", KHACH_E_INVALID},
        {9, AN, "", KHACH_E_INVALID},
        {KHACH_EDIT_ADDRESS, 77, "x", KHACH_E_NOT_FOUND},
        {KHACH_EDIT_ADDRESS, AN, "\xff", KHACH_E_INVALID},
        {KHACH_EDIT_ADD_CONTACT, AN, "12", KHACH_E_INVALID},
        {KHACH_EDIT_ADD_CONTACT, AN, "0912 345 67x", KHACH_E_INVALID},
        {KHACH_EDIT_ADD_CONTACT, AN, "+1234567890123456", KHACH_E_INVALID},
        {KHACH_EDIT_ADD_CONTACT, AN, "", KHACH_E_INVALID},
        {KHACH_EDIT_PIN_CONTACT, AN, "0987654321", KHACH_E_NOT_FOUND},
        {KHACH_EDIT_REJECT_CONTACT, BINH, "0912345678", KHACH_E_NOT_FOUND},
    };

    begin();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_INT(try_edit(rows[i].kind, rows[i].customer, rows[i].text), rows[i].status);
    check_counts(0, 0);
    end();
}

/* What each edit shows. */
static void test_shown(void)
{
    khach_customer *found;

    begin();
    edit(KHACH_EDIT_MANUAL_NAME, AN, "Le An");
    edit(KHACH_EDIT_BLOCK, AN, "spam");
    edit(KHACH_EDIT_ADD_CONTACT, AN, "0987 654.321");
    edit(KHACH_EDIT_REJECT_CONTACT, AN, "0912345678");
    found = get(AN);
    CHECK_TEXT(khach_customer_name(found), "Le An");
    CHECK_INT(khach_customer_block_state(found), KHACH_BLOCK_BLOCKED);
    CHECK_INT(khach_customer_block_since_ms(found), NOW);
    CHECK_INT(khach_customer_phone_count(found), 2);
    CHECK_TEXT(khach_customer_phone_at(found, 0), "+84987654321");
    CHECK_INT(khach_customer_phone_is_rejected(found, 1), 1);
    khach_customer_free(found);

    edit(KHACH_EDIT_UNBLOCK, AN, "");
    edit(KHACH_EDIT_PIN_CONTACT, AN, "+84912345678");
    edit(KHACH_EDIT_MANUAL_NAME, AN, "");
    found = get(AN);
    CHECK_INT(khach_customer_block_state(found), KHACH_BLOCK_NONE);
    CHECK_TEXT(khach_customer_phone_at(found, 0), "+84912345678");
    CHECK_INT(khach_customer_phone_is_pinned(found, 0), 1);
    CHECK_INT(khach_customer_name_status(found), KHACH_NAME_PLACEHOLDER);
    khach_customer_free(found);
    push(REJECTED, 0);
    found = get(AN);
    CHECK_TEXT(khach_customer_name(found), "An");
    CHECK_INT(khach_customer_phone_count(found), 1);
    CHECK_INT(khach_customer_is_pending(found), 0);
    khach_customer_free(found);
    end();
}

int main(void)
{
    test_seen_at_once();
    test_rebase();
    test_rejected();
    test_discard();
    test_sent_again();
    test_restored();
    test_forked();
    test_gone();
    test_refused();
    test_shown();
    return 0;
}
