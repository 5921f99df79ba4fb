/*
 * Replays conversations of a sync, one a file: test_vectors FOLDER, or test_vectors FILE.
 * Their form is in Tests/Vectors/sync/README.md.
 */

#include "vector_cache.h"

#include "harness.h"

#include "khach/v1/sync.pb-c.h"

#include <dirent.h>
#include <sys/stat.h>

#define FILES_MAX 256

typedef struct replay {
    khach_engine *engine;
    vector_cache cache;
    vector_rows rows; /* of the event at hand */
    fixture_page reply; /* borrowed by the engine until the next one */
} replay;

/* --- names --- */

static const char *const goals[] = {"sync", "verify", "repair", NULL};
static const char *const causes[] = {
    NULL, "asked", "generation", "ahead", "cursor", "scope", "horizon"};

static int find_name(const char *const *names, const char *name)
{
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    vector_fail("a known name expected, \"%s\" found", name);
}

static khach_status find_status(const char *name)
{
    for (int status = 0; status > -64; status--) {
        if (strcmp(khach_status_name((khach_status)status), name) == 0
            && strcmp(name, "KHACH_E_UNKNOWN") != 0)
            return (khach_status)status;
    }
    vector_fail("a khach_status expected, \"%s\" found", name);
}

/* --- replies --- */

static void put_varint(fixture_page *page, uint32_t field, uint64_t value)
{
    uint8_t bytes[20];
    size_t count = 0;

    for (uint64_t rest = (uint64_t)field << 3, at = 0; at < 2; rest = value, at++) {
        for (; rest >= 0x80; rest >>= 7)
            bytes[count++] = (uint8_t)(rest | 0x80);
        bytes[count++] = (uint8_t)rest;
    }
    fixture_append(page, bytes, count);
}

static void put_cursor(replay *at, const json_t *event, uint32_t field)
{
    const char *cursor = vector_string(event, "cursor");

    fixture_raw(&at->reply, field, cursor, strlen(cursor));
}

static void put_rows(replay *at, const json_t *rows)
{
    vector_rows_read(&at->rows, rows);
    for (size_t i = 0; i < at->rows.count; i++)
        vector_row_put(&at->reply, &at->rows.rows[i]);
}

static void make_page(replay *at, const json_t *event)
{
    vector_keys(event, (const char *const[]){"cursor", "seq", "more", "horizon", "rows", NULL});
    if (json_object_get(event, "rows") != NULL)
        put_rows(at, vector_object(event, "rows"));
    put_cursor(at, event, 2);
    put_varint(&at->reply, 3, vector_flag(event, "more"));
    put_varint(&at->reply, 5, vector_number(event, "seq"));
    put_varint(&at->reply, 6, vector_number(event, "seq"));
    put_varint(&at->reply, 9, vector_number_or(event, "horizon", 0));
}

/* One PageDigest; page 0 is the directory. */
static void put_digest(replay *at, int64_t page, bool with_slots)
{
    khach_digest sum = {0};
    khach_digest slots[KHACH_DIGEST_SLOTS] = {{0}};
    uint8_t bytes[KHACH_DIGEST_SLOTS * KHACH_DIGEST_SLOT_BYTES];
    fixture_page digest = {0};
    char id[16];

    for (size_t i = 0; i < at->rows.count; i++) {
        const vector_row *row = &at->rows.rows[i];
        khach_digest part;

        if (page == 0 ? row->letter == 'c' : row->letter != 'c' || row->page != page)
            continue;
        part = vector_row_digest(row);
        khach_digest_add(&sum, part);
        khach_digest_add(&slots[khach_digest_slot(row->id)], part);
    }
    fixture_id(id, 'p', (uint64_t)page);
    fixture_raw(&digest, 1, id, page == 0 ? 0 : strlen(id));
    put_varint(&digest, 2, sum.count);
    khach_digest_write_sum(bytes, sum);
    fixture_raw(&digest, 3, bytes, KHACH_DIGEST_SUM_BYTES);
    for (size_t slot = 0; slot < KHACH_DIGEST_SLOTS; slot++)
        khach_digest_write_slot(bytes + slot * KHACH_DIGEST_SLOT_BYTES, slots[slot]);
    if (with_slots)
        fixture_raw(&digest, 4, bytes, sizeof(bytes));
    fixture_raw(&at->reply, 4, digest.bytes, digest.count);
    fixture_free(&digest);
}

static void make_digests(replay *at, const json_t *event)
{
    vector_keys(event, (const char *const[]){"seq", "cursor", "rows", NULL});
    vector_rows_read(&at->rows, vector_object(event, "rows"));
    put_varint(&at->reply, 2, vector_number(event, "seq"));
    put_cursor(at, event, 3);
    put_digest(at, 0, false);
    for (size_t i = 0; i < at->rows.count; i++) {
        if (at->rows.rows[i].letter == 'p')
            put_digest(at, at->rows.rows[i].id, false);
    }
}

static void make_slots(replay *at, const json_t *event)
{
    int64_t page;

    vector_keys(event, (const char *const[]){"seq", "page", "rows", NULL});
    page = vector_id('p', vector_string(event, "page"));
    vector_rows_read(&at->rows, vector_object(event, "rows"));
    at->cache.listed = at->rows;
    put_varint(&at->reply, 2, vector_number(event, "seq"));
    fixture_raw(&at->reply, 3, "unused", 6);
    put_digest(at, 0, false);
    put_digest(at, page, true);
}

static void make_revisions(replay *at, const json_t *event)
{
    vector_keys(event, (const char *const[]){"seq", "token", "rows", NULL});
    vector_rows_read(&at->rows, vector_object(event, "rows"));
    for (size_t i = 0; i < at->rows.count; i++) {
        const vector_row *row = &at->rows.rows[i];
        fixture_page revision = {0};
        uint8_t hash[KHACH_DIGEST_SUM_BYTES];

        khach_digest_write_sum(hash, vector_row_digest(row));
        put_varint(&revision, 1, (uint64_t)row->id);
        put_varint(&revision, 2, row->seq);
        fixture_raw(&revision, 3, hash, sizeof(hash));
        fixture_raw(&at->reply, 1, revision.bytes, revision.count);
        fixture_free(&revision);
    }
    if (json_object_get(event, "token") != NULL)
        fixture_raw(&at->reply, 2, vector_string(event, "token"),
            strlen(vector_string(event, "token")));
    put_varint(&at->reply, 3, vector_number(event, "seq"));
}

static void make_records(replay *at, const json_t *event)
{
    vector_keys(event, (const char *const[]){"done", "rows", NULL});
    put_rows(at, vector_object(event, "rows"));
    put_varint(&at->reply, 2, vector_number(event, "done"));
}

/* --- events --- */

/* What a reply answers, and how it is made. */
typedef struct reply_kind {
    const char *name;
    const char *call;
    void (*make)(replay *at, const json_t *event);
} reply_kind;

static const reply_kind reply_kinds[] = {
    {"page", "pull", make_page},
    {"digests", "digests", make_digests},
    {"slots", "slots", make_slots},
    {"revisions", "revisions", make_revisions},
    {"records", "records", make_records},
};

static void reply(replay *at, const reply_kind *kind, const json_t *event)
{
    json_t *now = vector_action_write(&at->cache, khach__engine_action(at->engine));
    const char *call = json_is_string(now) ? json_string_value(now)
                                           : json_object_iter_key(json_object_iter(now));

    if (strcmp(call, kind->call) != 0)
        vector_fail("\"%s\", which \"%s\" answers, expected, %s found", kind->call, kind->name,
            vector_text(now));
    json_decref(now);
    fixture_free(&at->reply);
    kind->make(at, event);
    khach__engine_reply(at->engine, at->reply.bytes, at->reply.count);
}

/* Another process has moved the cursor: the page was dropped. */
static void move_on(replay *at, const json_t *event)
{
    const char *cursor;

    vector_keys(event, (const char *const[]){"cursor", "seq", NULL});
    if (khach__engine_action(at->engine)->kind != KHACH_ACTION_APPLY)
        vector_fail("a page to apply expected, another action found");
    cursor = vector_string(event, "cursor");
    at->cache.seq = vector_number(event, "seq");
    (void)snprintf(at->cache.cursor, sizeof(at->cache.cursor), "%s", cursor);
    khach__engine_applied(at->engine,
        &(khach_bytes){(uint8_t *)at->cache.cursor, strlen(at->cache.cursor)}, at->cache.seq, true);
}

static void play_garbage(replay *at, const json_t *event)
{
    if (khach__engine_action(at->engine)->kind != KHACH_ACTION_CALL)
        vector_fail("a call expected, another action found");
    khach__engine_reply(at->engine, (const uint8_t *)json_string_value(event),
        json_string_length(event));
}

static void play_member(replay *at, const char *name, const json_t *event)
{
    for (size_t i = 0; i < sizeof(reply_kinds) / sizeof(reply_kinds[0]); i++) {
        if (strcmp(name, reply_kinds[i].name) == 0) {
            reply(at, &reply_kinds[i], event);
            return;
        }
    }
    if (strcmp(name, "failed") == 0 && json_is_string(event))
        khach__engine_failure(at->engine, find_status(json_string_value(event)), NULL);
    else if (strcmp(name, "garbage") == 0 && json_is_string(event))
        play_garbage(at, event);
    else if (strcmp(name, "moved_on") == 0)
        move_on(at, event);
    else
        vector_fail("a known event expected, \"%s\" found", name);
}

static void play(replay *at, const json_t *event)
{
    void *member = json_object_iter((json_t *)(uintptr_t)event);

    if (json_is_string(event) && strcmp(json_string_value(event), "start") == 0)
        return;
    if (json_is_string(event) && strcmp(json_string_value(event), "done") == 0)
        vector_cache_do(&at->cache, at->engine);
    else if (json_object_size(event) == 1)
        play_member(at, json_object_iter_key(member), json_object_iter_value(member));
    else
        vector_fail("a known event expected, %s found", vector_text(event));
}

/* --- a file --- */

static void compare(const json_t *expected, json_t *found)
{
    if (!json_equal(expected, found))
        vector_fail("expected %s, found %s", vector_text(expected), vector_text(found));
    json_decref(found);
}

static void begin(replay *at, const json_t *start)
{
    khach_engine_start options = {.business_id = FIXTURE_BUSINESS, .page_rows = 10,
        .page_bytes = 1000};
    khach_bytes cursor;

    vector_keys(start, (const char *const[]){
        "goal", "cursor", "seq", "rows", "repairing", "accept_shrink", NULL});
    vector_rows_read(&at->cache.rows, vector_object(start, "rows"));
    at->cache.seq = vector_number(start, "seq");
    (void)snprintf(
        at->cache.cursor, sizeof(at->cache.cursor), "%s", vector_string(start, "cursor"));
    cursor = (khach_bytes){(uint8_t *)at->cache.cursor, strlen(at->cache.cursor)};
    options.goal = (khach_goal)find_name(goals, vector_string(start, "goal"));
    options.cursor = &cursor;
    options.seq = at->cache.seq;
    for (size_t i = 0; i < at->cache.rows.count; i++)
        options.customers_count += at->cache.rows.rows[i].letter == 'c';
    options.is_repairing = vector_flag(start, "repairing");
    options.accepts_shrink = vector_flag(start, "accept_shrink");
    at->engine = khach__engine_open(&options);
    CHECK(at->engine != NULL);
}

static void put_count(json_t *object, const char *key, uint64_t count)
{
    if (count > 0)
        (void)json_object_set_new(object, key, json_integer((json_int_t)count));
}

static void put_flag(json_t *object, const char *key, bool flag)
{
    if (flag)
        (void)json_object_set_new(object, key, json_true());
}

/* How it ended; what is 0 or false is not said. */
static json_t *end_write(const replay *at)
{
    const khach_engine_report *report = khach__engine_report(at->engine);
    json_t *end = json_object();

    (void)json_object_set_new(
        end, "status", json_string(khach_status_name(khach__engine_status(at->engine))));
    if (report->cause != KHACH_CAUSE_NONE)
        (void)json_object_set_new(end, "cause", json_string(causes[report->cause]));
    put_flag(end, "compared", report->is_compared);
    put_flag(end, "equal", report->is_equal);
    put_flag(end, "unverified", report->is_unverified);
    put_count(end, "damaged", report->damaged_count);
    put_count(end, "missing", report->missing_count);
    put_count(end, "surplus", report->surplus_count);
    put_count(end, "fetched", report->fetched_count);
    put_count(end, "dropped", report->dropped_count);
    (void)json_object_set_new(end, "cursor", json_string(at->cache.cursor));
    (void)json_object_set_new(end, "seq", json_integer((json_int_t)at->cache.seq));
    (void)json_object_set_new(end, "rows", vector_rows_write(&at->cache.rows));
    return end;
}

static void check_head(const json_t *vector, const char *file)
{
    const char *name = vector_string(vector, "case");
    const char *says = vector_string(vector, "says");

    vector_keys(vector, (const char *const[]){"case", "says", "start", "steps", "end", NULL});
    if (strncmp(file, name, strlen(name)) != 0 || file[strlen(name)] != '-')
        vector_fail("a file that begins with its case expected, \"%s\" found", name);
    if (strlen(says) == 0 || says[strlen(says) - 1] != '.')
        vector_fail("a sentence expected, \"%s\" found", says);
    if (json_array_size(json_object_get(vector, "steps")) == 0)
        vector_fail("steps expected, none found");
}

static void replay_file(const char *path)
{
    static replay at;
    const char *file = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
    json_error_t error;
    json_t *vector = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    json_t *step;
    size_t i;

    vector_at(file, 0);
    if (vector == NULL)
        vector_fail("JSON expected, found in line %d: %s", error.line, error.text);
    check_head(vector, file);
    at.cache.listed.count = 0;
    begin(&at, vector_object(vector, "start"));
    json_array_foreach(json_object_get(vector, "steps"), i, step) {
        const json_t *event = json_object_get(step, "event");
        const json_t *expected = json_object_get(step, "expect");
        bool is_start = event != NULL && json_is_string(event)
            && strcmp(json_string_value(event), "start") == 0;

        vector_at(file, i + 1);
        vector_keys(step, (const char *const[]){"event", "expect", NULL});
        if (event == NULL || expected == NULL)
            vector_fail("an event and what it leads to expected, one of them found");
        if (is_start != (i == 0))
            vector_fail("\"start\" as the first event and no other expected, another found");
        play(&at, event);
        compare(expected,
            vector_action_write(&at.cache, khach__engine_action(at.engine)));
    }
    vector_at(file, 0);
    compare(vector_object(vector, "end"), end_write(&at));
    khach__engine_close(at.engine);
    fixture_free(&at.reply);
    json_decref(vector);
}

static int is_vector(const struct dirent *entry)
{
    size_t count = strlen(entry->d_name);

    return count > 5 && strcmp(entry->d_name + count - 5, ".json") == 0;
}

int main(int argc, char **argv)
{
    struct dirent **files = NULL;
    struct stat found;
    int count;

    CHECK_INT(argc, 2);
    CHECK(stat(argv[1], &found) == 0);
    if (!S_ISDIR(found.st_mode)) {
        replay_file(argv[1]);
        return 0;
    }
    count = scandir(argv[1], &files, is_vector, alphasort);
    CHECK(count > 0 && count <= FILES_MAX);
    for (int i = 0; i < count; i++) {
        char path[1024];

        (void)snprintf(path, sizeof(path), "%s/%s", argv[1], files[i]->d_name);
        replay_file(path);
        free(files[i]);
    }
    free(files);
    printf("%d conversations\n", count);
    return 0;
}
