/* The bare loop beside which the store is measured: the same rows, the same indexes, the same
 * commits, and nothing else. No look-ups, no rules, no encoding.
 *
 *   store_loop PATH INTERACTIONS BATCH
 *
 * Some interactions are by a new customer, the others by one of those before; a customer is
 * written once per commit, and keys of events are written late and in order. The schema is a copy
 * of Sources/KhachSQLite/Schemas and of clients/c/index/src/schema.c, as far as these interactions
 * fill it, but for day_counts, which the loop leaves out: the store does more. */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGES 8
#define RECORD_BYTES 134
#define FACTS_BYTES 52
#define EPOCH_MS 1750000000000LL

static const char schema[] =
    "CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), generation BLOB NOT NULL,"
    " sealing_key BLOB NOT NULL, last_identifier INTEGER NOT NULL, schema_epoch INTEGER NOT NULL,"
    " keyed_up_to INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE TABLE businesses (id INTEGER PRIMARY KEY, name TEXT NOT NULL, time_zone TEXT NOT NULL,"
    " locale TEXT NOT NULL, created_at INTEGER NOT NULL, head INTEGER NOT NULL,"
    " customers INTEGER NOT NULL, seq INTEGER NOT NULL, record BLOB NOT NULL) STRICT;"
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, business_id INTEGER NOT NULL,"
    " page_id INTEGER NOT NULL, traits INTEGER NOT NULL, created_at INTEGER NOT NULL,"
    " first_recorded_at INTEGER NOT NULL, first_inbound_at INTEGER NOT NULL,"
    " last_inbound_at INTEGER NOT NULL, name_folded TEXT NOT NULL, seq INTEGER NOT NULL,"
    " record BLOB NOT NULL, facts BLOB NOT NULL, last_interaction INTEGER NOT NULL) STRICT;"
    "CREATE INDEX customers_by_id ON customers (business_id);"
    "CREATE INDEX customers_by_seq ON customers (business_id, seq);"
    "CREATE INDEX by_created ON customers (business_id, created_at, id, page_id, traits);"
    "CREATE INDEX by_page_created ON customers (page_id, traits, created_at);"
    "CREATE INDEX by_page_inbound ON customers (page_id, traits, last_inbound_at, id, created_at,"
    " name_folded);"
    "CREATE INDEX by_name ON customers (business_id, name_folded);"
    "CREATE INDEX by_first_recorded ON customers (business_id, first_recorded_at, page_id);"
    "CREATE INDEX by_first_inbound ON customers (business_id, first_inbound_at, page_id);"
    "CREATE TABLE customer_counts (business_id INTEGER NOT NULL, page_id INTEGER NOT NULL,"
    " traits INTEGER NOT NULL, customers INTEGER NOT NULL,"
    " PRIMARY KEY (business_id, page_id, traits)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE name_tokens (business_id INTEGER NOT NULL, token TEXT NOT NULL,"
    " customer_id INTEGER NOT NULL, name_folded TEXT NOT NULL,"
    " PRIMARY KEY (business_id, token, customer_id)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE token_counts (business_id INTEGER NOT NULL, token TEXT NOT NULL,"
    " customers INTEGER NOT NULL, PRIMARY KEY (business_id, token)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE customer_days (business_id INTEGER NOT NULL, day INTEGER NOT NULL,"
    " created_at INTEGER NOT NULL, customer_id INTEGER NOT NULL, facts BLOB NOT NULL,"
    " PRIMARY KEY (business_id, day, created_at, customer_id)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE identities (page_id INTEGER NOT NULL, id_kind INTEGER NOT NULL,"
    " external_user_id TEXT NOT NULL, customer_id INTEGER NOT NULL,"
    " PRIMARY KEY (page_id, id_kind, external_user_id)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE interactions (id INTEGER PRIMARY KEY, page_id INTEGER NOT NULL,"
    " event_key TEXT NOT NULL, customer_id INTEGER, direction INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, conversation_key TEXT NOT NULL, post_id TEXT NOT NULL,"
    " occurred_first INTEGER, occurred_last INTEGER, received_at INTEGER NOT NULL,"
    " revision INTEGER NOT NULL, state INTEGER NOT NULL, text TEXT NOT NULL, pending_names BLOB,"
    " contact_count INTEGER NOT NULL, ignored INTEGER NOT NULL, previous_id INTEGER NOT NULL)"
    " STRICT;"
    "CREATE INDEX interactions_by_comment ON interactions (customer_id, post_id, occurred_first)"
    " WHERE kind = 2 AND customer_id IS NOT NULL;"
    "CREATE TABLE event_keys (page_id INTEGER NOT NULL, event_key TEXT NOT NULL,"
    " interaction_id INTEGER NOT NULL, PRIMARY KEY (page_id, event_key)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE contact_observations (interaction_id INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " value TEXT NOT NULL, customer_id INTEGER, byte_start INTEGER NOT NULL,"
    " byte_end INTEGER NOT NULL, rule TEXT NOT NULL, detector_version TEXT NOT NULL,"
    " PRIMARY KEY (interaction_id, kind, value)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX contact_observations_by_customer ON contact_observations"
    " (customer_id, kind, value) WHERE customer_id IS NOT NULL;"
    "INSERT INTO meta VALUES (1, zeroblob(16), zeroblob(32), 0, 1, 0);"
    "INSERT INTO businesses VALUES (1, 'B', 'Asia/Ho_Chi_Minh', 'vi', 0, 9, 0, 1, zeroblob(60));";

static const char settings[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16000;"
    "PRAGMA cache_size = -65536; PRAGMA mmap_size = 1073741824;"
    "PRAGMA journal_size_limit = 67108864; PRAGMA cell_size_check = ON;"
    "PRAGMA secure_delete = ON;";

static sqlite3 *db;

static void check(int result, int expected) {
    if (result != expected) {
        fprintf(stderr, "SQLite %d expected, %d found: %s\n", expected, result, sqlite3_errmsg(db));
        exit(1);
    }
}

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    check(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL), SQLITE_OK);
    return statement;
}

static void run(sqlite3_stmt *statement) {
    check(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_reset(statement);
}

static uint64_t state = 1;

static uint64_t next(void) {
    uint64_t mixed = state += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

static double seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

#define GATHERED_MAX 65536
#define KEY_BYTES 48

struct key {
    int64_t page;
    int64_t interaction;
    char text[KEY_BYTES];
};

static struct key *gathered, *sorted; /* those that come, and those that are being written */
static size_t gathered_count, sorted_count, written_count;

static int compare_keys(const void *left, const void *right) {
    const struct key *a = left, *b = right;
    return a->page != b->page ? (a->page > b->page) - (a->page < b->page)
                              : strcmp(a->text, b->text);
}

/* Writes two keys for each that came, in the order of their table. */
static void write_keys(size_t come) {
    static sqlite3_stmt *insert, *whole;
    int64_t last = 0;
    if (insert == NULL) {
        insert = prepare("INSERT INTO event_keys VALUES (?1, ?2, ?3)");
        whole = prepare("UPDATE meta SET keyed_up_to = ?1 WHERE id = 1");
    }
    if (sorted_count == 0) return;
    for (size_t i = 0; i < 2 * come && written_count < sorted_count; i++, written_count++) {
        sqlite3_bind_int64(insert, 1, sorted[written_count].page);
        sqlite3_bind_text(insert, 2, sorted[written_count].text, -1, SQLITE_STATIC);
        sqlite3_bind_int64(insert, 3, sorted[written_count].interaction);
        run(insert);
    }
    if (written_count < sorted_count) return;
    for (size_t i = 0; i < sorted_count; i++)
        if (sorted[i].interaction > last) last = sorted[i].interaction;
    sqlite3_bind_int64(whole, 1, last);
    run(whole);
    sorted_count = 0;
}

/* What was gathered is sorted once it is enough, and then written with the commits that follow. */
static void turn_keys(void) {
    struct key *swapped = sorted;
    if (sorted_count > 0 || gathered_count < GATHERED_MAX) return;
    qsort(gathered, gathered_count, sizeof *gathered, compare_keys);
    sorted = gathered;
    sorted_count = gathered_count;
    gathered = swapped;
    gathered_count = written_count = 0;
}

struct customer {
    int64_t created_ms;
    int64_t last_interaction;
    uint64_t batch; /* the last one that touched it, from 1 */
    int stored;
};

static void bind_customer(sqlite3_stmt *statement, int64_t user, int64_t seq, int64_t last_ms,
                          const struct customer *customer) {
    static const char record[RECORD_BYTES];
    char name[40];
    int name_bytes = snprintf(name, sizeof name, "nguyen thi %lld", (long long)user);
    sqlite3_bind_int64(statement, 1, (EPOCH_MS << 20) + user);
    sqlite3_bind_int64(statement, 2, seq);
    sqlite3_bind_int64(statement, 4, last_ms);
    sqlite3_bind_blob(statement, 8, record, RECORD_BYTES, SQLITE_STATIC);
    sqlite3_bind_blob(statement, 9, record, FACTS_BYTES, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 5, customer->last_interaction);
    if (customer->stored) return;
    sqlite3_bind_int64(statement, 3, customer->created_ms);
    sqlite3_bind_text(statement, 6, name, name_bytes, SQLITE_TRANSIENT);
    sqlite3_bind_int64(statement, 7, 1);
}

/* What is derived of a new customer: its count, its words, its first day. */
static void derive(int64_t user, int64_t page, int64_t created_ms) {
    static sqlite3_stmt *count, *token, *token_count, *day;
    char name[40], last[24];
    if (count == NULL) {
        count = prepare("INSERT INTO customer_counts VALUES (1, ?1, 1, 1)"
                        " ON CONFLICT DO UPDATE SET customers = customers + 1");
        token = prepare("INSERT INTO name_tokens VALUES (1, ?1, ?2, ?3)");
        token_count = prepare("INSERT INTO token_counts VALUES (1, ?1, 1)"
                              " ON CONFLICT DO UPDATE SET customers = customers + 1");
        day = prepare("INSERT INTO customer_days VALUES (1, ?1, ?2, ?3, zeroblob(27))");
    }
    sqlite3_bind_int64(count, 1, page);
    run(count);
    snprintf(name, sizeof name, "nguyen thi %lld", (long long)user);
    snprintf(last, sizeof last, "%lld", (long long)user);
    const char *words[] = {"nguyen", "thi", last};
    for (int i = 0; i < 3; i++) {
        sqlite3_bind_text(token, 1, words[i], -1, SQLITE_STATIC);
        sqlite3_bind_int64(token, 2, (EPOCH_MS << 20) + user);
        sqlite3_bind_text(token, 3, name, -1, SQLITE_STATIC);
        run(token);
        sqlite3_bind_text(token_count, 1, words[i], -1, SQLITE_STATIC);
        run(token_count);
    }
    sqlite3_bind_int64(day, 1, created_ms / 86400000);
    sqlite3_bind_int64(day, 2, created_ms);
    sqlite3_bind_int64(day, 3, (EPOCH_MS << 20) + user);
    run(day);
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: store_loop PATH INTERACTIONS BATCH INTERACTIONS_PER_CUSTOMER\n");
        return 2;
    }
    uint64_t count = strtoull(argv[2], NULL, 10);
    uint64_t batch_max = strtoull(argv[3], NULL, 10);
    uint64_t per_customer = strtoull(argv[4], NULL, 10);
    if (count == 0 || batch_max == 0 || per_customer == 0) return 2;
    struct customer *customers = calloc(count, sizeof *customers);
    uint64_t *touched = calloc(batch_max, sizeof *touched);
    gathered = calloc(2 * GATHERED_MAX + 2 * batch_max, sizeof *gathered);
    sorted = calloc(2 * GATHERED_MAX + 2 * batch_max, sizeof *sorted);
    if (customers == NULL || touched == NULL || gathered == NULL || sorted == NULL) return 1;
    check(sqlite3_open(argv[1], &db), SQLITE_OK);
    check(sqlite3_exec(db, settings, NULL, NULL, NULL), SQLITE_OK);
    check(sqlite3_exec(db, schema, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_stmt *begin = prepare("BEGIN IMMEDIATE");
    sqlite3_stmt *commit = prepare("COMMIT");
    sqlite3_stmt *head = prepare("UPDATE businesses SET head = ?1, customers = ?2 WHERE id = 1");
    sqlite3_stmt *last_id = prepare("UPDATE meta SET last_identifier = ?1 WHERE id = 1");
    sqlite3_stmt *identity = prepare("INSERT INTO identities VALUES (?1, 1, ?2, ?3)");
    sqlite3_stmt *interaction = prepare(
        "INSERT INTO interactions (page_id, event_key, customer_id, direction, kind,"
        " conversation_key, post_id, occurred_first, occurred_last, received_at, revision, state,"
        " text, contact_count, ignored, previous_id)"
        " VALUES (?1, ?2, ?3, ?4, ?9, ?5, ?10, ?6, ?6, ?7, 0, 1, ?8, 0, 0, ?11)");
    sqlite3_stmt *insert = prepare(
        "INSERT INTO customers (id, seq, first_inbound_at, last_inbound_at, name_folded, traits,"
        " record, facts, created_at, business_id, page_id, first_recorded_at, last_interaction)"
        " VALUES (?1, ?2, ?3, ?4, ?6, ?7, ?8, ?9, ?10, 1, ?11, ?10, ?5)");
    sqlite3_stmt *update = prepare(
        "UPDATE customers SET seq = ?2, last_inbound_at = ?4, record = ?8, facts = ?9,"
        " last_interaction = ?5 WHERE id = ?1");
    static const char text[] = "Shop oi cho minh hoi gia cai nay bao nhieu, con hang khong a? "
                               "Minh o Ha Noi, ship the nao vay shop nhe";

    uint64_t made = 0, batch = 0;
    int64_t seq = 9;
    double start = seconds();
    for (uint64_t done = 0; done < count;) {
        uint64_t in_batch = count - done < batch_max ? count - done : batch_max;
        uint64_t touched_count = 0;
        int64_t received_ms = EPOCH_MS + (int64_t)(done + in_batch) * 10;
        batch++;
        run(begin);
        for (uint64_t i = 0; i < in_batch; i++, done++) {
            uint64_t user = made == 0 || next() % per_customer == 0 ? made++ : next() % made;
            int64_t occurred_ms = EPOCH_MS + (int64_t)done * 10;
            char conversation[32];
            bool is_comment = next() % 4 == 0;
            struct key *key = &gathered[gathered_count++];
            int key_bytes = snprintf(key->text, sizeof key->text, "m_%016llx%016llx",
                                     (unsigned long long)next(), (unsigned long long)done);
            int conversation_bytes = snprintf(conversation, sizeof conversation, "t_2450%llu",
                                              1000000000000ull + (unsigned long long)user);
            key->page = (EPOCH_MS << 20) - 8 + (int64_t)(user % PAGES);
            sqlite3_bind_int64(interaction, 1, key->page);
            sqlite3_bind_text(interaction, 2, key->text, key_bytes, SQLITE_STATIC);
            sqlite3_bind_int64(interaction, 3, (EPOCH_MS << 20) + (int64_t)user);
            sqlite3_bind_int64(interaction, 4, next() % 4 == 0 ? 2 : 1);
            sqlite3_bind_text(interaction, 5, conversation, conversation_bytes, SQLITE_STATIC);
            sqlite3_bind_int64(interaction, 6, occurred_ms);
            sqlite3_bind_int64(interaction, 7, received_ms);
            sqlite3_bind_text(interaction, 8, text, sizeof text - 1, SQLITE_STATIC);
            sqlite3_bind_int64(interaction, 9, is_comment ? 2 : 1);
            sqlite3_bind_text(interaction, 10, is_comment ? conversation : "", -1, SQLITE_STATIC);
            sqlite3_bind_int64(interaction, 11, customers[user].last_interaction);
            run(interaction);
            key->interaction = customers[user].last_interaction = sqlite3_last_insert_rowid(db);
            if (customers[user].batch != batch) {
                if (!customers[user].stored) customers[user].created_ms = occurred_ms;
                customers[user].batch = batch;
                touched[touched_count++] = user;
            }
        }
        for (uint64_t i = 0; i < touched_count; i++) {
            int64_t user = (int64_t)touched[i];
            struct customer *customer = &customers[user];
            sqlite3_stmt *statement = customer->stored ? update : insert;
            bind_customer(statement, user, ++seq, received_ms, customer);
            if (!customer->stored) {
                char name[32];
                int bytes = snprintf(name, sizeof name, "2450%lld", 1000000000000ll + user);
                int64_t page = (EPOCH_MS << 20) - 8 + user % PAGES;
                sqlite3_bind_int64(insert, 10, customer->created_ms);
                sqlite3_bind_int64(insert, 11, page);
                sqlite3_bind_int64(identity, 1, page);
                sqlite3_bind_text(identity, 2, name, bytes, SQLITE_STATIC);
                sqlite3_bind_int64(identity, 3, (EPOCH_MS << 20) + user);
                run(identity);
                derive(user, page, customer->created_ms);
                customer->stored = 1;
            }
            run(statement);
        }
        write_keys(in_batch);
        sqlite3_bind_int64(head, 1, seq);
        sqlite3_bind_int64(head, 2, (int64_t)made);
        run(head);
        sqlite3_bind_int64(last_id, 1, (EPOCH_MS << 20) + (int64_t)made);
        run(last_id);
        run(commit);
        turn_keys();
    }
    double elapsed = seconds() - start;
    printf("{\"name\":\"store_loop\",\"interactions\":%llu,\"customers\":%llu,\"batch\":%llu,"
           "\"interactions_per_second\":%.0f}\n",
           (unsigned long long)count, (unsigned long long)made, (unsigned long long)batch_max,
           (double)count / elapsed);
    return 0;
}
