#ifndef KHACH_INDEX_SRC_PUT_H
#define KHACH_INDEX_SRC_PUT_H

/* Derived rows of one customer, written: put.c, put_days.c. */

#include "index.h"

/* The words of a name, and its signs: what a flower is looked for by. */
typedef struct words {
    const khach_index_customer *customer;
    const char *folded;
    size_t folded_bytes;
    size_t at;
    bool has_words; /* all of them have come: signs follow */
} words;

words khach__words_open(
    const khach_index_customer *customer, const char *folded, size_t folded_bytes);
bool khach__words_next(words *walk, const char **token, size_t *bytes);
bool khach__is_same_name(const khach_index_customer *left, const khach_index_customer *right);
/* khach_index_put() without customer_counts. */
khach_index_status khach__rows_put(
    khach_index *index, const khach_index_customer *before, const khach_index_customer *after);
/* One row of a token more or less: `sql` is SQL_TOKEN_COUNT_ADD or _TAKE. */
khach_index_status khach__token_count_put(khach_index *index, khach_index_sql sql,
    int64_t business_id, const char *token, size_t bytes);
/* Marks the first row of a page's value, when rows of it went. */
khach_index_status khach__contact_mark(khach_index *index, const khach_index_customer *customer,
    const khach_index_contact *contact);
khach_index_status khach__days_put(
    khach_index *index, const khach_index_customer *before, const khach_index_customer *after);

#endif
