#ifndef KHACH_TESTS_VECTOR_ROWS_H
#define KHACH_TESTS_VECTOR_ROWS_H

/*
 * Rows as a conversation writes them, by page:
 *
 *   {"directory": ["b@1", "p7@2"], "p7": ["c1@5", "c2..c9@6"], "gone": ["c3@8"]}
 *
 * "c1@5" is customer c0000000000001 as commit 5 left it; "c2..c9@6" are eight customers. "gone" are
 * tombstones. A mark says what is wrong with a row's bytes: see vector_mark.
 */

#include "engine.h"
#include "fixture.h"

#include <jansson.h>

#define VECTOR_ROWS_MAX 4096

/* Which file and step is replayed, for vector_fail(); step 0 is outside the steps. */
void vector_at(const char *file, size_t step);
/* Says where, and ends the test. */
_Noreturn void vector_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A text of `value`; release with free(). */
char *vector_text(const json_t *value);

/* Demands an object whose keys are all among `keys`, a list that ends with NULL. */
void vector_keys(const json_t *object, const char *const *keys);
/* Members of an object; the first four demand that they are there. */
const char *vector_string(const json_t *object, const char *key);
uint64_t vector_number(const json_t *object, const char *key);
json_t *vector_object(const json_t *object, const char *key);
bool vector_flag(const json_t *object, const char *key);
uint64_t vector_number_or(const json_t *object, const char *key, uint64_t otherwise);

typedef enum vector_mark {
    MARK_NONE = 0,
    MARK_OTHER = '!',  /* they are others; in a cache: damaged */
    MARK_BROKEN = '?', /* nobody can read them but for the ids */
    MARK_UNKNOWN = '~' /* nor the ids: it is then "c0" of "p0" */
} vector_mark;

typedef struct vector_row {
    char letter; /* of its id; 't' of a tombstone */
    int64_t page; /* of a customer */
    int64_t id;
    uint64_t seq;
    vector_mark mark;
} vector_row;

typedef struct vector_rows {
    vector_row rows[VECTOR_ROWS_MAX];
    size_t count;
} vector_rows;

void vector_rows_read(vector_rows *out, const json_t *rows);
/* In order of page and id, as it would be written by hand. */
json_t *vector_rows_write(const vector_rows *rows);
/* "c1", "c3..c9" of ids in the order given. */
json_t *vector_ids_write(char letter, const int64_t *ids, size_t count);
/* Adds the row as a change. */
void vector_row_put(fixture_page *page, const vector_row *row);
/* What the row adds to a digest. */
khach_digest vector_row_digest(const vector_row *row);
/* The rows of changes that came, each compared with the bytes that its row has. */
void vector_rows_of_page(vector_rows *out, const khach_sync_page *page);

/* The number of an id such as "p7". */
int64_t vector_id(char letter, const char *text);

#endif
