/*
 * The comparator of a first sync: a bare loop that inserts rows of the cache's columns, with the
 * cache's indexes, in transactions of the cache's size, and then derives what it does.
 * No network, no protobuf, no folding.
 *
 *   cc -O2 -o cache_loop cache_loop.c -lsqlite3
 *   cache_loop PATH ROWS ROWS_PER_TRANSACTION
 */

#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RECORD_BYTES 119 /* as fake_feed makes them, on average */

static const char schema[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0;"
    "PRAGMA cache_size = -12288; PRAGMA secure_delete = ON;"
    "CREATE TABLE sync_state(one INTEGER PRIMARY KEY, cursor BLOB, seq INTEGER);"
    "INSERT INTO sync_state VALUES (1, x'', 0);"
    "CREATE TABLE base_customers("
    "  id INTEGER PRIMARY KEY, business_id INTEGER NOT NULL DEFAULT 0, page_id INTEGER NOT NULL,"
    "  traits INTEGER NOT NULL, created_at INTEGER NOT NULL, first_recorded_at INTEGER NOT NULL,"
    "  first_inbound_at INTEGER NOT NULL, last_inbound_at INTEGER NOT NULL,"
    "  name_folded TEXT NOT NULL, record BLOB NOT NULL, seq INTEGER NOT NULL,"
    "  epoch INTEGER NOT NULL);"
    "CREATE TABLE customer_counts("
    "  business_id INTEGER, page_id INTEGER, traits INTEGER, customers INTEGER,"
    "  PRIMARY KEY (business_id, page_id, traits)) WITHOUT ROWID;"
    "CREATE TABLE name_tokens("
    "  business_id INTEGER, token TEXT, customer_id INTEGER, name_folded TEXT,"
    "  PRIMARY KEY (business_id, token, customer_id)) WITHOUT ROWID;"
    "CREATE TABLE token_counts("
    "  business_id INTEGER, token TEXT, customers INTEGER, PRIMARY KEY (business_id, token))"
    "  WITHOUT ROWID;"
    "CREATE TABLE contact_values("
    "  page_id INTEGER, kind INTEGER, value TEXT, first_seen_at INTEGER, customer_id INTEGER,"
    "  business_id INTEGER, is_first INTEGER,"
    "  PRIMARY KEY (page_id, kind, value, first_seen_at, customer_id)) WITHOUT ROWID;";

/* What clients/c/index makes at the end of a first pass; fake_feed's customers have no days. */
static const char index_all[] =
    "BEGIN;"
    "CREATE INDEX by_created ON base_customers(business_id, created_at, id, page_id, traits);"
    "CREATE INDEX by_page_created ON base_customers(page_id, traits, created_at);"
    "CREATE INDEX by_page_inbound ON base_customers"
    "  (page_id, traits, last_inbound_at, id, created_at, name_folded);"
    "CREATE INDEX by_name ON base_customers(business_id, name_folded);"
    "CREATE INDEX by_first_recorded ON base_customers(business_id, first_recorded_at, page_id);"
    "CREATE INDEX by_first_inbound ON base_customers(business_id, first_inbound_at, page_id);"
    "INSERT INTO customer_counts"
    " SELECT business_id, page_id, traits, count(*) FROM base_customers GROUP BY 1, 2, 3;"
    "INSERT OR IGNORE INTO name_tokens"
    " SELECT business_id, token.value, base_customers.id, name_folded FROM base_customers,"
    " json_each('[\"' || replace(name_folded, ' ', '\",\"') || '\"]') AS token"
    " WHERE name_folded <> '' ORDER BY 1, 2, 3;"
    "INSERT INTO token_counts"
    " SELECT business_id, token, count(*) FROM name_tokens GROUP BY 1, 2;"
    "INSERT INTO contact_values"
    " SELECT page_id, 1, '+84912345678', 0, id, business_id, 0 FROM base_customers"
    " ORDER BY 1, 2, 3, 4, 5;"
    "COMMIT; PRAGMA wal_checkpoint(PASSIVE);";

static void must(sqlite3 *db, int is_good)
{
    if (is_good)
        return;
    fprintf(stderr, "%s\n", sqlite3_errmsg(db));
    exit(1);
}

static double seconds_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The same names as clients/c/tests/fake_feed.c sends, folded. */
static void make_name(char *out, size_t room, uint64_t number)
{
    static const char *const last[] = {"nguyen", "tran", "le", "pham", "hoang", "phan", "vu",
        "dang", "bui", "do", "ho", "ngo", "duong", "ly"};
    static const char *const middle[] = {"van", "thi", "minh", "ngoc", "thanh", "duc", "huu"};
    static const char *const first[] = {"an", "anh", "bao", "chau", "dung", "dao", "giang", "ha",
        "hieu", "hung", "huong", "khang", "khanh", "lan", "linh", "long", "mai", "nam", "nga",
        "phuong", "quan", "son", "thao", "trang", "tuan", "uyen", "yen"};
    uint64_t mixed = number * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);

    mixed ^= mixed >> 29;
    (void)snprintf(out, room, "%s %s %s %d", last[mixed % 14], middle[mixed / 14 % 7],
        first[mixed / 98 % 27], (int)(mixed / 2646 % 1000));
}

static void insert(sqlite3_stmt *row, uint64_t i, const uint8_t *record)
{
    char name[64];
    int64_t customer = (int64_t)((UINT64_C(1700000000000) + i) << 20);

    make_name(name, sizeof(name), i);
    (void)sqlite3_bind_int64(row, 1, customer);
    (void)sqlite3_bind_int64(row, 2, (int64_t)(i % 20 + 1));
    (void)sqlite3_bind_int64(row, 3, 65);
    (void)sqlite3_bind_int64(row, 4, (int64_t)(1600000000000 + i * 1000));
    (void)sqlite3_bind_int64(row, 5, 0);
    (void)sqlite3_bind_int64(row, 6, 0);
    (void)sqlite3_bind_int64(row, 7, (int64_t)(1600000000000 + i * 1000));
    (void)sqlite3_bind_text(row, 8, name, -1, SQLITE_STATIC);
    (void)sqlite3_bind_blob(row, 9, record, RECORD_BYTES, SQLITE_STATIC);
    (void)sqlite3_bind_int64(row, 10, (int64_t)i + 1);
}

int main(int argc, char **argv)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    uint8_t record[RECORD_BYTES];
    uint64_t rows;
    uint64_t per_transaction;
    double begun;
    double inserted, seconds;

    if (argc != 4) {
        fprintf(stderr, "usage: cache_loop PATH ROWS ROWS_PER_TRANSACTION\n");
        return 2;
    }
    rows = strtoull(argv[2], NULL, 10);
    per_transaction = strtoull(argv[3], NULL, 10);
    for (size_t i = 0; i < RECORD_BYTES; i++)
        record[i] = (uint8_t)(i * 37);

    must(NULL, per_transaction > 0);
    must(db, sqlite3_open(argv[1], &db) == SQLITE_OK);
    must(db, sqlite3_exec(db, schema, NULL, NULL, NULL) == SQLITE_OK);
    must(db, sqlite3_prepare_v2(db, "INSERT INTO base_customers VALUES"
                           " (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1)", -1,
                 &row, NULL) == SQLITE_OK);
    begun = seconds_now();
    for (uint64_t i = 0; i < rows; i++) {
        if (i % per_transaction == 0)
            must(db, sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
        insert(row, i, record);
        must(db, sqlite3_step(row) == SQLITE_DONE);
        (void)sqlite3_reset(row);
        if (i % per_transaction == per_transaction - 1 || i == rows - 1)
            must(db, sqlite3_exec(db, "UPDATE sync_state SET seq = seq + 1; COMMIT", NULL, NULL,
                         NULL) == SQLITE_OK);
        if (i % (per_transaction * 20) == per_transaction * 20 - 1)
            must(db, sqlite3_exec(db, "PRAGMA wal_checkpoint(PASSIVE)", NULL, NULL, NULL)
                    == SQLITE_OK);
    }
    inserted = seconds_now();
    must(db, sqlite3_exec(db, index_all, NULL, NULL, NULL) == SQLITE_OK);
    seconds = seconds_now() - begun;
    printf("{\"name\":\"cache_loop\",\"rows\":%llu,\"seconds\":%.3f,"
           "\"rows_per_second\":%.0f,\"rows_per_second_without_names\":%.0f}\n",
        (unsigned long long)rows, seconds, (double)rows / seconds,
        (double)rows / (inserted - begun));
    (void)sqlite3_finalize(row);
    (void)sqlite3_close(db);
    return 0;
}
