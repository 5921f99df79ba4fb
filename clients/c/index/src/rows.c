/* Customers one by one, each judged by its row. */

#include "index.h"

/* Columns of SQL_ROW and its like; SQL_KEY and its like have no record. */
enum { ROW_ID, ROW_PAGE, ROW_TRAITS, ROW_CREATED, ROW_INBOUND, ROW_FOLDED, ROW_RECORD };

/* Whether the query's name is compared with what only the record has: signs, and marks. */
static bool compares_record(const khach_index *index, khach_index_order order)
{
    const khach_name_query *name = index->judge.filter->name;

    return name != NULL
        && (khach_name_query_token_count(name) == 0
            || (order == KHACH_INDEX_RELEVANCE && khach_name_query_has_marks(name) != 0));
}

/* Whether only the record tells on which days somebody wrote. */
static bool needs_days(const khach_index *index)
{
    return index->judge.filter->messaged_kinds != 0 && !index->judge.are_days_known;
}

/* What a record alone can tell: the true rank of its name, and its days. 0 refuses. */
static int rank_record(const khach_index *index, khach_index_order order, sqlite3_stmt *row,
    const uint8_t *record, size_t record_bytes, int rank)
{
    const khach_index_filter *filter = index->judge.filter;

    if (compares_record(index, order)) {
        const char *folded = (const char *)sqlite3_column_text(row, ROW_FOLDED);
        const char *name;
        size_t name_bytes;

        khach__record_name(record, record_bytes, &name, &name_bytes);
        rank = khach_name_query_rank(filter->name, name, name_bytes, folded == NULL ? "" : folded,
            (size_t)sqlite3_column_bytes(row, ROW_FOLDED));
    }
    if (rank != 0 && needs_days(index)
        && !khach__record_has_day(record, record_bytes, filter->messaged_kinds,
            filter->messaged_from, filter->messaged_to))
        return 0;
    return rank;
}

/* The rank of a row that its columns accept; its record is looked at when it tells more, and read
 * when `row` is one of SQL_KEY's. */
static khach_index_status judge_record(
    khach_index *index, khach_index_order order, sqlite3_stmt *row, int *rank)
{
    sqlite3_stmt *holder = row;
    int column = ROW_RECORD;
    khach_index_status status = KHACH_INDEX_OK;

    if (!compares_record(index, order) && !needs_days(index))
        return KHACH_INDEX_OK;
    if (sqlite3_column_count(row) <= ROW_RECORD) {
        holder = khach__index_statement(index, SQL_RECORD);
        column = 0;
        if (holder == NULL)
            return khach__index_failure(index->db);
        (void)sqlite3_bind_int64(holder, 1, sqlite3_column_int64(row, ROW_ID));
        switch (sqlite3_step(holder)) {
        case SQLITE_ROW:
            break;
        case SQLITE_DONE:
            status = KHACH_INDEX_CORRUPT;
            break;
        default:
            status = khach__index_failure(index->db);
            break;
        }
    }
    if (status == KHACH_INDEX_OK)
        *rank = rank_record(index, order, row, sqlite3_column_blob(holder, column),
            (size_t)sqlite3_column_bytes(holder, column), *rank);
    if (holder != row)
        (void)sqlite3_reset(holder);
    return status;
}

/* The place of the row that `statement` stands on, as far as its columns tell; false when they
 * refuse it. */
static bool judge_columns(const khach_index *index, khach_index_order order,
    sqlite3_stmt *statement, khach_index_position *place)
{
    bool is_inbound = order == KHACH_INDEX_INBOUND_DESCENDING || order == KHACH_INDEX_RELEVANCE;

    if (!khach__judge_accepts(index, sqlite3_column_int64(statement, ROW_PAGE),
            sqlite3_column_int64(statement, ROW_TRAITS),
            sqlite3_column_int64(statement, ROW_CREATED)))
        return false;
    place->id = sqlite3_column_int64(statement, ROW_ID);
    place->key = sqlite3_column_int64(statement, is_inbound ? ROW_INBOUND : ROW_CREATED);
    place->rank = 1;
    if (index->judge.filter->name != NULL) {
        const char *folded = (const char *)sqlite3_column_text(statement, ROW_FOLDED);

        place->rank = folded == NULL ? 0
                                     : khach__judge_rank(index, folded,
                                         (size_t)sqlite3_column_bytes(statement, ROW_FOLDED));
    }
    return place->rank != 0;
}

static khach_index_status judge_row(khach_index *index, sqlite3_stmt *statement, verdict *out)
{
    khach_index_order order = out->list == NULL ? KHACH_INDEX_CREATED_DESCENDING : out->list->order;
    bool is_ranked = order == KHACH_INDEX_RELEVANCE;
    khach_index_position place;
    int rank;
    khach_index_status status;

    if (!judge_columns(index, order, statement, &place))
        return KHACH_INDEX_OK;
    rank = place.rank;
    place.rank = is_ranked ? rank : 0;
    /* The record is the dear part: it is read for a row that may be among the first. */
    if (out->list != NULL && !khach__top_wants(out->list, &place))
        return KHACH_INDEX_OK;
    status = judge_record(index, order, statement, &rank);
    if (status != KHACH_INDEX_OK || rank == 0)
        return status;
    out->count++;
    if (out->list == NULL)
        return KHACH_INDEX_OK;
    place.rank = is_ranked ? rank : 0;
    khach__top_add(out->list, &place);
    if (is_ranked && out->list->count == out->list->room)
        index->judge.rank_max = out->list->rows[out->list->room - 1].rank;
    return KHACH_INDEX_OK;
}

khach_index_status khach__source_read(khach_index *index, sqlite3_stmt *statement, verdict *out)
{
    int result = SQLITE_DONE;
    size_t rows = 0;
    khach_index_status status = KHACH_INDEX_OK;

    while (status == KHACH_INDEX_OK && out->count < out->count_max
        && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        status = judge_row(index, statement, out);
        if (++rows % 1024 == 0 && status == KHACH_INDEX_OK && khach__index_must_stop(index))
            status = KHACH_INDEX_INTERRUPTED;
    }
    (void)sqlite3_reset(statement);
    if (status != KHACH_INDEX_OK)
        return status;
    return result == SQLITE_DONE || result == SQLITE_ROW ? KHACH_INDEX_OK
                                                         : khach__index_failure(index->db);
}

/* A customer's row by its id: with its record when that is looked at of everyone. */
static sqlite3_stmt *statement_of_row(khach_index *index)
{
    return khach__index_statement(index, needs_days(index) ? SQL_ROW : SQL_KEY);
}

khach_index_status khach__source_ids(khach_index *index, const id_set *ids, verdict *out)
{
    sqlite3_stmt *statement = statement_of_row(index);
    khach_index_status status = KHACH_INDEX_OK;

    if (statement == NULL)
        return khach__index_failure(index->db);
    for (size_t i = 0; status == KHACH_INDEX_OK && i < ids->count; i++) {
        (void)sqlite3_bind_int64(statement, 1, ids->ids[i]);
        status = khach__source_read(index, statement, out);
    }
    return status;
}

khach_index_status khach__source_probe(
    khach_index *index, const top *list, khach_index_position *row, bool *is_accepted)
{
    sqlite3_stmt *statement = statement_of_row(index);
    bool is_ranked = list->order == KHACH_INDEX_RELEVANCE;
    khach_index_position place;
    int rank = 0;
    int result;
    khach_index_status status = KHACH_INDEX_OK;

    if (statement == NULL)
        return khach__index_failure(index->db);
    (void)sqlite3_bind_int64(statement, 1, row->id);
    result = sqlite3_step(statement);
    if (result == SQLITE_ROW && judge_columns(index, list->order, statement, &place)) {
        rank = place.rank;
        place.rank = is_ranked ? rank : 0;
        if (!khach__top_wants(list, &place))
            rank = 0;
        else
            status = judge_record(index, list->order, statement, &rank);
    }
    (void)sqlite3_reset(statement);
    *is_accepted = rank != 0;
    if (rank != 0)
        row->key = place.key;
    row->rank = is_ranked ? rank : 0;
    if (status != KHACH_INDEX_OK)
        return status;
    if (result == SQLITE_DONE)
        return KHACH_INDEX_CORRUPT; /* An index names it. */
    return result == SQLITE_ROW ? KHACH_INDEX_OK : khach__index_failure(index->db);
}
