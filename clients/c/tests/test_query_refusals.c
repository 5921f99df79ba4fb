/* Questions that cannot be answered are refused, and the refusal begins with the field. */

#include "cache.h"
#include "fixture.h"
#include "harness.h"
#include "index_model.h"
#include "model_feed.h"

#include <stddef.h>

static void check_refusal(khach_cache *cache, const khach_query *query, const char *field)
{
    khach_customer_list *list = NULL;
    khach_error *error = NULL;

    CHECK_INT(khach__cache_list(cache, &list, query, &error), KHACH_E_INVALID);
    if (strncmp(khach_error_message(error), field, strlen(field)) != 0)
        fprintf(stderr, "%s expected first in: %s\n", field, khach_error_message(error));
    CHECK(strncmp(khach_error_message(error), field, strlen(field)) == 0);
    khach_error_free(error);
}

#define CHECK_REFUSED(field, name) \
    do { \
        khach_query refused_; \
        khach_query_init(&refused_); \
        field; \
        check_refusal(cache, &refused_, name); \
    } while (0)

static void check_refusals(khach_cache *cache)
{
    static const int32_t numbers[17] = {9, 99};
    khach_query first;
    khach_customer_list *list = NULL;
    char next[96];
    uint64_t all = 0;
    uint64_t counted = 0;

    CHECK_REFUSED(refused_.limit = 1001, "limit:");
    CHECK_REFUSED(refused_.has_phone = 3, "has_phone:");
    CHECK_REFUSED(refused_.has_email = -1, "has_email:");
    CHECK_REFUSED(refused_.blocked = 7, "blocked:");
    CHECK_REFUSED(refused_.order = 5, "order:");
    CHECK_REFUSED(refused_.order = KHACH_ORDER_RELEVANCE, "order:");
    CHECK_REFUSED(refused_.messaged_kind = 4, "messaged_kind:");
    CHECK_REFUSED(refused_.messaged_from = "2025-02-30", "messaged_from:");
    CHECK_REFUSED(refused_.created_to = "tomorrow", "created_to:");
    CHECK_REFUSED(
        (refused_.created_from = "2025-02-02", refused_.created_to = "2025-02-01"),
        "created_from:");
    CHECK_REFUSED((refused_.channels = numbers, refused_.channel_count = 17), "channels:");
    CHECK_REFUSED((refused_.channels = numbers, refused_.channel_count = 2), "channels[1]:");
    CHECK_REFUSED(refused_.channel_count = 1, "channels:");
    CHECK_REFUSED(
        (refused_.name_statuses = numbers, refused_.name_status_count = 1), "name_statuses[0]:");
    CHECK_REFUSED(refused_.name = "  ", "name:");
    CHECK_REFUSED(refused_.after = "2.0.1.1.0", "after:");
    CHECK_REFUSED(refused_.struct_size = 8, "struct_size:");

    /* A token is of its filter and its order. */
    khach_query_init(&first);
    first.limit = 1;
    CHECK_INT(khach__cache_list(cache, &list, &first, NULL), KHACH_OK);
    (void)snprintf(next, sizeof(next), "%s", khach_customer_list_next(list));
    khach_customer_list_free(list);
    CHECK_REFUSED((refused_.after = next, refused_.order = 2), "after:");
    CHECK_REFUSED((refused_.after = next, refused_.has_phone = 1), "after:");

    /* A caller of version 0.1 knows the first fields alone. */
    CHECK_INT(khach__cache_count(cache, &all, NULL, NULL), KHACH_OK);
    first.struct_size = offsetof(khach_query, channels);
    first.has_phone = 3;
    CHECK_INT(khach__cache_count(cache, &counted, &first, NULL), KHACH_OK);
    CHECK_INT(counted, all);
}

static void check_statistics_refusals(khach_cache *cache)
{
    static const struct {
        const char *from, *to, *field;
        int32_t grouping, basis;
    } cases[] = {
        {"2025-01-01", "2026-02-05", "day_to:", 0, 0},
        {"2025-01-02", "2025-01-01", "day_to:", 0, 0},
        {"", "2025-01-01", "day_from:", 0, 0},
        {"2025-01-01", NULL, "day_to:", 0, 0},
        {"2025-01-01", "2025-01-01", "grouping:", 4, 0},
        {"2025-01-01", "2025-01-01", "basis:", 0, -1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        khach_statistics_query query;
        khach_statistics *found = NULL;
        khach_error *error = NULL;

        khach_statistics_query_init(&query);
        query.day_from = cases[i].from;
        query.day_to = cases[i].to;
        query.grouping = cases[i].grouping;
        query.basis = cases[i].basis;
        CHECK_INT(khach__cache_statistics(cache, &found, &query, &error), KHACH_E_INVALID);
        CHECK(strncmp(khach_error_message(error), cases[i].field, strlen(cases[i].field)) == 0);
        khach_error_free(error);
    }
}

int main(void)
{
    static model world = {.seed = 1, .businesses = 1};
    char folder[64];
    char path[128];
    khach_cache *cache = NULL;

    fixture_folder(folder, path);
    CHECK_INT(khach__cache_open(&cache, path, FIXTURE_BUSINESS, 0, NULL), KHACH_OK);
    model_feed(&world, cache, 0, MODEL_CUSTOMERS, 0, 1);
    check_refusals(cache);
    check_statistics_refusals(cache);
    khach__cache_close(cache);
    fixture_remove(folder);
    model_free(&world);
    return 0;
}
