/* The derived tables follow a customer from one state to the next. */

#include "put.h"

#include <string.h>

/* One change under way: what two states differ in is written, and nothing else. */
static khach_index_status put_count(
    khach_index *index, khach_index_sql sql, const khach_index_customer *customer)
{
    sqlite3_stmt *statement = khach__index_statement(index, sql);

    if (statement == NULL)
        return khach__index_failure(index->db);
    (void)sqlite3_bind_int64(statement, 1, customer->business_id);
    (void)sqlite3_bind_int64(statement, 2, customer->page_id);
    (void)sqlite3_bind_int64(statement, 3, customer->traits);
    return khach__index_run(index, statement);
}

static khach_index_status put_counts(
    khach_index *index, const khach_index_customer *before, const khach_index_customer *after)
{
    khach_index_status status = KHACH_INDEX_OK;

    if (before != NULL && after != NULL && before->page_id == after->page_id
        && before->traits == after->traits)
        return KHACH_INDEX_OK;
    if (before != NULL)
        status = put_count(index, SQL_COUNT_TAKE, before);
    if (status == KHACH_INDEX_OK && after != NULL)
        status = put_count(index, SQL_COUNT_ADD, after);
    return status;
}

/* --- names --- */

bool khach__is_same_name(const khach_index_customer *left, const khach_index_customer *right)
{
    return left->name_bytes == right->name_bytes
        && (left->name_bytes == 0 || memcmp(left->name, right->name, left->name_bytes) == 0);
}

khach_index_status khach__token_count_put(khach_index *index, khach_index_sql sql,
    int64_t business_id, const char *token, size_t bytes)
{
    sqlite3_stmt *statement;
    khach_index_status status;

    /* A word that no name has any more is nobody's to keep: it may be of somebody erased. */
    if (sql == SQL_TOKEN_COUNT_TAKE) {
        status = khach__token_count_put(index, SQL_TOKEN_COUNT_DROP, business_id, token, bytes);
        if (status != KHACH_INDEX_OK || sqlite3_changes(index->db) != 0)
            return status;
    }
    statement = khach__index_statement(index, sql);
    if (statement == NULL)
        return khach__index_failure(index->db);
    (void)sqlite3_bind_int64(statement, 1, business_id);
    (void)sqlite3_bind_text(statement, 2, token, (int)bytes, SQLITE_STATIC);
    return khach__index_run(index, statement);
}

/* A word that a name has twice is one row. */
static khach_index_status put_token(khach_index *index, khach_index_sql sql,
    const words *owner, const char *token, size_t bytes)
{
    int64_t business = owner->customer->business_id;
    sqlite3_stmt *statement = khach__index_statement(index, sql);
    khach_index_status status;

    if (statement == NULL)
        return khach__index_failure(index->db);
    (void)sqlite3_bind_int64(statement, 1, business);
    (void)sqlite3_bind_text(statement, 2, token, (int)bytes, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 3, owner->customer->id);
    if (sql == SQL_TOKEN_ADD)
        (void)sqlite3_bind_text(
            statement, 4, owner->folded, (int)owner->folded_bytes, SQLITE_STATIC);
    status = khach__index_run(index, statement);
    if (status != KHACH_INDEX_OK || sqlite3_changes(index->db) == 0)
        return status;
    return khach__token_count_put(index,
        sql == SQL_TOKEN_ADD ? SQL_TOKEN_COUNT_ADD : SQL_TOKEN_COUNT_TAKE, business, token, bytes);
}

words khach__words_open(
    const khach_index_customer *customer, const char *folded, size_t folded_bytes)
{
    return (words){.customer = customer, .folded = folded, .folded_bytes = folded_bytes};
}

bool khach__words_next(words *walk, const char **token, size_t *bytes)
{
    const khach_index_customer *customer = walk->customer;

    if (!walk->has_words && walk->at < walk->folded_bytes) {
        const char *from = walk->folded + walk->at;
        const char *space = memchr(from, ' ', walk->folded_bytes - walk->at);

        *token = from;
        *bytes = space == NULL ? walk->folded_bytes - walk->at : (size_t)(space - from);
        walk->at += *bytes + 1;
        return true;
    }
    if (!walk->has_words)
        walk->at = 0;
    walk->has_words = true;
    *bytes = khach_text_find_sign(customer->name, customer->name_bytes, &walk->at);
    *token = customer->name + walk->at;
    walk->at += *bytes;
    return *bytes > 0;
}

static khach_index_status put_tokens(
    khach_index *index, khach_index_sql sql, const khach_index_customer *customer)
{
    char *folded = NULL;
    size_t folded_bytes = 0;
    const char *token;
    size_t bytes;
    khach_index_status status = KHACH_INDEX_OK;
    words walk;

    if (customer->name_bytes == 0)
        return KHACH_INDEX_OK;
    if (khach_text_fold(&folded, &folded_bytes, customer->name, customer->name_bytes) != 0)
        return KHACH_INDEX_MEMORY;
    walk = khach__words_open(customer, folded, folded_bytes);
    while (status == KHACH_INDEX_OK && khach__words_next(&walk, &token, &bytes))
        status = put_token(index, sql, &walk, token, bytes);
    khach_text_free(folded);
    return status;
}

static khach_index_status put_names(
    khach_index *index, const khach_index_customer *before, const khach_index_customer *after)
{
    khach_index_status status = KHACH_INDEX_OK;

    if (before != NULL && after != NULL && khach__is_same_name(before, after))
        return KHACH_INDEX_OK;
    if (before != NULL)
        status = put_tokens(index, SQL_TOKEN_DROP, before);
    if (status == KHACH_INDEX_OK && after != NULL)
        status = put_tokens(index, SQL_TOKEN_ADD, after);
    return status;
}

/* --- phones and e-mail addresses --- */

/* The first row of a page's value: its time, its customer, whether it is marked as the first. */
typedef struct contact_first {
    bool is_there;
    bool is_marked;
    int64_t first_seen_at;
    int64_t customer;
} contact_first;

static void bind_contact(sqlite3_stmt *statement, const khach_index_customer *customer,
    const khach_index_contact *contact)
{
    (void)sqlite3_bind_int64(statement, 1, customer->page_id);
    (void)sqlite3_bind_int64(statement, 2, contact->kind);
    (void)sqlite3_bind_text(
        statement, 3, contact->value, (int)contact->value_bytes, SQLITE_STATIC);
}

static khach_index_status read_first(khach_index *index, const khach_index_customer *customer,
    const khach_index_contact *contact, contact_first *first)
{
    sqlite3_stmt *statement = khach__index_statement(index, SQL_CONTACT_FIRST);
    int result;

    *first = (contact_first){0};
    if (statement == NULL)
        return khach__index_failure(index->db);
    bind_contact(statement, customer, contact);
    result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        *first = (contact_first){true, sqlite3_column_int(statement, 2) != 0,
            sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1)};
    (void)sqlite3_reset(statement);
    return result == SQLITE_ROW || result == SQLITE_DONE ? KHACH_INDEX_OK
                                                         : khach__index_failure(index->db);
}

static khach_index_status mark_first(khach_index *index, const khach_index_customer *customer,
    const khach_index_contact *contact, const contact_first *row, bool is_first)
{
    sqlite3_stmt *statement = khach__index_statement(index, SQL_CONTACT_MARK);

    if (statement == NULL)
        return khach__index_failure(index->db);
    bind_contact(statement, customer, contact);
    (void)sqlite3_bind_int64(statement, 4, row->first_seen_at);
    (void)sqlite3_bind_int64(statement, 5, row->customer);
    (void)sqlite3_bind_int64(statement, 6, is_first);
    return khach__index_run(index, statement);
}

static khach_index_status add_contact(khach_index *index, const khach_index_customer *customer,
    const khach_index_contact *contact)
{
    contact_first first;
    khach_index_status status = read_first(index, customer, contact, &first);
    bool is_first = !first.is_there || contact->first_seen_at < first.first_seen_at
        || (contact->first_seen_at == first.first_seen_at && customer->id < first.customer);
    sqlite3_stmt *statement;

    if (status == KHACH_INDEX_OK && is_first && first.is_marked)
        status = mark_first(index, customer, contact, &first, false);
    if (status != KHACH_INDEX_OK)
        return status;
    statement = khach__index_statement(index, SQL_CONTACT_ADD);
    if (statement == NULL)
        return khach__index_failure(index->db);
    bind_contact(statement, customer, contact);
    (void)sqlite3_bind_int64(statement, 4, contact->first_seen_at);
    (void)sqlite3_bind_int64(statement, 5, customer->id);
    (void)sqlite3_bind_int64(statement, 6, customer->business_id);
    (void)sqlite3_bind_int64(statement, 7, is_first);
    return khach__index_run(index, statement);
}

khach_index_status khach__contact_mark(khach_index *index, const khach_index_customer *customer,
    const khach_index_contact *contact)
{
    contact_first first;
    khach_index_status status = read_first(index, customer, contact, &first);

    if (status == KHACH_INDEX_OK && first.is_there && !first.is_marked)
        status = mark_first(index, customer, contact, &first, true);
    return status;
}

static khach_index_status drop_contact(khach_index *index, const khach_index_customer *customer,
    const khach_index_contact *contact)
{
    sqlite3_stmt *statement = khach__index_statement(index, SQL_CONTACT_DROP);
    khach_index_status status;

    if (statement == NULL)
        return khach__index_failure(index->db);
    bind_contact(statement, customer, contact);
    (void)sqlite3_bind_int64(statement, 4, contact->first_seen_at);
    (void)sqlite3_bind_int64(statement, 5, customer->id);
    status = khach__index_run(index, statement);
    return status != KHACH_INDEX_OK ? status : khach__contact_mark(index, customer, contact);
}

static bool has_contact(const khach_index_customer *customer, const khach_index_contact *contact)
{
    for (size_t i = 0; customer != NULL && i < customer->contacts_count; i++) {
        const khach_index_contact *known = &customer->contacts[i];

        if (known->kind == contact->kind && known->first_seen_at == contact->first_seen_at
            && known->value_bytes == contact->value_bytes
            && memcmp(known->value, contact->value, known->value_bytes) == 0)
            return true;
    }
    return false;
}

static khach_index_status put_contacts(
    khach_index *index, const khach_index_customer *before, const khach_index_customer *after)
{
    bool has_moved = before != NULL && after != NULL && before->page_id != after->page_id;
    khach_index_status status = KHACH_INDEX_OK;

    for (size_t i = 0; before != NULL && status == KHACH_INDEX_OK && i < before->contacts_count;
         i++) {
        if (has_moved || !has_contact(after, &before->contacts[i]))
            status = drop_contact(index, before, &before->contacts[i]);
    }
    for (size_t i = 0; after != NULL && status == KHACH_INDEX_OK && i < after->contacts_count;
         i++) {
        if (has_moved || !has_contact(before, &after->contacts[i]))
            status = add_contact(index, after, &after->contacts[i]);
    }
    return status;
}

/* --- blocks --- */

static khach_index_status put_event(khach_index *index, khach_index_sql sql,
    const khach_index_customer *customer, int64_t at, int64_t kind)
{
    sqlite3_stmt *statement;

    if (at == INT64_MAX)
        return KHACH_INDEX_OK; /* It has not ended. */
    statement = khach__index_statement(index, sql);
    if (statement == NULL)
        return khach__index_failure(index->db);
    (void)sqlite3_bind_int64(statement, 1, customer->business_id);
    (void)sqlite3_bind_int64(statement, 2, at);
    (void)sqlite3_bind_int64(statement, 3, customer->id);
    (void)sqlite3_bind_int64(statement, 4, kind);
    if (sql == SQL_BLOCK_ADD)
        (void)sqlite3_bind_int64(statement, 5, customer->page_id);
    return khach__index_run(index, statement);
}

static khach_index_status put_events(
    khach_index *index, khach_index_sql sql, const khach_index_customer *customer)
{
    khach_index_status status = KHACH_INDEX_OK;

    for (size_t i = 0; customer != NULL && status == KHACH_INDEX_OK && i < customer->blocks_count;
         i++) {
        status = put_event(index, sql, customer, customer->blocks[i].from, 1);
        if (status == KHACH_INDEX_OK)
            status = put_event(index, sql, customer, customer->blocks[i].until, 2);
    }
    return status;
}

static khach_index_status put_blocks(
    khach_index *index, const khach_index_customer *before, const khach_index_customer *after)
{
    khach_index_status status;

    if (before != NULL && after != NULL && before->page_id == after->page_id
        && before->blocks_count == after->blocks_count
        && (after->blocks_count == 0
            || memcmp(before->blocks, after->blocks, after->blocks_count * sizeof(*after->blocks))
                == 0))
        return KHACH_INDEX_OK;
    status = put_events(index, SQL_BLOCK_DROP, before);
    return status != KHACH_INDEX_OK ? status : put_events(index, SQL_BLOCK_ADD, after);
}

khach_index_status khach__rows_put(
    khach_index *index, const khach_index_customer *before, const khach_index_customer *after)
{
    khach_index_status status = put_names(index, before, after);

    if (status == KHACH_INDEX_OK)
        status = khach__days_put(index, before, after);
    if (status == KHACH_INDEX_OK)
        status = put_contacts(index, before, after);
    return status != KHACH_INDEX_OK ? status : put_blocks(index, before, after);
}

khach_index_status khach_index_put(
    khach_index *index, const khach_index_customer *before, const khach_index_customer *after)
{
    khach_index_status status = put_counts(index, before, after);

    return status != KHACH_INDEX_OK ? status : khach__rows_put(index, before, after);
}
