#include "vector_rows.h"

#include "harness.h"

#include "khach/v1/sync.pb-c.h"

#include <ctype.h>
#include <stdarg.h>
#include <unistd.h>

/* --- where it is --- */

static const char *at_file = "";
static size_t at_step;

void vector_at(const char *file, size_t step)
{
    at_file = file;
    at_step = step;
}

void vector_fail(const char *format, ...)
{
    va_list arguments;

    if (at_step == 0)
        fprintf(stderr, "%s: ", at_file);
    else
        fprintf(stderr, "%s: step %zu: ", at_file, at_step);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    _exit(1);
}

char *vector_text(const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

    CHECK(text != NULL);
    return text;
}

/* --- members --- */

void vector_keys(const json_t *object, const char *const *keys)
{
    const char *found;
    json_t *value;

    if (!json_is_object(object))
        vector_fail("an object expected, %s found", vector_text(object));
    json_object_foreach((json_t *)(uintptr_t)object, found, value) {
        size_t i = 0;

        while (keys[i] != NULL && strcmp(keys[i], found) != 0)
            i++;
        if (keys[i] == NULL)
            vector_fail("a known key expected, \"%s\" found", found);
    }
}

static json_t *member(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    if (value == NULL)
        vector_fail("\"%s\" expected, none found in %s", key, vector_text(object));
    return value;
}

const char *vector_string(const json_t *object, const char *key)
{
    json_t *value = member(object, key);

    if (!json_is_string(value))
        vector_fail("\"%s\" as a text expected, %s found", key, vector_text(value));
    return json_string_value(value);
}

uint64_t vector_number(const json_t *object, const char *key)
{
    json_t *value = member(object, key);

    if (!json_is_integer(value) || json_integer_value(value) < 0)
        vector_fail("\"%s\" as a number expected, %s found", key, vector_text(value));
    return (uint64_t)json_integer_value(value);
}

uint64_t vector_number_or(const json_t *object, const char *key, uint64_t otherwise)
{
    return json_object_get(object, key) == NULL ? otherwise : vector_number(object, key);
}

json_t *vector_object(const json_t *object, const char *key)
{
    json_t *value = member(object, key);

    if (!json_is_object(value))
        vector_fail("\"%s\" as an object expected, %s found", key, vector_text(value));
    return value;
}

bool vector_flag(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    if (value != NULL && !json_is_true(value))
        vector_fail("\"%s\" as true or not at all expected, %s found", key, vector_text(value));
    return value != NULL;
}

/* --- rows from texts --- */

static int64_t read_number(const char **at)
{
    char *end = NULL;
    long long number;

    if (!isdigit((unsigned char)**at))
        return -1;
    number = strtoll(*at, &end, 10);
    *at = end;
    return number;
}

int64_t vector_id(char letter, const char *text)
{
    const char *at = text + 1;
    int64_t number = text[0] == letter ? read_number(&at) : -1;

    if (number < 0 || *at != '\0')
        vector_fail("an id such as %c1 expected, \"%s\" found", letter, text);
    return number;
}

static void add(vector_rows *out, vector_row row)
{
    if (out->count == VECTOR_ROWS_MAX)
        vector_fail("at most %d rows expected, more found", VECTOR_ROWS_MAX);
    out->rows[out->count++] = row;
}

static void read_row(vector_rows *out, const char *text, int64_t page, bool is_gone)
{
    const char *at = text + 1;
    vector_row row = {.letter = is_gone ? 't' : text[0], .page = page};
    int64_t first = 1;
    int64_t last;
    int64_t seq = -1;

    if (text[0] != 'b')
        first = text[0] == 'c' || text[0] == 'p' ? read_number(&at) : -1;
    last = first;
    if (text[0] == 'c' && strncmp(at, "..c", 3) == 0) {
        at += 3;
        last = read_number(&at);
    }
    if (*at == '@') {
        at++;
        seq = read_number(&at);
    }
    if (*at == MARK_OTHER || *at == MARK_BROKEN || *at == MARK_UNKNOWN)
        row.mark = (vector_mark)*at++;
    if (first < (row.mark != MARK_UNKNOWN) || last < first || seq < 1 || *at != '\0'
        || (text[0] == 'c') != (page >= 0 || is_gone) || (text[0] == 'p' && row.mark != MARK_NONE))
        vector_fail("a row such as c1@5 expected, \"%s\" found", text);
    row.seq = (uint64_t)seq;
    for (row.id = first; row.id <= last; row.id++)
        add(out, row);
}

void vector_rows_read(vector_rows *out, const json_t *rows)
{
    const char *key;
    json_t *list;

    out->count = 0;
    if (!json_is_object(rows))
        vector_fail("rows by page expected, %s found", vector_text(rows));
    json_object_foreach((json_t *)(uintptr_t)rows, key, list) {
        bool is_gone = strcmp(key, "gone") == 0;
        int64_t page = -1;
        size_t i;
        json_t *text;

        if (!is_gone && strcmp(key, "directory") != 0)
            page = vector_id('p', key);
        if (!json_is_array(list))
            vector_fail("a list of rows expected, %s found", vector_text(list));
        json_array_foreach(list, i, text) {
            if (!json_is_string(text))
                vector_fail("a row such as c1@5 expected, %s found", vector_text(text));
            read_row(out, json_string_value(text), page, is_gone);
        }
    }
}

/* --- rows to texts --- */

static int by_place(const void *left, const void *right)
{
    const vector_row *a = left;
    const vector_row *b = right;

    if (a->letter != b->letter)
        return (a->letter == 'c') - (b->letter == 'c') + (a->letter > b->letter ? 1 : -1);
    if (a->page != b->page)
        return a->page > b->page ? 1 : -1;
    return (a->id > b->id) - (a->id < b->id);
}

static bool follows(const vector_row *row, const vector_row *before)
{
    return row->letter == 'c' && before->letter == 'c' && row->page == before->page
        && row->id == before->id + 1 && row->seq == before->seq
        && row->mark == before->mark;
}

json_t *vector_rows_write(const vector_rows *rows)
{
    vector_rows *sorted = malloc(sizeof(*sorted));
    json_t *out = json_object();

    CHECK(sorted != NULL && out != NULL);
    *sorted = *rows;
    qsort(sorted->rows, sorted->count, sizeof(sorted->rows[0]), by_place);
    for (size_t i = 0, next; i < sorted->count; i = next) {
        const vector_row *row = &sorted->rows[i];
        char key[32] = "directory";
        char text[96];
        int used;

        if (row->letter == 't')
            (void)strcpy(key, "gone");
        else if (row->letter == 'c')
            (void)snprintf(key, sizeof(key), "p%lld", (long long)row->page);
        for (next = i + 1; next < sorted->count; next++) {
            if (!follows(&sorted->rows[next], &sorted->rows[next - 1]))
                break;
        }
        if (next - i < 3)
            next = i + 1;
        used = row->letter == 'b' ? snprintf(text, sizeof(text), "b")
                                  : snprintf(text, sizeof(text), "%c%lld",
                                      row->letter == 't' ? 'c' : row->letter, (long long)row->id);
        if (next > i + 1)
            used += snprintf(text + used, sizeof(text) - (size_t)used, "..c%lld",
                (long long)sorted->rows[next - 1].id);
        (void)snprintf(text + used, sizeof(text) - (size_t)used, "@%llu%.1s",
            (unsigned long long)row->seq, (char[]){(char)row->mark, '\0'});
        if (json_object_get(out, key) == NULL)
            (void)json_object_set_new(out, key, json_array());
        (void)json_array_append_new(json_object_get(out, key), json_string(text));
    }
    free(sorted);
    return out;
}

json_t *vector_ids_write(char letter, const int64_t *ids, size_t count)
{
    json_t *out = json_array();

    for (size_t i = 0, next; i < count; i = next) {
        char text[64];

        for (next = i + 1; next < count && ids[next] == ids[next - 1] + 1;)
            next++;
        if (next - i < 3)
            next = i + 1;
        if (letter == 'b')
            (void)snprintf(text, sizeof(text), "b");
        else if (next == i + 1)
            (void)snprintf(text, sizeof(text), "%c%lld", letter, (long long)ids[i]);
        else
            (void)snprintf(text, sizeof(text), "%c%lld..%c%lld", letter, (long long)ids[i], letter,
                (long long)ids[next - 1]);
        (void)json_array_append_new(out, json_string(text));
    }
    return out;
}

/* --- rows as bytes --- */

void vector_row_put(fixture_page *page, const vector_row *row)
{
    /* A customer whose bytes end in the middle of a field. */
    static const uint8_t cut[] = {13 << 3 | 2, 9, 'x'};
    uint64_t id = (uint64_t)row->id;

    if (row->mark == MARK_UNKNOWN) {
        fixture_record(page, row->seq, cut, sizeof(cut));
        return;
    }
    switch (row->letter) {
    case 'b':
        fixture_business(page, row->seq, row->mark == MARK_OTHER ? "UTC" : "Asia/Ho_Chi_Minh");
        break;
    case 'p':
        fixture_fan_page(page, row->seq, id);
        break;
    case 't':
        fixture_tombstone(page, row->seq, id);
        break;
    default:
        fixture_customer(page, row->seq, id, (uint64_t)row->page,
            row->mark == MARK_BROKEN      ? "An\xFF"
                : row->mark == MARK_OTHER ? "Trần Thị Khác"
                                          : "Nguyễn Văn An",
            (int64_t)(row->seq % 1000000));
        break;
    }
}

khach_digest vector_row_digest(const vector_row *row)
{
    fixture_page page = {0};
    khach_change change;
    khach_wire wire;
    khach_digest digest;

    vector_row_put(&page, row);
    wire = khach__wire_open(page.bytes, page.count);
    CHECK(khach__sync_change_next(&wire, &change));
    digest = khach_digest_row(row->id, row->seq, change.bytes, change.bytes_count);
    fixture_free(&page);
    return digest;
}

/* Whose change it is; its page and that its bytes are its own are still to be seen. */
static vector_row identify(const khach_change *change)
{
    vector_row row = {.seq = change->seq, .page = -1};

    if (change->kind == KHACH_CHANGE_BUSINESS) {
        row.letter = 'b';
        row.id = 1;
    } else if (change->kind == KHACH_CHANGE_PAGE) {
        Khach__V1__Page *page =
            khach__v1__page__unpack(NULL, change->bytes_count, change->bytes);

        CHECK(page != NULL);
        row.letter = 'p';
        row.id = khach__record_number('p', page->id);
        khach__v1__page__free_unpacked(page, NULL);
    } else if (change->kind == KHACH_CHANGE_TOMBSTONE) {
        Khach__V1__Tombstone *gone =
            khach__v1__tombstone__unpack(NULL, change->bytes_count, change->bytes);

        CHECK(gone != NULL);
        row.letter = 't';
        row.id = khach__record_number('c', gone->customer_id);
        khach__v1__tombstone__free_unpacked(gone, NULL);
    } else {
        khach_wire wire = khach__wire_open(change->bytes, change->bytes_count);
        khach_wire_field field;

        row.letter = 'c';
        row.page = 0;
        while (khach__wire_next(&wire, &field)) {
            char id[KHACH_RECORD_ID_BYTES] = {0};

            if (field.number > 2 || field.bytes_count != sizeof(id) - 1)
                continue;
            memcpy(id, field.bytes, field.bytes_count);
            *(field.number == 1 ? &row.id : &row.page) =
                khach__record_number(field.number == 1 ? 'c' : 'p', id);
        }
        row.mark = row.id == 0                           ? MARK_UNKNOWN
            : !khach__sync_change_is_whole(change) ? MARK_BROKEN
                                                   : MARK_NONE;
    }
    return row;
}

void vector_rows_of_page(vector_rows *out, const khach_sync_page *page)
{
    khach_wire wire = khach__wire_open(page->bytes, page->bytes_count);
    khach_change change;

    out->count = 0;
    while (khach__sync_change_next(&wire, &change)) {
        vector_row row = identify(&change);
        khach_digest found =
            khach_digest_row(row.id, change.seq, change.bytes, change.bytes_count);

        if (!khach_digest_is_equal(found, vector_row_digest(&row)))
            row.mark = MARK_OTHER;
        add(out, row);
    }
}
