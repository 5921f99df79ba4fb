/* Whether a row answers a filter, asked by SQLite itself: a row that does not is never returned. */

#include "index.h"

#include <limits.h>
#include <string.h>

bool khach__judge_has_page(const khach_index_filter *filter, int64_t page)
{
    size_t low = 0;
    size_t high = filter->pages_count;

    if (filter->pages_count == 0)
        return true;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (filter->pages[middle] == page)
            return true;
        if (filter->pages[middle] < page)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static bool accepts_flag(int32_t wanted, uint32_t traits, uint32_t flag)
{
    return wanted < 0 || ((traits & flag) != 0) == (wanted != 0);
}

void khach__judge_open(khach_index *index, const khach_index_filter *filter)
{
    judge *asked = &index->judge;
    uint32_t statuses = filter->name_statuses == 0 ? UINT32_MAX : filter->name_statuses;

    *asked = (judge){.filter = filter,
        .rank_max = INT_MAX,
        .rows_left = UINT64_MAX,
        .patience = UINT64_MAX,
        .name_mask = filter->name == NULL ? 0 : khach_name_query_mask(filter->name),
        .created_before = filter->created_before};
    /* Nobody wrote before there was a conversation. */
    if (filter->messaged_kinds != 0 && filter->messaged_ends_at < asked->created_before)
        asked->created_before = filter->messaged_ends_at;
    /* A placeholder is no name (domain.md M3): nobody is found by it. */
    if (filter->name != NULL)
        statuses &= ~(UINT32_C(1) << NAME_STATUS_PLACEHOLDER);
    for (uint32_t traits = 0; traits < KHACH_TRAITS_COUNT; traits++) {
        uint32_t channel = UINT32_C(1) << (traits & KHACH_TRAIT_CHANNEL_MASK);
        uint32_t status = UINT32_C(1) << (((traits >> KHACH_TRAIT_NAME_STATUS_SHIFT) & 3) + 1);

        asked->traits[traits] = (filter->channels == 0 || (filter->channels & channel) != 0)
            && (statuses & status) != 0
            && accepts_flag(filter->has_phone, traits, KHACH_TRAIT_HAS_PHONE)
            && accepts_flag(filter->has_email, traits, KHACH_TRAIT_HAS_EMAIL)
            && accepts_flag(filter->blocked, traits, KHACH_TRAIT_BLOCKED);
    }
}

bool khach__judge_has_run(const khach_index *index, int64_t page, int64_t traits)
{
    const judge *asked = &index->judge;

    return asked->traits[traits & (KHACH_TRAITS_COUNT - 1)]
        && khach__judge_has_page(asked->filter, page);
}

bool khach__judge_accepts(const khach_index *index, int64_t page, int64_t traits, int64_t created)
{
    const judge *asked = &index->judge;

    return created >= asked->filter->created_from && created < asked->created_before
        && khach__judge_has_run(index, page, traits);
}

/* khach_accept(page_id, traits, created_at, id) */
static void accept_row(sqlite3_context *context, int count, sqlite3_value **values)
{
    khach_index *index = sqlite3_user_data(context);
    judge *asked = &index->judge;
    bool is_accepted;

    (void)count;
    if (asked->rows_left == 0) {
        asked->is_spent = true;
        sqlite3_result_int(context, 1);
        return;
    }
    asked->rows_left--;
    is_accepted = khach__judge_accepts(index, sqlite3_value_int64(values[0]),
        sqlite3_value_int64(values[1]), sqlite3_value_int64(values[2]));
    if (is_accepted && asked->ids != NULL)
        is_accepted = khach__id_set_has(asked->ids, sqlite3_value_int64(values[3]));
    sqlite3_result_int(context, is_accepted);
}

int khach__judge_rank(const khach_index *index, const char *folded, size_t folded_bytes)
{
    const khach_name_query *name = index->judge.filter->name;

    /* A query such as a flower is compared with the name as it stands, which is not here. */
    if (name == NULL || khach_name_query_token_count(name) == 0)
        return 1;
    return khach_name_query_rank_best(name, folded, folded_bytes);
}

/* khach_rank(name_folded) */
static void rank_name(sqlite3_context *context, int count, sqlite3_value **values)
{
    const khach_index *index = sqlite3_user_data(context);
    const char *folded = (const char *)sqlite3_value_text(values[0]);
    int rank = folded == NULL
        ? 0
        : khach__judge_rank(index, folded, (size_t)sqlite3_value_bytes(values[0]));

    (void)count;
    sqlite3_result_int(context, rank != 0 && rank <= index->judge.rank_max);
}

/* Whether the customer of a day's row may have written in the range: false when this day and the
 * one before tell that it did not. */
static bool may_have_written(const judge *asked, uint32_t activity, int64_t since)
{
    const khach_index_filter *filter = asked->filter;
    uint32_t kinds = filter->messaged_kinds;

    if (kinds == 0)
        return true;
    if (asked->day <= filter->messaged_to && (activity & kinds) != 0)
        return true;
    since = since_day(since, since_kind(kinds));
    return since >= filter->messaged_from && since != 0;
}

/* Whether a day's row is of somebody who may answer, and is met on this day. */
static bool accepts_day(const khach_index *index, const day_facts *facts)
{
    const judge *asked = &index->judge;
    const khach_index_filter *filter = asked->filter;

    if ((facts->name_mask & asked->name_mask) != asked->name_mask
        || !khach__judge_has_run(index, facts->page, facts->traits))
        return false;
    if (asked->asked_of_days == DAYS_LATEST)
        return may_have_written(asked, facts->activity, facts->since);
    return is_first_day(
        facts->activity, facts->since, filter->messaged_kinds, filter->messaged_from);
}

/* khach_day(facts) */
static void judge_day(sqlite3_context *context, int count, sqlite3_value **values)
{
    khach_index *index = sqlite3_user_data(context);
    judge *asked = &index->judge;
    const void *bytes = sqlite3_value_blob(values[0]);
    day_facts facts;

    (void)count;
    if (asked->rows_left == 0) {
        asked->is_spent = true;
        sqlite3_result_int(context, 1);
        return;
    }
    if (!khach__day_facts_read(&facts, bytes, (size_t)sqlite3_value_bytes(values[0]))) {
        sqlite3_result_error_code(context, SQLITE_CORRUPT);
        return;
    }
    asked->rows_left--;
    asked->passed++;
    asked->patience -= asked->patience > 0;
    asked->is_refused = !accepts_day(index, &facts);
    sqlite3_result_int(context, !asked->is_refused || asked->patience == 0);
}

/* khach_wanted(customer_id) */
static void want_row(sqlite3_context *context, int count, sqlite3_value **values)
{
    const khach_index *index = sqlite3_user_data(context);
    const judge *asked = &index->judge;

    (void)count;
    sqlite3_result_int(context,
        asked->wanted == NULL || khach__id_hash_has(asked->wanted, sqlite3_value_int64(values[0])));
}

khach_index_status khach__judge_register(khach_index *index)
{
    int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;

    if (sqlite3_create_function_v2(
            index->db, "khach_accept", 4, flags, index, accept_row, NULL, NULL, NULL)
            != SQLITE_OK
        || sqlite3_create_function_v2(
               index->db, "khach_day", 1, flags, index, judge_day, NULL, NULL, NULL)
            != SQLITE_OK
        || sqlite3_create_function_v2(
               index->db, "khach_wanted", 1, flags, index, want_row, NULL, NULL, NULL)
            != SQLITE_OK
        || sqlite3_create_function_v2(
               index->db, "khach_rank", 1, flags, index, rank_name, NULL, NULL, NULL)
            != SQLITE_OK)
        return khach__index_failure(index->db);
    return KHACH_INDEX_OK;
}
