/* Rows in the order of a list: one index walked, or its runs for (page, traits) merged. */

#include "index.h"

#include <stdlib.h>

/* How many more rows of a run are read than the time before. */
#define CHUNK_ROWS_STEP 8

/* Parts of a run behind a row: the rest of its millisecond, what is behind that, or both with what
 * is before the row in that millisecond. */
typedef enum part { PART_TIES, PART_REST, PART_FROM } part;

/* One run: some rows read ahead, and where the next ones begin. */
typedef struct branch {
    int64_t page;
    int64_t traits;
    khach_index_position *rows; /* those that the filter accepts; in the cursor's block or `own` */
    khach_index_position *own;
    size_t room;
    size_t chunk; /* rows that are read at a time */
    size_t refills;
    size_t count;
    size_t at;
    khach_index_position last; /* of all that were read */
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
    branch **heap; /* those that are not at their end, the first on top */
    size_t heap_count;
    khach_index_position *block;
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

/* Binds a part of the keyset; false when no row can be in it. */
static bool bind_part(const cursor *rows, sqlite3_stmt *statement, part asked,
    const khach_index_position *after)
{
    int64_t low = rows->low;
    int64_t high = rows->high;

    if (asked == PART_TIES) {
        if (after == NULL || after->key < low || after->key > high)
            return false;
        (void)sqlite3_bind_int64(statement, 3, after->key);
        (void)sqlite3_bind_int64(statement, 4, after->id);
        return true;
    }
    if (after != NULL && is_ascending(rows)) {
        if (asked == PART_REST && after->key == INT64_MAX)
            return false;
        low = low > after->key ? low : after->key + (asked == PART_REST);
    } else if (after != NULL) {
        if (asked == PART_REST && after->key == INT64_MIN)
            return false;
        high = high < after->key ? high : after->key - (asked == PART_REST);
    }
    (void)sqlite3_bind_int64(statement, 3, low);
    (void)sqlite3_bind_int64(statement, 4, high);
    return low <= high;
}

/* --- a walk --- */

static khach_index_status walk_next(cursor *rows, khach_index_position *row, bool *has_row)
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
            if (!bind_part(rows, rows->statement, rows->stage == 0 ? PART_TIES : PART_REST,
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
            *row = (khach_index_position){0, sqlite3_column_int64(rows->statement, 0),
                sqlite3_column_int64(rows->statement, 1)};
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

/* Whether the filter accepts a row, as far as its index can tell; ranks it. */
static bool accepts(const cursor *rows, sqlite3_stmt *statement, khach_index_position *row)
{
    const judge *asked = &rows->index->judge;
    const khach_index_filter *filter = asked->filter;

    if (rows->order == KHACH_INDEX_INBOUND_DESCENDING
        && (sqlite3_column_int64(statement, 2) < filter->created_from
            || sqlite3_column_int64(statement, 2) >= asked->created_before))
        return false;
    if (asked->ids != NULL && !khach__id_set_has(asked->ids, row->id))
        return false;
    if (rows->order == KHACH_INDEX_INBOUND_DESCENDING && filter->name != NULL) {
        const char *folded = (const char *)sqlite3_column_text(statement, 3);

        row->rank = folded == NULL ? 0
                                   : khach__judge_rank(rows->index, folded,
                                       (size_t)sqlite3_column_bytes(statement, 3));
        return row->rank != 0 && row->rank <= asked->rank_max;
    }
    return true;
}

static bool is_behind(
    const cursor *rows, const khach_index_position *left, const khach_index_position *right)
{
    if (left->key != right->key)
        return (left->key > right->key) == is_ascending(rows);
    return left->id != right->id && (left->id > right->id) == is_ascending(rows);
}

/* Reads at most `*left` rows of a part; `*is_whole` when there are no more of it. */
static khach_index_status read_part(
    cursor *rows, branch *filled, part asked, size_t *left, bool *is_whole)
{
    sqlite3_stmt *statement = statement_of(rows, asked == PART_TIES);
    int result = SQLITE_DONE;

    *is_whole = true;
    if (statement == NULL)
        return khach__index_failure(rows->index->db);
    if (!bind_part(rows, statement, asked, filled->has_last ? &filled->last : NULL))
        return KHACH_INDEX_OK;
    (void)sqlite3_bind_int64(statement, 1, filled->page);
    (void)sqlite3_bind_int64(statement, 2, filled->traits);
    (void)sqlite3_bind_int64(statement, 5, (int64_t)*left);
    while (*left > 0 && (result = sqlite3_step(statement)) == SQLITE_ROW
        && !rows->index->judge.is_spent) {
        khach_index_position row = {
            0, sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1)};

        (*left)--;
        if (filled->has_last && !is_behind(rows, &row, &filled->last))
            continue;
        filled->last = row;
        filled->has_last = true;
        if (rows->kind == CURSOR_DAYS && rows->index->judge.is_refused)
            break; /* It is a day's head all the same. */
        if (rows->kind == CURSOR_DAYS || accepts(rows, statement, &row))
            filled->rows[filled->count++] = row;
    }
    (void)sqlite3_reset(statement);
    *is_whole = result == SQLITE_DONE && *left > 0;
    return result == SQLITE_ROW || result == SQLITE_DONE ? KHACH_INDEX_OK
                                                         : khach__index_failure(rows->index->db);
}

/* Reads the next rows of a run, one at least unless it is at its end. */
static khach_index_status fill(cursor *rows, branch *filled)
{
    judge *asked = &rows->index->judge;
    khach_index_position last = filled->last;
    bool had_last = filled->has_last;
    size_t left = filled->chunk;
    bool is_whole;
    khach_index_status status;

    filled->at = 0;
    filled->count = 0;
    asked->patience = filled->chunk * rows->index->bounds.refused;
    status = read_part(rows, filled, PART_FROM, &left, &is_whole);
    if (status == KHACH_INDEX_OK && !is_whole && had_last && filled->last.id == last.id) {
        /* There are more before the row in its millisecond than are read at a time. */
        left = filled->chunk;
        asked->patience = filled->chunk * rows->index->bounds.refused;
        status = read_part(rows, filled, PART_TIES, &left, &is_whole);
        if (status == KHACH_INDEX_OK && is_whole)
            status = read_part(rows, filled, PART_REST, &left, &is_whole);
    }
    filled->is_at_end = is_whole;
    asked->patience = UINT64_MAX;
    left = rows->kind == CURSOR_DAYS ? 0 : filled->chunk - left; /* khach_day() counts itself. */
    asked->rows_left -= left < asked->rows_left ? left : asked->rows_left;
    return status;
}

/* Reads more rows of a run than the time before: what is read in vain stays in the order of the
 * root of what is read. */
static khach_index_status refill(cursor *rows, branch *filled)
{
    if (khach__index_must_stop(rows->index))
        return KHACH_INDEX_INTERRUPTED;
    filled->chunk = ++filled->refills * CHUNK_ROWS_STEP;
    if (filled->chunk > rows->index->bounds.chunk)
        filled->chunk = rows->index->bounds.chunk;
    if (filled->room < filled->chunk) {
        khach_index_position *grown = realloc(filled->own, filled->chunk * sizeof(*grown));

        if (grown == NULL)
            return KHACH_INDEX_MEMORY;
        filled->rows = filled->own = grown;
        filled->room = filled->chunk;
    }
    return fill(rows, filled);
}

static bool is_over(const branch *read) { return read->at == read->count && read->is_at_end; }

/* Where a run stands: at its next row, or behind those that were read. */
static const khach_index_position *head(const branch *read)
{
    return read->at < read->count ? &read->rows[read->at] : &read->last;
}

static void sift(cursor *rows, size_t at)
{
    for (;;) {
        size_t least = at;
        branch *moved = rows->heap[at];

        for (size_t child = at * 2 + 1; child <= at * 2 + 2 && child < rows->heap_count; child++) {
            if (is_behind(rows, head(rows->heap[least]), head(rows->heap[child])))
                least = child;
        }
        if (least == at)
            return;
        rows->heap[at] = rows->heap[least];
        rows->heap[least] = moved;
        at = least;
    }
}

/* Rows that are refused are not in the heap; a run of them is where they end, a day at one. */
static khach_index_status merge_next(cursor *rows, khach_index_position *row, bool *has_row)
{
    judge *asked = &rows->index->judge;
    khach_index_status status = KHACH_INDEX_OK;

    *has_row = false;
    while (status == KHACH_INDEX_OK && !*has_row && rows->heap_count > 0 && !asked->is_spent) {
        branch *first = rows->heap[0];

        if (first->at < first->count) {
            *row = first->rows[first->at++];
            *has_row = true;
        } else if (asked->rows_left == 0) {
            asked->is_spent = true;
            return KHACH_INDEX_OK;
        } else {
            status = refill(rows, first);
        }
        if (is_over(first))
            rows->heap[0] = rows->heap[--rows->heap_count];
        if (rows->heap_count > 0)
            sift(rows, 0);
    }
    return status;
}

/* What a run will be asked for when the rows are spread as its customers are, and a little more. */
static size_t share_of(
    const cursor *rows, const run_list *runs, size_t at, uint64_t rows_wanted)
{
    size_t most = rows->index->bounds.chunk;
    double share = (double)rows_wanted * (double)runs->runs[at].customers
        / (double)(runs->customers > 0 ? runs->customers : 1);

    share += 1.5;
    return share < (double)most ? (size_t)share : most;
}

static khach_index_status open_branches(cursor *rows, const run_list *runs, uint64_t rows_wanted)
{
    khach_index_status status = KHACH_INDEX_OK;
    size_t block_rows = 0;

    for (size_t i = 0; i < runs->count; i++)
        block_rows += share_of(rows, runs, i, rows_wanted);
    rows->branches_count = runs->count;
    rows->branches = calloc(runs->count + 1, sizeof(*rows->branches));
    rows->heap = calloc(runs->count + 1, sizeof(branch *));
    rows->block = malloc((block_rows + 1) * sizeof(*rows->block));
    if (rows->branches == NULL || rows->heap == NULL || rows->block == NULL)
        return KHACH_INDEX_MEMORY;
    block_rows = 0;
    for (size_t i = 0; status == KHACH_INDEX_OK && i < runs->count; i++) {
        branch *opened = &rows->branches[i];

        *opened = (branch){.page = runs->runs[i].page,
            .traits = runs->runs[i].traits,
            .rows = rows->block + block_rows,
            .room = share_of(rows, runs, i, rows_wanted),
            .chunk = share_of(rows, runs, i, rows_wanted),
            .last = rows->after,
            .has_last = rows->has_after};
        block_rows += opened->room;
        status = fill(rows, opened);
        if (!is_over(opened))
            rows->heap[rows->heap_count++] = opened;
    }
    for (size_t i = rows->heap_count / 2; i-- > 0;)
        sift(rows, i);
    return status;
}

/* --- both --- */

khach_index_status khach__cursor_open(cursor **out, khach_index *index, cursor_kind kind,
    khach_index_order order, const khach_index_position *after, const run_list *runs,
    uint64_t rows_wanted)
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
    index->judge.asked_of_days = DAYS_FIRST;
    rows->has_after = after != NULL;
    if (after != NULL)
        rows->after = *after;
    if (kind != CURSOR_WALK)
        status = open_branches(rows, runs, rows_wanted);
    if (status == KHACH_INDEX_OK)
        *out = rows;
    else
        khach__cursor_free(rows);
    return status;
}

khach_index_status khach__cursor_next(cursor *rows, khach_index_position *row, bool *has_row)
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
    for (size_t i = 0; rows->branches != NULL && i < rows->branches_count; i++)
        free(rows->branches[i].own);
    free(rows->branches);
    free(rows->heap);
    free(rows->block);
    free(rows);
}
