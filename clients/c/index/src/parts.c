/* khach_parts(what, source, folded): the words of a name or the parts of a record as rows of SQL,
 * so that a derived table is filled by one sorted insert. Days need the folded name too. */

#include "index.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMN_WHAT = 3, COLUMN_SOURCE, COLUMN_FOLDED };

typedef struct parts_cursor {
    sqlite3_vtab_cursor base;
    int what;
    sqlite3_value *source; /* a copy: what is borrowed ends with the call */
    khach_index_customer customer;
    uint64_t mask; /* of the name, for days */
    const char *text;
    size_t text_bytes;
    size_t at;
    size_t count; /* of a token: its bytes; otherwise how many parts there are */
} parts_cursor;

static int connect_parts(sqlite3 *db, void *context, int count, const char *const *arguments,
    sqlite3_vtab **out, char **error)
{
    int status;

    (void)context;
    (void)count;
    (void)arguments;
    (void)error;
    /* Before there is anything to free: of a failure nobody disconnects. */
    status = sqlite3_declare_vtab(db,
        "CREATE TABLE parts(one, two, three, what HIDDEN, source HIDDEN,"
        " folded HIDDEN)");
    if (status != SQLITE_OK)
        return status;
    *out = calloc(1, sizeof(**out));
    return *out == NULL ? SQLITE_NOMEM : SQLITE_OK;
}

static int disconnect_parts(sqlite3_vtab *table)
{
    free(table);
    return SQLITE_OK;
}

static int plan_parts(sqlite3_vtab *table, sqlite3_index_info *info)
{
    int found = 0;

    (void)table;
    for (int i = 0; i < info->nConstraint; i++) {
        int column = info->aConstraint[i].iColumn;

        if (info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ || column < COLUMN_WHAT)
            continue;
        if (info->aConstraint[i].usable == 0)
            return SQLITE_CONSTRAINT;
        info->aConstraintUsage[i].argvIndex = column - COLUMN_WHAT + 1;
        info->aConstraintUsage[i].omit = 1;
        found |= 1 << (column - COLUMN_WHAT);
    }
    info->estimatedCost = 10;
    info->estimatedRows = 4;
    return (found & 3) == 3 ? SQLITE_OK : SQLITE_CONSTRAINT;
}

static int open_parts(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
    parts_cursor *opened = calloc(1, sizeof(*opened));

    (void)table;
    if (opened == NULL)
        return SQLITE_NOMEM;
    *out = &opened->base;
    return SQLITE_OK;
}

static int close_parts(sqlite3_vtab_cursor *base)
{
    parts_cursor *closed = (parts_cursor *)base;

    sqlite3_value_free(closed->source);
    khach_index_customer_free(&closed->customer);
    free(closed);
    return SQLITE_OK;
}

/* The token that begins at `at`, or the sign from there on. */
static void find_token(parts_cursor *parts)
{
    const char *space;

    parts->count = 0;
    if (parts->what == PARTS_SIGNS) {
        parts->count = khach_text_find_sign(parts->text, parts->text_bytes, &parts->at);
        return;
    }
    if (parts->at >= parts->text_bytes)
        return;
    space = memchr(parts->text + parts->at, ' ', parts->text_bytes - parts->at);
    parts->count = space == NULL ? parts->text_bytes - parts->at
                                 : (size_t)(space - (parts->text + parts->at));
}

static bool is_text(const parts_cursor *parts)
{
    return parts->what == PARTS_TOKENS || parts->what == PARTS_SIGNS;
}

/* False when there is no memory. */
static bool mask_name(parts_cursor *parts, sqlite3_value *folded)
{
    bool has_name = sqlite3_value_type(folded) != SQLITE_NULL;
    const char *text = (const char *)sqlite3_value_text(folded);

    if (has_name && text == NULL)
        return false;
    parts->mask = khach_text_name_mask(parts->customer.name, parts->customer.name_bytes, text,
        has_name ? (size_t)sqlite3_value_bytes(folded) : 0);
    return true;
}

static int filter_parts(sqlite3_vtab_cursor *base, int number, const char *text, int count,
    sqlite3_value **values)
{
    parts_cursor *parts = (parts_cursor *)base;

    (void)number;
    (void)text;
    sqlite3_value_free(parts->source);
    parts->what = sqlite3_value_int(values[0]);
    parts->source = sqlite3_value_dup(values[1]);
    parts->at = 0;
    parts->count = 0;
    if (parts->source == NULL)
        return SQLITE_NOMEM;
    if (parts->what == PARTS_TOKENS) {
        parts->text = (const char *)sqlite3_value_text(parts->source);
        if (parts->text == NULL && sqlite3_value_type(parts->source) != SQLITE_NULL)
            return SQLITE_NOMEM;
        parts->text_bytes =
            parts->text == NULL ? 0 : (size_t)sqlite3_value_bytes(parts->source);
        find_token(parts);
        return SQLITE_OK;
    }
    switch (khach_index_customer_read(&parts->customer, sqlite3_value_blob(parts->source),
        (size_t)sqlite3_value_bytes(parts->source))) {
    case KHACH_INDEX_OK:
        break;
    case KHACH_INDEX_MEMORY:
        return SQLITE_NOMEM;
    default: /* Of a record that is none, nothing is derived. */
        return SQLITE_OK;
    }
    if (parts->what == PARTS_SIGNS) {
        parts->text = parts->customer.name;
        parts->text_bytes = parts->customer.name_bytes;
        find_token(parts);
    } else if (parts->what == PARTS_DAYS) {
        parts->count = parts->customer.days_count;
        if (count > 2 && !mask_name(parts, values[2]))
            return SQLITE_NOMEM;
    }
    if (parts->what == PARTS_CONTACTS)
        parts->count = parts->customer.contacts_count;
    else if (parts->what == PARTS_BLOCKS)
        parts->count = parts->customer.blocks_count * 2;
    /* A block that lasts is the last one, and has no end. */
    if (parts->what == PARTS_BLOCKS && parts->count > 0
        && parts->customer.blocks[parts->customer.blocks_count - 1].until == INT64_MAX)
        parts->count--;
    return SQLITE_OK;
}

static int next_part(sqlite3_vtab_cursor *base)
{
    parts_cursor *parts = (parts_cursor *)base;

    if (!is_text(parts)) {
        parts->at++;
        return SQLITE_OK;
    }
    /* A space is between tokens, nothing between signs. */
    parts->at += parts->count + (parts->what == PARTS_TOKENS);
    find_token(parts);
    return SQLITE_OK;
}

static int is_at_end(sqlite3_vtab_cursor *base)
{
    const parts_cursor *parts = (const parts_cursor *)base;

    return is_text(parts) ? parts->count == 0 : parts->at >= parts->count;
}

static void read_day(sqlite3_context *context, const parts_cursor *parts, int column)
{
    const khach_index_day *day = &parts->customer.days[parts->at];
    const day_facts facts = {parts->customer.page_id, parts->customer.traits, day->activity,
        day->since, parts->mask};
    uint8_t bytes[DAY_FACTS_BYTES];

    if (column == 0) {
        sqlite3_result_int64(context, day->day);
        return;
    }
    khach__day_facts_write(bytes, &facts);
    sqlite3_result_blob(context, bytes, sizeof(bytes), SQLITE_TRANSIENT);
}

static int read_part(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    const parts_cursor *parts = (const parts_cursor *)base;
    const khach_index_contact *contact;
    const khach_index_block *block;

    if (column >= COLUMN_WHAT)
        return SQLITE_OK;
    switch (parts->what) {
    case PARTS_TOKENS:
    case PARTS_SIGNS:
        sqlite3_result_text(
            context, parts->text + parts->at, (int)parts->count, SQLITE_TRANSIENT);
        break;
    case PARTS_DAYS:
        read_day(context, parts, column);
        break;
    case PARTS_CONTACTS:
        contact = &parts->customer.contacts[parts->at];
        if (column == 1)
            sqlite3_result_text(
                context, contact->value, (int)contact->value_bytes, SQLITE_TRANSIENT);
        else
            sqlite3_result_int64(context, column == 0 ? contact->kind : contact->first_seen_at);
        break;
    default:
        block = &parts->customer.blocks[parts->at / 2];
        if (column == 0)
            sqlite3_result_int64(context, parts->at % 2 == 0 ? block->from : block->until);
        else
            sqlite3_result_int64(context, (int64_t)(parts->at % 2) + 1);
        break;
    }
    return SQLITE_OK;
}

static int row_number(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
    *out = (sqlite3_int64)((const parts_cursor *)base)->at;
    return SQLITE_OK;
}

khach_index_status khach__parts_register(khach_index *index)
{
    static const sqlite3_module module = {
        .xConnect = connect_parts,
        .xBestIndex = plan_parts,
        .xDisconnect = disconnect_parts,
        .xOpen = open_parts,
        .xClose = close_parts,
        .xFilter = filter_parts,
        .xNext = next_part,
        .xEof = is_at_end,
        .xColumn = read_part,
        .xRowid = row_number,
    };

    if (sqlite3_create_module(index->db, "khach_parts", &module, NULL) != SQLITE_OK)
        return khach__index_failure(index->db);
    return KHACH_INDEX_OK;
}
