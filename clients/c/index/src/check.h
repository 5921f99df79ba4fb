#ifndef KHACH_INDEX_SRC_CHECK_H
#define KHACH_INDEX_SRC_CHECK_H

/* Derived rows compared with the records that they are of, by parts of the customers. */

#include "daily.h"

/* Parts of the customers, by a hash of the id. */
#define CHECK_PARTS 65536

/* What records say, less what is stored: 0 where both are the same. Sums of hashes, so that the
 * order in which rows are met does not matter. They find damage, not intent. */
struct derived_sums {
    uint64_t parts[CHECK_PARTS];
    uint64_t customers; /* of customer_counts, by records */
    uint64_t tokens;    /* of token_counts, by the stored rows of name_tokens */
    uint64_t days;      /* of day_counts, by the stored rows of customer_days */
    size_t parts_count; /* that differ */
};

/* check.c */
/* Compares everything; `out` is made anew. */
khach_index_status khach__check_run(khach_index *index, derived_sums *out);

/* check_records.c */
typedef khach_index_status (*check_customer)(
    khach_index *index, void *context, const khach_index_customer *customer);
/* Goes through the customers of a statement that gives a business, an id and a record; a record
 * that is none, or another's, is passed over. */
khach_index_status khach__check_each(
    khach_index *index, khach_index_sql sql, check_customer each, void *context);
khach_index_status khach__check_records(khach_index *index, derived_sums *out);

/* check_hash.c */
size_t khach__check_part(int64_t id);
uint64_t khach__token_hash(int64_t business_id, const void *token, size_t token_bytes,
    int64_t id, const void *folded, size_t folded_bytes);
uint64_t khach__tokens_hash(int64_t business_id, const void *token, size_t token_bytes);
uint64_t khach__day_hash(int64_t business_id, int64_t day, int64_t created_at, int64_t id,
    const void *facts, size_t facts_bytes);
uint64_t khach__contact_hash(int64_t business_id, int64_t page_id, int64_t kind,
    const void *value, size_t value_bytes, int64_t first_seen_at, int64_t id);
uint64_t khach__block_hash(
    int64_t business_id, int64_t at, int64_t id, int64_t kind, int64_t page_id);
uint64_t khach__customers_hash(int64_t business_id, int64_t page_id, int64_t traits);
uint64_t khach__days_hash(int64_t business_id, int64_t day, int64_t page_id, const daily *counted);

#endif
