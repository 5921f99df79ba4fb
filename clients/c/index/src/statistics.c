/* Statistics of a range of days: each row of the derived tables in the range is taken once. */

#include "daily.h"

#include <stdlib.h>
#include <string.h>

/* Places of the answer, days times pages; some 30 MiB. */
#define CELLS_MAX 400000
#define CHANNELS_MAX 16

typedef struct page_group {
    int64_t page;
    int32_t channel;
    size_t group;
} page_group;

struct tally {
    const khach_index_statistics_query *query;
    page_group *pages; /* in order of page */
    size_t pages_count;
    size_t groups_count;
    const page_group *last; /* rows come page by page */
    size_t day;             /* instants ascend */
    khach_index_statistics_row *cells; /* by day, then group */
    khach_index_statistics_row *totals;
};

/* --- where a row belongs --- */

/* The group of a page; NULL for one that was not asked for. */
static const page_group *group_of(tally *work, int64_t page)
{
    size_t low = 0;
    size_t high = work->pages_count;

    if (work->last != NULL && work->last->page == page)
        return work->last;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (work->pages[middle].page == page) {
            work->last = &work->pages[middle];
            return work->last;
        }
        if (work->pages[middle].page < page)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The place in the range of the day of an instant of the range. */
static size_t day_of(tally *work, int64_t instant)
{
    const int64_t *starts = work->query->day_starts;

    if (instant < starts[work->day])
        work->day = 0;
    while (work->day + 1 < work->query->days_count && instant >= starts[work->day + 1])
        work->day++;
    return work->day;
}

static void count(tally *work, size_t day, size_t group, int measure, uint64_t by)
{
    work->cells[day * work->groups_count + group].measures[measure] += by;
    work->totals[group].measures[measure] += by;
}

/* Counts a day of a page: distinct on it, and in the range when the day before with the like is not
 * in that. */
static void count_day(tally *work, size_t day, size_t group, const daily *counted)
{
    static const int measures[] = {KHACH_MEASURE_ACTIVE_CUSTOMERS,
        KHACH_MEASURE_MESSAGING_CUSTOMERS, KHACH_MEASURE_COMMENTING_CUSTOMERS};
    uint64_t *on_day = work->cells[day * work->groups_count + group].measures;
    uint64_t *in_range = work->totals[group].measures;

    for (size_t i = 0; i < counted->count; i++) {
        const daily_part *part = &counted->parts[i];
        int measure = (int)(part->key & ((1 << DAILY_BITS) - 1));
        uint64_t days = part->key >> DAILY_BITS;

        if (measure == DAILY_CONVERSATIONS) {
            count(work, day, group,
                days == 0 ? KHACH_MEASURE_MESSAGE_CONVERSATIONS
                          : KHACH_MEASURE_COMMENT_CONVERSATIONS,
                part->count);
            continue;
        }
        on_day[measures[measure]] += part->count;
        if (days == 0 || days > day)
            in_range[measures[measure]] += part->count;
    }
}

/* khach_tally(table, page, instant, ...): takes the row; never lets it through. */
static void tally_row(sqlite3_context *context, int arguments, sqlite3_value **values)
{
    khach_index *index = sqlite3_user_data(context);
    tally *work = index->tally;
    const page_group *found =
        work == NULL ? NULL : group_of(work, sqlite3_value_int64(values[1]));
    size_t day;

    sqlite3_result_int(context, 0);
    if (found == NULL || arguments < 3)
        return;
    day = day_of(work, sqlite3_value_int64(values[2]));
    if (arguments == 3)
        count(work, day, found->group, KHACH_MEASURE_NEW_CUSTOMERS, 1);
    else if (sqlite3_value_int(values[0]) == 3)
        count(work, day, found->group,
            sqlite3_value_int(values[3]) == 1 ? KHACH_MEASURE_PHONES_FOUND
                                              : KHACH_MEASURE_EMAILS_FOUND,
            1);
    else
        count(work, day, found->group,
            sqlite3_value_int(values[3]) == 1 ? KHACH_MEASURE_BLOCKED : KHACH_MEASURE_UNBLOCKED,
            1);
}

khach_index_status khach__tally_register(khach_index *index)
{
    if (sqlite3_create_function_v2(index->db, "khach_tally", -1,
            SQLITE_UTF8 | SQLITE_DIRECTONLY, index, tally_row, NULL, NULL, NULL)
        != SQLITE_OK)
        return khach__index_failure(index->db);
    return KHACH_INDEX_OK;
}

/* --- the pages that are asked for --- */

static khach_index_status add_page(tally *work, size_t *room, int64_t page, int32_t channel)
{
    if (work->pages_count > 0 && work->pages[work->pages_count - 1].page == page)
        return KHACH_INDEX_OK;
    if (work->pages_count == *room) {
        page_group *grown = realloc(work->pages, (*room * 2 + 16) * sizeof(*grown));

        if (grown == NULL)
            return KHACH_INDEX_MEMORY;
        work->pages = grown;
        *room = *room * 2 + 16;
    }
    work->pages[work->pages_count] = (page_group){page, channel, 0};
    work->pages_count++;
    return KHACH_INDEX_OK;
}

static khach_index_status read_pages(khach_index *index, tally *work)
{
    khach_index_filter filter;
    run_list runs = {0};
    size_t room = 0;
    khach_index_status status;

    khach_index_filter_init(&filter, work->query->business_id);
    filter.pages = work->query->pages;
    filter.pages_count = work->query->pages_count;
    filter.channels = work->query->channels;
    khach__judge_open(index, &filter);
    status = khach__runs_read(index, &runs);
    for (size_t i = 0; status == KHACH_INDEX_OK && i < runs.count; i++)
        status = add_page(work, &room, runs.runs[i].page,
            (int32_t)(runs.runs[i].traits & KHACH_TRAIT_CHANNEL_MASK));
    khach__runs_free(&runs);
    for (size_t i = 0; i < work->pages_count; i++) {
        page_group *page = &work->pages[i];

        page->group = work->query->grouping == KHACH_INDEX_BY_PAGE ? i
            : work->query->grouping == KHACH_INDEX_BY_CHANNEL      ? (size_t)page->channel
                                                                   : 0;
    }
    work->groups_count = work->query->grouping == KHACH_INDEX_BY_PAGE ? work->pages_count
        : work->query->grouping == KHACH_INDEX_BY_CHANNEL             ? CHANNELS_MAX
                                                                      : 1;
    return status;
}

static khach_index_status open_cells(tally *work)
{
    size_t days = work->query->days_count;
    size_t cells = days * work->groups_count;

    if (cells > CELLS_MAX)
        return KHACH_INDEX_TOO_MANY;
    work->cells = calloc(cells + 1, sizeof(*work->cells));
    work->totals = calloc(work->groups_count + 1, sizeof(*work->totals));
    if (work->cells == NULL || work->totals == NULL)
        return KHACH_INDEX_MEMORY;
    for (size_t i = 0; i < work->pages_count; i++) {
        const page_group *page = &work->pages[i];
        bool is_page = work->query->grouping == KHACH_INDEX_BY_PAGE;
        bool is_business = work->query->grouping == KHACH_INDEX_BY_BUSINESS;

        work->totals[page->group].page_id = is_page ? page->page : 0;
        work->totals[page->group].channel = is_business ? 0 : page->channel;
    }
    for (size_t i = 0; i < cells; i++) {
        work->cells[i] = work->totals[i % work->groups_count];
        work->cells[i].day = work->query->day_from + (int32_t)(i / work->groups_count);
    }
    return KHACH_INDEX_OK;
}

/* --- reading --- */

static khach_index_status read_table(
    khach_index *index, khach_index_sql sql, int64_t from, int64_t to)
{
    sqlite3_stmt *statement = khach__index_statement(index, sql);

    if (statement == NULL)
        return khach__index_failure(index->db);
    (void)sqlite3_bind_int64(statement, 1, index->tally->query->business_id);
    (void)sqlite3_bind_int64(statement, 2, from);
    (void)sqlite3_bind_int64(statement, 3, to);
    index->tally->day = 0;
    return khach__index_run(index, statement);
}

static khach_index_status read_days(khach_index *index, tally *work)
{
    const khach_index_statistics_query *query = work->query;
    sqlite3_stmt *statement = khach__index_statement(index, SQL_TALLY_DAYS);
    daily counted = {0};
    khach_index_status status = KHACH_INDEX_OK;
    int result = SQLITE_DONE;

    if (statement == NULL)
        return khach__index_failure(index->db);
    (void)sqlite3_bind_int64(statement, 1, query->business_id);
    (void)sqlite3_bind_int64(statement, 2, query->day_from);
    (void)sqlite3_bind_int64(
        statement, 3, (int64_t)query->day_from + (int64_t)query->days_count - 1);
    while (status == KHACH_INDEX_OK && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        const page_group *found = group_of(work, sqlite3_column_int64(statement, 1));

        if (found == NULL)
            continue;
        status = khach__daily_read(&counted, sqlite3_column_blob(statement, 2),
            (size_t)sqlite3_column_bytes(statement, 2));
        if (status == KHACH_INDEX_OK)
            count_day(work, (size_t)(sqlite3_column_int64(statement, 0) - query->day_from),
                found->group, &counted);
    }
    if (status == KHACH_INDEX_OK && result != SQLITE_DONE)
        status = khach__index_failure(index->db);
    (void)sqlite3_reset(statement);
    khach__daily_free(&counted);
    return status;
}

static khach_index_status read_tables(khach_index *index)
{
    const khach_index_statistics_query *query = index->tally->query;
    int64_t begin = query->day_starts[0];
    int64_t end = query->day_starts[query->days_count];
    khach_index_sql basis = query->basis == KHACH_INDEX_NEW_BY_FIRST_RECORDED ? SQL_TALLY_RECORDED
        : query->basis == KHACH_INDEX_NEW_BY_FIRST_INBOUND                     ? SQL_TALLY_INBOUND
                                                                               : SQL_TALLY_CREATED;
    khach_index_status status = read_days(index, index->tally);

    if (status == KHACH_INDEX_OK)
        status = read_table(index, basis, begin, end);
    if (status == KHACH_INDEX_OK)
        status = read_table(index, SQL_TALLY_CONTACTS, begin, end);
    if (status == KHACH_INDEX_OK)
        status = read_table(index, SQL_TALLY_BLOCKS, begin, end);
    return status;
}

/* Moves the rows that say something to the front. */
static size_t squeeze(khach_index_statistics_row *rows, size_t count)
{
    static const uint64_t nothing[KHACH_MEASURES_COUNT] = {0};
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (memcmp(rows[i].measures, nothing, sizeof(nothing)) != 0)
            rows[kept++] = rows[i];
    }
    return kept;
}

khach_index_status khach_index_statistics_read(khach_index *index,
    const khach_index_statistics_query *query, khach_index_statistics *out)
{
    tally work = {.query = query};
    khach_index_status status;

    *out = (khach_index_statistics){0};
    if (query->days_count == 0 || query->days_count > KHACH_INDEX_STATISTICS_DAYS_MAX)
        return KHACH_INDEX_TOO_MANY;
    status = read_pages(index, &work);
    if (status == KHACH_INDEX_OK)
        status = open_cells(&work);
    if (status == KHACH_INDEX_OK) {
        index->tally = &work;
        status = read_tables(index);
        index->tally = NULL;
    }
    free(work.pages);
    out->rows = work.cells;
    out->totals = work.totals;
    if (status == KHACH_INDEX_OK) {
        out->rows_count = squeeze(out->rows, query->days_count * work.groups_count);
        out->totals_count = squeeze(out->totals, work.groups_count);
        if (out->rows_count > KHACH_INDEX_STATISTICS_ROWS_MAX)
            status = KHACH_INDEX_TOO_MANY;
    }
    if (status != KHACH_INDEX_OK)
        khach_index_statistics_free(out);
    return status;
}

void khach_index_statistics_free(khach_index_statistics *statistics)
{
    free(statistics->rows);
    free(statistics->totals);
    *statistics = (khach_index_statistics){0};
}
