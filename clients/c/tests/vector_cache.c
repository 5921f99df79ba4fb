#include "vector_cache.h"

#include "harness.h"

#include "khach/v1/sync.pb-c.h"

/* --- actions as JSON --- */

static json_t *one(const char *key, json_t *value)
{
    json_t *object = json_object();

    (void)json_object_set_new(object, key, value);
    return object;
}

static json_t *page_text(int64_t page)
{
    return json_sprintf("p%lld", (long long)page);
}

static json_t *cursor_text(const uint8_t *bytes, size_t count)
{
    return json_stringn(count == 0 ? "" : (const char *)bytes, count);
}

static int by_id(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

/* The slots of a page by the customers that both sides have in them. */
static json_t *slots_write(const vector_cache *cache, int64_t page, const uint8_t *slots)
{
    static int64_t ids[2 * VECTOR_ROWS_MAX];
    uint8_t named[KHACH_DIGEST_SLOTS] = {0};
    size_t count = 0;
    size_t kept = 0;
    json_t *of;
    json_t *out = one("page", page_text(page));

    for (size_t i = 0; i < cache->rows.count + cache->listed.count; i++) {
        const vector_row *row = i < cache->rows.count
            ? &cache->rows.rows[i]
            : &cache->listed.rows[i - cache->rows.count];

        if (row->letter == 'c' && row->page == page && slots[khach_digest_slot(row->id)] != 0) {
            ids[count++] = row->id;
            named[khach_digest_slot(row->id)] = 1;
        }
    }
    qsort(ids, count, sizeof(ids[0]), by_id);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || ids[i] != ids[i - 1])
            ids[kept++] = ids[i];
    }
    of = vector_ids_write('c', ids, kept);
    for (size_t slot = 0; slot < KHACH_DIGEST_SLOTS; slot++) {
        if (slots[slot] != 0 && !named[slot])
            (void)json_array_append_new(of, json_sprintf("slot %zu", slot));
    }
    (void)json_object_set_new(out, "of", of);
    return out;
}

static json_t *digests_write(const khach_bytes *bytes)
{
    Khach__V1__GetDigestsRequest *request =
        khach__v1__get_digests_request__unpack(NULL, bytes->count, bytes->bytes);
    json_t *out;

    CHECK(request != NULL && request->n_page_ids <= 1);
    CHECK((request->n_page_ids == 1) == (request->with_slots != 0));
    CHECK_TEXT(request->business_id, FIXTURE_BUSINESS);
    out = request->n_page_ids == 0
        ? json_string("digests")
        : one("slots", page_text(khach__record_number('p', request->page_ids[0])));
    khach__v1__get_digests_request__free_unpacked(request, NULL);
    return out;
}

static json_t *revisions_write(const vector_cache *cache, const khach_bytes *bytes)
{
    Khach__V1__ListRevisionsRequest *request =
        khach__v1__list_revisions_request__unpack(NULL, bytes->count, bytes->bytes);
    uint8_t slots[KHACH_DIGEST_SLOTS] = {0};
    json_t *of;

    CHECK(request != NULL);
    for (size_t i = 0; i < request->n_slots; i++) {
        CHECK(request->slots[i] < KHACH_DIGEST_SLOTS);
        slots[request->slots[i]] = 1;
    }
    of = slots_write(cache, khach__record_number('p', request->page_id), slots);
    if (request->page_token[0] != '\0')
        (void)json_object_set_new(of, "token", json_string(request->page_token));
    khach__v1__list_revisions_request__free_unpacked(request, NULL);
    return one("revisions", of);
}

static json_t *fetch_write(const khach_bytes *bytes)
{
    Khach__V1__BatchGetRecordsRequest *request =
        khach__v1__batch_get_records_request__unpack(NULL, bytes->count, bytes->bytes);
    int64_t *ids;
    char letter;
    json_t *out;

    CHECK(request != NULL && request->n_ids > 0);
    letter = request->ids[0][0];
    ids = calloc(request->n_ids, sizeof(*ids));
    CHECK(ids != NULL);
    for (size_t i = 0; i < request->n_ids; i++)
        ids[i] = khach__record_number(letter, request->ids[i]);
    out = one("records", vector_ids_write(letter, ids, request->n_ids));
    free(ids);
    khach__v1__batch_get_records_request__free_unpacked(request, NULL);
    return out;
}

static json_t *pull_write(const khach_bytes *bytes)
{
    Khach__V1__PullChangesRequest *request =
        khach__v1__pull_changes_request__unpack(NULL, bytes->count, bytes->bytes);
    json_t *out;

    CHECK(request != NULL);
    out = one("pull", cursor_text(request->cursor.data, request->cursor.len));
    khach__v1__pull_changes_request__free_unpacked(request, NULL);
    return out;
}

static json_t *call_write(const vector_cache *cache, const khach_action *action)
{
    if (strcmp(action->method, "PullChanges") == 0)
        return pull_write(action->request);
    if (strcmp(action->method, "GetDigests") == 0)
        return digests_write(action->request);
    if (strcmp(action->method, "ListRevisions") == 0)
        return revisions_write(cache, action->request);
    if (strcmp(action->method, "BatchGetRecords") == 0)
        return fetch_write(action->request);
    return json_string(action->method);
}

static json_t *mend_write(const khach_action *action)
{
    static vector_rows taken;
    json_t *out = json_object();

    vector_rows_of_page(&taken, action->page);
    if (taken.count > 0)
        (void)json_object_set_new(out, "take", vector_rows_write(&taken));
    if (action->dropped_count > 0)
        (void)json_object_set_new(
            out, "drop", vector_ids_write('c', action->dropped, action->dropped_count));
    if (action->has_damage)
        (void)json_object_set_new(out, "damage", json_true());
    return one("mend", out);
}

json_t *vector_action_write(const vector_cache *cache, const khach_action *action)
{
    switch (action->kind) {
    case KHACH_ACTION_STOP:
        return json_string("stop");
    case KHACH_ACTION_CALL:
        return call_write(cache, action);
    case KHACH_ACTION_APPLY: {
        static vector_rows changes;

        vector_rows_of_page(&changes, action->page);
        return one("apply", vector_rows_write(&changes));
    }
    case KHACH_ACTION_SUM:
        return json_string("sum");
    case KHACH_ACTION_LIST:
        return one("list", slots_write(cache, action->page_id, action->slots));
    case KHACH_ACTION_MEND:
        return mend_write(action);
    case KHACH_ACTION_DROP_PAGE:
        return one("drop_page", page_text(action->page_id));
    case KHACH_ACTION_ADOPT: {
        json_t *adopt = one("cursor", cursor_text(action->cursor->bytes, action->cursor->count));

        (void)json_object_set_new(adopt, "seq", json_integer((json_int_t)action->seq));
        return one("adopt", adopt);
    }
    }
    vector_fail("an action that is known expected, %d found", (int)action->kind);
}

/* --- actions done --- */

static vector_row *find(vector_rows *rows, char letter, int64_t id)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->rows[i].letter == letter && rows->rows[i].id == id)
            return &rows->rows[i];
    }
    return NULL;
}

static void drop(vector_rows *rows, vector_row *row)
{
    if (row != NULL)
        *row = rows->rows[--rows->count];
}

static void take(vector_cache *cache, const vector_row *row, bool is_forced)
{
    vector_row *known = find(&cache->rows, row->letter == 't' ? 'c' : row->letter, row->id);

    if (known != NULL && known->seq >= row->seq && !is_forced)
        return;
    if (row->letter == 't') {
        drop(&cache->rows, known);
    } else if (known != NULL) {
        *known = *row;
    } else {
        CHECK(cache->rows.count < VECTOR_ROWS_MAX);
        cache->rows.rows[cache->rows.count++] = *row;
    }
}

static void take_page(vector_cache *cache, const khach_sync_page *page, bool is_forced)
{
    static vector_rows changes;

    vector_rows_of_page(&changes, page);
    for (size_t i = 0; i < changes.count; i++)
        take(cache, &changes.rows[i], is_forced);
}

static void move(vector_cache *cache, const uint8_t *cursor, size_t count, uint64_t seq)
{
    CHECK(count < sizeof(cache->cursor));
    if (count > 0)
        memcpy(cache->cursor, cursor, count);
    cache->cursor[count] = '\0';
    cache->seq = seq;
}

/* The sums of a page, made when there are none; pages come in order of their rows. */
static khach_page_sums *page_sums(khach_cache_sums *sums, int64_t page)
{
    size_t at = 0;

    while (at < sums->pages_count && sums->pages[at].page < page)
        at++;
    if (at < sums->pages_count && sums->pages[at].page == page)
        return &sums->pages[at];
    sums->pages =
        realloc(sums->pages, (sums->pages_count + 1) * sizeof(*sums->pages));
    CHECK(sums->pages != NULL);
    memmove(sums->pages + at + 1, sums->pages + at,
        (sums->pages_count - at) * sizeof(*sums->pages));
    sums->pages_count++;
    sums->pages[at] = (khach_page_sums){.page = page};
    return &sums->pages[at];
}

static void sum(const vector_cache *cache, khach_engine *engine)
{
    khach_cache_sums sums = {0};

    for (size_t i = 0; i < cache->rows.count; i++) {
        const vector_row *row = &cache->rows.rows[i];

        if (row->mark == MARK_UNKNOWN)
            sums.has_unknown = true;
        else if (row->letter == 'c')
            /* A row that is damaged counts, as nothing that the server has. */
            khach_digest_add(&page_sums(&sums, row->page)->slots[khach_digest_slot(row->id)],
                row->mark == MARK_OTHER ? (khach_digest){.count = 1} : vector_row_digest(row));
        else
            khach_digest_add(&sums.directory, vector_row_digest(row));
        if (row->letter == 'p')
            (void)page_sums(&sums, row->id);
    }
    khach__engine_sums(engine, &sums);
}

static int by_revision(const void *left, const void *right)
{
    return by_id(&((const khach_row_revision *)left)->id, &((const khach_row_revision *)right)->id);
}

static void list(const vector_cache *cache, khach_engine *engine, const khach_action *action)
{
    khach_revisions rows = {0};

    for (size_t i = 0; i < cache->rows.count; i++) {
        const vector_row *row = &cache->rows.rows[i];
        khach_row_revision revision = {.id = row->id};

        if (row->letter != 'c' || row->page != action->page_id
            || action->slots[khach_digest_slot(row->id)] == 0)
            continue;
        if (row->mark == MARK_OTHER) {
            rows.has_damage = true;
        } else {
            khach_digest digest = vector_row_digest(row);

            revision = (khach_row_revision){row->id, row->seq, digest.low, digest.high};
        }
        CHECK(khach__revisions_add(&rows, revision));
    }
    if (rows.count > 0)
        qsort(rows.rows, rows.count, sizeof(rows.rows[0]), by_revision);
    khach__engine_rows(engine, &rows);
}

static void drop_page(vector_cache *cache, int64_t page)
{
    for (size_t i = cache->rows.count; i > 0; i--) {
        vector_row *row = &cache->rows.rows[i - 1];

        if ((row->letter == 'c' && row->page == page) || (row->letter == 'p' && row->id == page))
            drop(&cache->rows, row);
    }
}

void vector_cache_do(vector_cache *cache, khach_engine *engine)
{
    const khach_action *action = khach__engine_action(engine);
    khach_bytes cursor;

    switch (action->kind) {
    case KHACH_ACTION_APPLY:
        take_page(cache, action->page, false);
        move(cache, action->page->cursor, action->page->cursor_bytes, action->page->seq);
        cursor = (khach_bytes){(uint8_t *)cache->cursor, strlen(cache->cursor)};
        khach__engine_applied(engine, &cursor, cache->seq, false);
        break;
    case KHACH_ACTION_SUM:
        sum(cache, engine);
        break;
    case KHACH_ACTION_LIST:
        list(cache, engine, action);
        break;
    case KHACH_ACTION_MEND:
        take_page(cache, action->page, true);
        for (size_t i = 0; i < action->dropped_count; i++)
            drop(&cache->rows, find(&cache->rows, 'c', action->dropped[i]));
        khach__engine_mended(engine);
        break;
    case KHACH_ACTION_DROP_PAGE:
        drop_page(cache, action->page_id);
        khach__engine_mended(engine);
        break;
    case KHACH_ACTION_ADOPT:
        move(cache, action->cursor->bytes, action->cursor->count, action->seq);
        khach__engine_mended(engine);
        break;
    default:
        vector_fail("an action of the cache expected to be done, another found");
    }
}
