/* The derived tables, the indexes on the table of customers, and how both are filled. */

#include "daily.h"

#include <string.h>

/* A change of any of these is a new layout of the server's file and of the cache's: both say so in
 * their own version, and both have a step that leads there. */
static const char tables[] =
    "CREATE TABLE customer_counts("
    "  business_id INTEGER NOT NULL, page_id INTEGER NOT NULL, traits INTEGER NOT NULL,"
    "  customers INTEGER NOT NULL, PRIMARY KEY (business_id, page_id, traits))"
    "  STRICT, WITHOUT ROWID;"
    /* Words and signs (🌸) of names. Without the last message: a new one must not rewrite a row for
     * each. */
    "CREATE TABLE name_tokens("
    "  business_id INTEGER NOT NULL, token TEXT NOT NULL, customer_id INTEGER NOT NULL,"
    "  name_folded TEXT NOT NULL, PRIMARY KEY (business_id, token, customer_id))"
    "  STRICT, WITHOUT ROWID;"
    /* How many rows of name_tokens a token has. */
    "CREATE TABLE token_counts("
    "  business_id INTEGER NOT NULL, token TEXT NOT NULL, customers INTEGER NOT NULL,"
    "  PRIMARY KEY (business_id, token)) STRICT, WITHOUT ROWID;"
    /* The day before with the same kind of activity makes what is distinct in a range countable:
     * those whose day before is before the range. Each day is in the order of lists. What it says
     * of a customer is one value, so that most rows are refused where they are: day_facts.c. */
    "CREATE TABLE customer_days("
    "  business_id INTEGER NOT NULL, day INTEGER NOT NULL, created_at INTEGER NOT NULL,"
    "  customer_id INTEGER NOT NULL, facts BLOB NOT NULL,"
    "  PRIMARY KEY (business_id, day, created_at, customer_id))"
    "  STRICT, WITHOUT ROWID;"
    /* What the rows of a day say of a page, added up: see daily.c. */
    "CREATE TABLE day_counts("
    "  business_id INTEGER NOT NULL, day INTEGER NOT NULL, page_id INTEGER NOT NULL,"
    "  counts BLOB NOT NULL, PRIMARY KEY (business_id, day, page_id)) STRICT, WITHOUT ROWID;"
    /* `is_first` marks the one row of a page's value with its first time. */
    "CREATE TABLE contact_values("
    "  page_id INTEGER NOT NULL, kind INTEGER NOT NULL, value TEXT NOT NULL,"
    "  first_seen_at INTEGER NOT NULL, customer_id INTEGER NOT NULL,"
    "  business_id INTEGER NOT NULL, is_first INTEGER NOT NULL,"
    "  PRIMARY KEY (page_id, kind, value, first_seen_at, customer_id)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX contact_values_by_first"
    "  ON contact_values(business_id, first_seen_at, page_id, kind, is_first) WHERE is_first = 1;"
    /* `kind` is 1 where a block began and 2 where it ended. */
    "CREATE TABLE block_events("
    "  business_id INTEGER NOT NULL, at INTEGER NOT NULL, customer_id INTEGER NOT NULL,"
    "  kind INTEGER NOT NULL, page_id INTEGER NOT NULL,"
    "  PRIMARY KEY (business_id, at, customer_id, kind)) STRICT, WITHOUT ROWID;";

/* The id is named before what is only there to be read without the row, so that customers of one
 * millisecond are in order too. */
static const char indexes[] =
    "CREATE INDEX $_by_created ON $(business_id, created_at, id, page_id, traits);"
    "CREATE INDEX $_by_page_created ON $(page_id, traits, created_at);"
    "CREATE INDEX $_by_page_inbound"
    "  ON $(page_id, traits, last_inbound_at, id, created_at, name_folded);"
    "CREATE INDEX $_by_name ON $(business_id, name_folded);"
    "CREATE INDEX $_by_first_recorded ON $(business_id, first_recorded_at, page_id);"
    "CREATE INDEX $_by_first_inbound ON $(business_id, first_inbound_at, page_id);";

/* Each sort keeps the inserts in key order: a tree is written once, from left to right. */
static const char rebuild[] =
    "INSERT INTO customer_counts"
    " SELECT business_id, page_id, traits, count(*) FROM $ GROUP BY 1, 2, 3;"
    "INSERT OR IGNORE INTO name_tokens"
    " SELECT business_id, one, id, name_folded FROM ("
    "  SELECT business_id, part.one AS one, id, name_folded"
    "   FROM $ CROSS JOIN khach_parts(1, name_folded) AS part"
    "  UNION ALL SELECT business_id, part.one, id, name_folded"
    "   FROM $ CROSS JOIN khach_parts(5, record) AS part) ORDER BY 1, 2, 3;"
    "INSERT INTO token_counts"
    " SELECT business_id, token, count(*) FROM name_tokens GROUP BY 1, 2;"
    "INSERT INTO customer_days"
    " SELECT business_id, part.one, created_at, id, part.two"
    " FROM $ CROSS JOIN khach_parts(2, record, name_folded) AS part ORDER BY 1, 2, 3, 4;"
    "INSERT INTO contact_values"
    " SELECT page_id, kind, value, first_seen_at, id, business_id, 1 = row_number()"
    "  OVER (PARTITION BY page_id, kind, value ORDER BY first_seen_at, id)"
    " FROM (SELECT page_id, part.one AS kind, part.two AS value, part.three AS first_seen_at,"
    "  id, business_id FROM $ CROSS JOIN khach_parts(3, record) AS part);"
    "INSERT OR IGNORE INTO block_events"
    " SELECT business_id, part.one, id, part.two, page_id"
    " FROM $ CROSS JOIN khach_parts(4, record) AS part ORDER BY 1, 2, 3, 4;";

khach_index_status khach__index_failure(sqlite3 *db)
{
    switch (sqlite3_extended_errcode(db)) {
    case SQLITE_NOMEM:
    case SQLITE_IOERR_NOMEM:
    /* The database has not failed: the text of a statement had no memory. */
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return KHACH_INDEX_MEMORY;
    case SQLITE_INTERRUPT:
        return KHACH_INDEX_INTERRUPTED;
    default:
        return KHACH_INDEX_DATABASE;
    }
}

khach_index_status khach__index_execute(sqlite3 *db, const char *table, const char *sql)
{
    sqlite3_str *text = sqlite3_str_new(db);
    char *whole;
    khach_index_status status = KHACH_INDEX_OK;

    for (const char *at = sql; *at != '\0'; at++) {
        if (*at == '$')
            sqlite3_str_appendall(text, table);
        else
            sqlite3_str_appendchar(text, 1, *at);
    }
    whole = sqlite3_str_finish(text);
    if (whole == NULL)
        return KHACH_INDEX_MEMORY;
    if (sqlite3_exec(db, whole, NULL, NULL, NULL) != SQLITE_OK)
        status = khach__index_failure(db);
    sqlite3_free(whole);
    return status;
}

khach_index_status khach_index_create_tables(sqlite3 *db)
{
    return khach__index_execute(db, "", tables);
}

khach_index_status khach_index_create_indexes(sqlite3 *db, const char *table)
{
    return khach__index_execute(db, table, indexes);
}

khach_index_status khach_index_clear(khach_index *index)
{
    static const char sql[] = "DELETE FROM customer_counts; DELETE FROM name_tokens;"
                              "DELETE FROM token_counts; DELETE FROM customer_days;"
                              "DELETE FROM day_counts;"
                              "DELETE FROM contact_values; DELETE FROM block_events;";

    return khach__index_execute(index->db, index->table, sql);
}

khach_index_status khach_index_rebuild(khach_index *index)
{
    khach_index_status status = khach__index_execute(index->db, index->table, rebuild);

    return status != KHACH_INDEX_OK ? status : khach__daily_fill(index);
}
