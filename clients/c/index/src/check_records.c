/* What records say that is to be derived of them, as sums. */

#include "check.h"
#include "put.h"

#include <string.h>

/* A word that a name has twice is one row. */
static bool has_come(const words *walk, const char *token, size_t bytes)
{
    words before = khach__words_open(walk->customer, walk->folded, walk->folded_bytes);
    const char *known;
    size_t known_bytes;

    while (khach__words_next(&before, &known, &known_bytes)) {
        if (known == token)
            return false;
        if (known_bytes == bytes && memcmp(known, token, bytes) == 0)
            return true;
    }
    return false;
}

static uint64_t hash_tokens(
    const khach_index_customer *customer, const char *folded, size_t folded_bytes)
{
    words walk = khach__words_open(customer, folded, folded_bytes);
    const char *token;
    size_t bytes;
    uint64_t sum = 0;

    while (khach__words_next(&walk, &token, &bytes)) {
        if (!has_come(&walk, token, bytes))
            sum += khach__token_hash(
                customer->business_id, token, bytes, customer->id, folded, folded_bytes);
    }
    return sum;
}

static uint64_t hash_days(
    const khach_index_customer *customer, const char *folded, size_t folded_bytes)
{
    uint64_t mask = customer->days_count == 0
        ? 0
        : khach_text_name_mask(customer->name, customer->name_bytes, folded, folded_bytes);
    uint64_t sum = 0;

    for (size_t i = 0; i < customer->days_count; i++) {
        const khach_index_day *day = &customer->days[i];
        const day_facts facts = {
            customer->page_id, customer->traits, day->activity, day->since, mask};
        uint8_t bytes[DAY_FACTS_BYTES];

        khach__day_facts_write(bytes, &facts);
        sum += khach__day_hash(customer->business_id, day->day, customer->created_at, customer->id,
            bytes, sizeof(bytes));
    }
    return sum;
}

static uint64_t hash_contacts(const khach_index_customer *customer)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < customer->contacts_count; i++) {
        const khach_index_contact *contact = &customer->contacts[i];

        sum += khach__contact_hash(customer->business_id, customer->page_id, contact->kind,
            contact->value, contact->value_bytes, contact->first_seen_at, customer->id);
    }
    return sum;
}

static int64_t block_end(const khach_index_block *block, int64_t kind)
{
    return kind == 1 ? block->from : block->until;
}

static uint64_t hash_blocks(const khach_index_customer *customer)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < customer->blocks_count * 2; i++) {
        int64_t kind = (int64_t)(i % 2) + 1;
        int64_t at = block_end(&customer->blocks[i / 2], kind);
        bool is_known = at == INT64_MAX; /* It has not ended. */

        /* Two that begin, or end, together are one row. */
        for (size_t j = 0; j < i / 2 && !is_known; j++)
            is_known = block_end(&customer->blocks[j], kind) == at;
        if (!is_known)
            sum += khach__block_hash(
                customer->business_id, at, customer->id, kind, customer->page_id);
    }
    return sum;
}

/* Reads the customer of a row; KHACH_INDEX_CORRUPT when the record is none, or another's. */
static khach_index_status read_customer(sqlite3_stmt *row, khach_index_customer *out)
{
    khach_index_status status = khach_index_customer_read(
        out, sqlite3_column_blob(row, 2), (size_t)sqlite3_column_bytes(row, 2));

    out->business_id = sqlite3_column_int64(row, 0);
    return status == KHACH_INDEX_OK && out->id != sqlite3_column_int64(row, 1)
        ? KHACH_INDEX_CORRUPT
        : status;
}

khach_index_status khach__check_each(
    khach_index *index, khach_index_sql sql, check_customer each, void *context)
{
    sqlite3_stmt *row = khach__index_statement(index, sql);
    khach_index_customer customer = {0};
    khach_index_status status = KHACH_INDEX_OK;
    int result = SQLITE_DONE;

    if (row == NULL)
        return khach__index_failure(index->db);
    while (status == KHACH_INDEX_OK && (result = sqlite3_step(row)) == SQLITE_ROW) {
        status = read_customer(row, &customer);
        if (status == KHACH_INDEX_OK)
            status = each(index, context, &customer);
        else if (status == KHACH_INDEX_CORRUPT)
            status = KHACH_INDEX_OK; /* Of a record that is none, nothing is derived. */
    }
    if (status == KHACH_INDEX_OK && result != SQLITE_DONE)
        status = khach__index_failure(index->db);
    (void)sqlite3_reset(row);
    khach_index_customer_free(&customer);
    return status;
}

static khach_index_status add_customer(
    khach_index *index, void *sums, const khach_index_customer *customer)
{
    derived_sums *out = sums;
    char *folded = NULL;
    size_t bytes = 0;

    (void)index;
    if (khach_text_fold(&folded, &bytes, customer->name, customer->name_bytes) != 0)
        return KHACH_INDEX_MEMORY;
    out->parts[khach__check_part(customer->id)] += hash_tokens(customer, folded, bytes)
        + hash_days(customer, folded, bytes) + hash_contacts(customer) + hash_blocks(customer);
    out->customers +=
        khach__customers_hash(customer->business_id, customer->page_id, customer->traits);
    khach_text_free(folded);
    return KHACH_INDEX_OK;
}

khach_index_status khach__check_records(khach_index *index, derived_sums *out)
{
    return khach__check_each(index, SQL_CHECK_RECORDS, add_customer, out);
}
