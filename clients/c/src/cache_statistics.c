/* Statistics from the cache, and what callers read of them. */

#include "cache.h"

#include <stdlib.h>
#include <string.h>

#define DAY_BYTES 11
#define PAGE_ID_BYTES 15

/* A row with its texts. */
typedef struct shown_row {
    const khach_index_statistics_row *row;
    char day[DAY_BYTES];
    char page_id[PAGE_ID_BYTES];
} shown_row;

struct khach_statistics {
    khach_index_statistics found;
    shown_row *rows;
    shown_row *totals;
    uint64_t seq;
};

/* --- asking --- */

/* A question made ready. */
typedef struct question {
    khach_index_statistics_query query;
    int64_t *pages;
    int64_t starts[KHACH_STATISTICS_DAYS_MAX + 1];
    khach_cache_sync sync;
} question;

static khach_status read_range(khach_cache *cache, question *asked,
    const khach_statistics_query *query, khach_error **error)
{
    khach_zone *zone = NULL;
    int32_t to = 0;
    khach_status status =
        khach__cache_day(&asked->query.day_from, "day_from", query->day_from, error);
    int64_t days;

    if (status == KHACH_OK)
        status = khach__cache_day(&to, "day_to", query->day_to, error);
    if (status != KHACH_OK)
        return status;
    days = (int64_t)to - asked->query.day_from + 1;
    if (days < 1 || days > KHACH_STATISTICS_DAYS_MAX)
        return khach__error_set(error, KHACH_E_INVALID,
            "day_to: 1 to %d days from day_from on expected, %lld found",
            KHACH_STATISTICS_DAYS_MAX, (long long)days);
    status = khach__cache_zone(cache, &zone, error);
    if (status != KHACH_OK)
        return status;
    asked->query.days_count = (size_t)days;
    asked->query.day_starts = asked->starts;
    for (int32_t i = 0; i <= days; i++)
        asked->starts[i] = khach_zone_day_start(zone, asked->query.day_from + i);
    khach_zone_free(zone);
    return KHACH_OK;
}

static khach_status read_kinds(
    question *asked, const khach_statistics_query *query, khach_error **error)
{
    if (query->grouping < KHACH_GROUPING_UNSPECIFIED || query->grouping > KHACH_GROUPING_BUSINESS)
        return khach__error_set(
            error, KHACH_E_INVALID, "grouping: 0 to 3 expected, %d found", (int)query->grouping);
    if (query->basis < KHACH_BASIS_UNSPECIFIED || query->basis > KHACH_BASIS_FIRST_INBOUND)
        return khach__error_set(
            error, KHACH_E_INVALID, "basis: 0 to 3 expected, %d found", (int)query->basis);
    asked->query.grouping = query->grouping == KHACH_GROUPING_UNSPECIFIED
        ? KHACH_INDEX_BY_PAGE
        : (khach_index_grouping)query->grouping;
    asked->query.basis = query->basis == KHACH_BASIS_UNSPECIFIED
        ? KHACH_INDEX_NEW_BY_CREATED
        : (khach_index_basis)query->basis;
    return KHACH_OK;
}

static khach_status read_question(khach_cache *cache, question *asked,
    const khach_statistics_query *query, khach_error **error)
{
    khach_status status;

    if (query->struct_size != sizeof(*query))
        return khach__error_set(error, KHACH_E_INVALID,
            "struct_size: a query of %zu bytes expected, %zu found", sizeof(*query),
            query->struct_size);
    status = khach__cache_map(cache, error);
    if (status == KHACH_OK)
        status = khach__cache_step(cache, "BEGIN", error);
    if (status == KHACH_OK)
        status = khach__cache_sync_read(cache, &asked->sync, error);
    if (status == KHACH_OK && asked->sync.phase != KHACH_PHASE_COMPLETE)
        status = khach__error_set(
            error, KHACH_E_NOT_SYNCED, "a whole first sync expected, one under way found");
    if (status == KHACH_OK)
        status = read_range(cache, asked, query, error);
    if (status == KHACH_OK)
        status = read_kinds(asked, query, error);
    if (status == KHACH_OK)
        status = khach__cache_bits(&asked->query.channels, "channels", query->channels,
            query->channel_count, KHACH_QUERY_CHANNELS_MAX, error);
    if (status == KHACH_OK)
        status = khach__cache_read_pages(cache, &asked->sync, query->page_ids,
            query->page_id_count, &asked->pages, &asked->query.pages_count, error);
    asked->query.pages = asked->pages;
    return status;
}

/* Writes the texts of rows; NULL when there is no memory. */
static shown_row *show(const khach_index_statistics_row *rows, size_t count)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    shown_row *shown = calloc(count + 1, sizeof(*shown));

    for (size_t i = 0; shown != NULL && i < count; i++) {
        uint64_t page = (uint64_t)rows[i].page_id;

        shown[i].row = &rows[i];
        if (rows[i].day != 0)
            khach_day_format(shown[i].day, rows[i].day);
        if (page == 0)
            continue;
        shown[i].page_id[0] = 'p';
        for (size_t at = PAGE_ID_BYTES - 2; at >= 1; at--, page >>= 5)
            shown[i].page_id[at] = digits[page & 31];
    }
    return shown;
}

khach_status khach__cache_statistics(khach_cache *cache, khach_statistics **out,
    const khach_statistics_query *query, khach_error **error)
{
    question asked = {0};
    khach_statistics *made = calloc(1, sizeof(*made));
    khach_status status = made == NULL
        ? khach__error_set(error, KHACH_E_MEMORY, "no memory for statistics")
        : read_question(cache, &asked, query, error);
    khach_index_status result = KHACH_INDEX_OK;

    if (status == KHACH_OK)
        result = khach_index_statistics_read(cache->index, &asked.query, &made->found);
    if (result == KHACH_INDEX_TOO_MANY)
        status = khach__error_set(error, KHACH_E_INVALID,
            "grouping: at most %d rows expected, more found: by channel or by business there are"
            " fewer",
            KHACH_STATISTICS_ROWS_MAX);
    else if (status == KHACH_OK)
        status = khach__cache_index_failure(cache, result, error);
    if (sqlite3_get_autocommit(cache->db) == 0)
        khach__cache_rollback(cache);
    if (status == KHACH_OK) {
        made->seq = asked.sync.seq;
        made->rows = show(made->found.rows, made->found.rows_count);
        made->totals = show(made->found.totals, made->found.totals_count);
        if (made->rows == NULL || made->totals == NULL)
            status = khach__error_set(error, KHACH_E_MEMORY, "no memory for statistics");
    }
    free(asked.pages);
    free(asked.sync.cursor.bytes);
    if (status == KHACH_OK)
        *out = made;
    else
        khach_statistics_free(made);
    return status;
}

/* --- reading --- */

static const shown_row *row_at(const khach_statistics *statistics, size_t index)
{
    static const khach_index_statistics_row nothing;
    static const shown_row none = {.row = &nothing};

    return statistics == NULL || index >= statistics->found.rows_count ? &none
                                                                       : &statistics->rows[index];
}

static const shown_row *total_at(const khach_statistics *statistics, size_t index)
{
    static const khach_index_statistics_row nothing;
    static const shown_row none = {.row = &nothing};

    return statistics == NULL || index >= statistics->found.totals_count
        ? &none
        : &statistics->totals[index];
}

static uint64_t measure_of(const shown_row *shown, int32_t measure)
{
    return measure < 0 || measure >= KHACH_MEASURES_COUNT ? 0 : shown->row->measures[measure];
}

size_t khach_statistics_row_count(const khach_statistics *statistics)
{
    return statistics == NULL ? 0 : statistics->found.rows_count;
}

const char *khach_statistics_row_day_at(const khach_statistics *statistics, size_t index)
{
    return row_at(statistics, index)->day;
}

const char *khach_statistics_row_page_id_at(const khach_statistics *statistics, size_t index)
{
    return row_at(statistics, index)->page_id;
}

int32_t khach_statistics_row_channel_at(const khach_statistics *statistics, size_t index)
{
    return row_at(statistics, index)->row->channel;
}

uint64_t khach_statistics_row_measure_at(
    const khach_statistics *statistics, size_t index, int32_t measure)
{
    return measure_of(row_at(statistics, index), measure);
}

size_t khach_statistics_total_count(const khach_statistics *statistics)
{
    return statistics == NULL ? 0 : statistics->found.totals_count;
}

const char *khach_statistics_total_page_id_at(const khach_statistics *statistics, size_t index)
{
    return total_at(statistics, index)->page_id;
}

int32_t khach_statistics_total_channel_at(const khach_statistics *statistics, size_t index)
{
    return total_at(statistics, index)->row->channel;
}

uint64_t khach_statistics_total_measure_at(
    const khach_statistics *statistics, size_t index, int32_t measure)
{
    return measure_of(total_at(statistics, index), measure);
}

uint64_t khach_statistics_seq(const khach_statistics *statistics)
{
    return statistics == NULL ? 0 : statistics->seq;
}

void khach_statistics_free(khach_statistics *statistics)
{
    if (statistics == NULL)
        return;
    free(statistics->rows);
    free(statistics->totals);
    khach_index_statistics_free(&statistics->found);
    free(statistics);
}
