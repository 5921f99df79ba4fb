/* Rows in the order of a list: one index walked, or its runs for (page, traits) merged. */

#include "index.h"

#include <stdlib.h>

#define CHUNK_ROWS_MAX 64

/* One run: some rows read ahead, and where the next ones begin. */
typedef struct branch {
    int64_t page;
    int64_t traits;
    cursor_row *rows; /* of the cursor's block */
    size_t count;
    size_t at;
    khach_index_position last;
    bool has_last;
    bool is_at_end;
} branch;

struct cursor {
    khach_index *index;
    cursor_kind kind;
    khach_index_order order;
    int64_t low; /* keys, both inclusive */
    int64_t high;
    khach_index_position after;
    bool has_after;
    sqlite3_stmt *statement; /* of a walk */
    int stage;               /* of a walk: 0 ties, 1 the rest, 2 the end */
    branch *branches;        /* of the other kinds */
    size_t branches_count;
    branch **heap; /* those with rows, the first row on top */
    size_t heap_count;
    size_t chunk_rows;
    cursor_row *block;
};

static bool is_ascending(const cursor *rows)
{
    return rows->order == KHACH_INDEX_CREATED_ASCENDING;
}

/* The two statements of this kind of cursor. */
static sqlite3_stmt *statement_of(const cursor *rows, bool is_ties)
{
    int number = (int)rows->kind * 6 + ((int)rows->order - 1) * 2 + !is_ties;

    return khach__index_statement(rows->index, (khach_index_sql)(SQL_CURSORS + number));
}

/* Binds a half of the keyset; false when no row can be in it. */
static bool bind_half(const cursor *rows, sqlite3_stmt *statement, bool is_ties,
    const khach_index_position *after)
{
    int64_t low = rows->low;
    int64_t high = rows->high;

    if (is_ties) {
        if (after == NULL || after->key < low || after->key > high)
            return false;
        (void)sqlite3_bind_int64(statement, 3, after->key);
        (void)sqlite3_bind_int64(statement, 4, after->id);
        return true;
    }
    if (after != NULL && is_ascending(rows)) {
        if (after->key == INT64_MAX)
            return false;
        low = low > after->key ? low : after->key + 1;
    } else if (after != NULL) {
        if (after->key == INT64_MIN)
            return false;
        high = high < after->key ? high : after->key - 1;
    }
    (void)sqlite3_bind_int64(statement, 3, low);
    (void)sqlite3_bind_int64(statement, 4, high);
    return low <= high;
}

/* --- a walk --- */

static khach_index_status walk_next(cursor *rows, cursor_row *row, bool *has_row)
{
    const judge *asked = &rows->index->judge;

    *has_row = false;
    while (rows->stage < 2) {
        int result = SQLITE_DONE;

        if (rows->statement == NULL) {
            rows->statement = statement_of(rows, rows->stage == 0);
            if (rows->statement == NULL)
                return khach__index_failure(rows->index->db);
            (void)sqlite3_bind_int64(rows->statement, 1, asked->filter->business_id);
            if (!bind_half(rows, rows->statement, rows->stage == 0,
                    rows->has_after ? &rows->after : NULL)) {
                rows->statement = NULL;
                rows->stage++;
                continue;
            }
        }
        result = sqlite3_step(rows->statement);
        if (result == SQLITE_ROW && asked->is_spent)
            return KHACH_INDEX_OK;
        if (result == SQLITE_ROW) {
            *row = (cursor_row){
                .position = {asked->filter->name == NULL ? 0 : asked->rank,
                    sqlite3_column_int64(rows->statement, 0),
                    sqlite3_column_int64(rows->statement, 1)},
                .is_accepted = true,
            };
            *has_row = true;
            return KHACH_INDEX_OK;
        }
        (void)sqlite3_reset(rows->statement);
        rows->statement = NULL;
        rows->stage++;
        if (result != SQLITE_DONE)
            return khach__index_failure(rows->index->db);
    }
    return KHACH_INDEX_OK;
}

/* --- runs --- */

/* Reads one row of a run, and what of the filter its index can tell. */
static cursor_row read_row(const cursor *rows, sqlite3_stmt *statement)
{
    const judge *asked = &rows->index->judge;
    const khach_index_filter *filter = asked->filter;
    cursor_row row = {.position = {0, sqlite3_column_int64(statement, 0),
                          sqlite3_column_int64(statement, 1)},
        .is_accepted = true};

    if (rows->kind == CURSOR_DAYS) {
        row.is_accepted = is_first_day((uint32_t)sqlite3_column_int64(statement, 3),
                              sqlite3_column_int64(statement, 4), filter->messaged_kinds,
                              filter->messaged_from)
            && khach__judge_has_page(filter, sqlite3_column_int64(statement, 2));
        return row;
    }
    if (asked->ids != NULL)
        row.is_accepted = khach__id_set_has(asked->ids, row.position.id);
    if (rows->order != KHACH_INDEX_INBOUND_DESCENDING || !row.is_accepted)
        return row;
    row.is_accepted = sqlite3_column_int64(statement, 2) >= filter->created_from
        && sqlite3_column_int64(statement, 2) < asked->created_before;
    if (row.is_accepted && filter->name != NULL) {
        const char *folded = (const char *)sqlite3_column_text(statement, 3);

        row.position.rank = folded == NULL ? 0
                                           : khach__judge_rank(rows->index, folded,
                                               (size_t)sqlite3_column_bytes(statement, 3));
        row.is_accepted = row.position.rank != 0 && row.position.rank <= asked->rank_max;
    }
    return row;
}

static khach_index_status fill_half(cursor *rows, branch *filled, bool is_ties)
{
    sqlite3_stmt *statement = statement_of(rows, is_ties);
    int result = SQLITE_DONE;

    if (statement == NULL)
        return khach__index_failure(rows->index->db);
    if (!bind_half(rows, statement, is_ties, filled->has_last ? &filled->last : NULL))
        return KHACH_INDEX_OK;
    (void)sqlite3_bind_int64(statement, 1, filled->page);
    (void)sqlite3_bind_int64(statement, 2, filled->traits);
    (void)sqlite3_bind_int64(statement, 5, (int64_t)(rows->chunk_rows - filled->count));
    while (filled->count < rows->chunk_rows && (result = sqlite3_step(statement)) == SQLITE_ROW)
        filled->rows[filled->count++] = read_row(rows, statement);
    (void)sqlite3_reset(statement);
    return result == SQLITE_ROW || result == SQLITE_DONE ? KHACH_INDEX_OK
                                                         : khach__index_failure(rows->index->db);
}

/* Reads the next rows of a run. */
static khach_index_status fill(cursor *rows, branch *filled)
{
    khach_index_status status = KHACH_INDEX_OK;

    filled->at = 0;
    filled->count = 0;
    if (filled->is_at_end)
        return KHACH_INDEX_OK;
    if (filled->has_last)
        status = fill_half(rows, filled, true);
    if (status == KHACH_INDEX_OK && filled->count < rows->chunk_rows)
        status = fill_half(rows, filled, false);
    filled->is_at_end = filled->count < rows->chunk_rows;
    if (filled->count > 0) {
        filled->last = filled->rows[filled->count - 1].position;
        filled->has_last = true;
    }
    return status;
}

static bool is_before(const cursor *rows, const branch *left, const branch *right)
{
    khach_index_position a = left->rows[left->at].position;
    khach_index_position b = right->rows[right->at].position;

    a.rank = b.rank = 0; /* The order of the rows is that of their keys. */
    return khach__position_compare(rows->order, &a, &b) < 0;
}

static void sift(cursor *rows, size_t at)
{
    for (;;) {
        size_t least = at;
        branch *moved = rows->heap[at];

        for (size_t child = at * 2 + 1; child <= at * 2 + 2 && child < rows->heap_count; child++) {
            if (is_before(rows, rows->heap[child], rows->heap[least]))
                least = child;
        }
        if (least == at)
            return;
        rows->heap[at] = rows->heap[least];
        rows->heap[least] = moved;
        at = least;
    }
}

static khach_index_status merge_next(cursor *rows, cursor_row *row, bool *has_row)
{
    judge *asked = &rows->index->judge;
    khach_index_status status = KHACH_INDEX_OK;
    branch *first;

    *has_row = false;
    if (rows->heap_count == 0)
        return KHACH_INDEX_OK;
    if (asked->rows_left == 0) {
        asked->is_spent = true;
        return KHACH_INDEX_OK;
    }
    asked->rows_left--;
    first = rows->heap[0];
    *row = first->rows[first->at++];
    *has_row = true;
    if (first->at == first->count) {
        status = khach__index_must_stop(rows->index) ? KHACH_INDEX_INTERRUPTED
                                                     : fill(rows, first);
        if (first->count == 0)
            rows->heap[0] = rows->heap[--rows->heap_count];
    }
    if (rows->heap_count > 0)
        sift(rows, 0);
    return status;
}

static khach_index_status open_branches(cursor *rows, const run_list *runs, size_t page_rows)
{
    khach_index_status status = KHACH_INDEX_OK;
    /* Enough for an even share, and a little more. */
    size_t share = 2 * page_rows / (runs->count + 1) + 4;

    rows->chunk_rows = share < CHUNK_ROWS_MAX ? share : CHUNK_ROWS_MAX;
    rows->branches_count = runs->count;
    rows->branches = calloc(runs->count + 1, sizeof(*rows->branches));
    rows->heap = calloc(runs->count + 1, sizeof(branch *));
    rows->block = malloc((runs->count + 1) * rows->chunk_rows * sizeof(*rows->block));
    if (rows->branches == NULL || rows->heap == NULL || rows->block == NULL)
        return KHACH_INDEX_MEMORY;
    for (size_t i = 0; status == KHACH_INDEX_OK && i < runs->count; i++) {
        branch *opened = &rows->branches[i];

        opened->page = runs->runs[i].page;
        opened->traits = runs->runs[i].traits;
        opened->rows = rows->block + i * rows->chunk_rows;
        opened->last = rows->after;
        opened->has_last = rows->has_after;
        status = fill(rows, opened);
        if (opened->count > 0)
            rows->heap[rows->heap_count++] = opened;
    }
    for (size_t i = rows->heap_count / 2; i-- > 0;)
        sift(rows, i);
    return status;
}

/* --- both --- */

khach_index_status khach__cursor_open(cursor **out, khach_index *index, cursor_kind kind,
    khach_index_order order, const khach_index_position *after, const run_list *runs,
    size_t page_rows)
{
    const khach_index_filter *filter = index->judge.filter;
    cursor *rows = calloc(1, sizeof(*rows));
    khach_index_status status = KHACH_INDEX_OK;

    *out = NULL;
    if (rows == NULL)
        return KHACH_INDEX_MEMORY;
    rows->index = index;
    rows->kind = kind;
    rows->order = order;
    if (order == KHACH_INDEX_INBOUND_DESCENDING) {
        rows->low = filter->messaged_kinds != 0 ? filter->messaged_begins_at : INT64_MIN;
        rows->high = INT64_MAX;
    } else {
        rows->low = filter->created_from;
        rows->high = index->judge.created_before;
        rows->high -= rows->high > INT64_MIN && rows->high < INT64_MAX;
    }
    rows->has_after = after != NULL;
    if (after != NULL)
        rows->after = *after;
    if (kind != CURSOR_WALK)
        status = open_branches(rows, runs, page_rows);
    if (status == KHACH_INDEX_OK)
        *out = rows;
    else
        khach__cursor_free(rows);
    return status;
}

khach_index_status khach__cursor_next(cursor *rows, cursor_row *row, bool *has_row)
{
    return rows->kind == CURSOR_WALK ? walk_next(rows, row, has_row)
                                     : merge_next(rows, row, has_row);
}

void khach__cursor_free(cursor *rows)
{
    if (rows == NULL)
        return;
    if (rows->statement != NULL)
        (void)sqlite3_reset(rows->statement);
    free(rows->branches);
    free(rows->heap);
    free(rows->block);
    free(rows);
}
