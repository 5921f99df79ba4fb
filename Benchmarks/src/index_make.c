/*
 * Makes a file of customers as the index of clients/c/index has them, without a server: for the
 * figures of lists, search and statistics (index_ask.c).
 *
 *   index_make PATH CUSTOMERS [PAGES]
 *
 * One business of 50 pages (or PAGES) on six channels over 24 months; names, phones and days in the
 * shares of the samples (Sources/KhachCommands/Sample).
 */

#include "khach_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUSINESS 1
#define FIRST_MS INT64_C(1704067200000) /* 2024-01-01 */
#define DAY_MS INT64_C(86400000)
#define DAYS 730

static uint64_t state = 42;
static size_t pages_count = 50;

static uint64_t next(void)
{
    uint64_t mixed = state += UINT64_C(0x9E3779B97F4A7C15);

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ mixed >> 31;
}

static size_t pick(size_t count) { return (size_t)(next() % count); }

typedef struct weighted {
    const char *text;
    int weight; /* of 1000 */
} weighted;

static const weighted surnames[] = {{"Nguyễn", 384}, {"Trần", 110}, {"Lê", 95}, {"Phạm", 71},
    {"Hoàng", 26}, {"Huỳnh", 25}, {"Phan", 45}, {"Vũ", 19}, {"Võ", 20}, {"Đặng", 21}, {"Bùi", 20},
    {"Đỗ", 14}, {"Hồ", 13}, {"Ngô", 13}, {"Dương", 10}, {"Lý", 5}, {"Đinh", 12}, {"Trịnh", 12},
    {"Trương", 12}, {"Đoàn", 12}, {"Mai", 12}, {"Lương", 12}, {"Lâm", 12}, {"Tô", 12}, {"Cao", 13}};
static const weighted middles[] = {{"Thị", 300}, {"Văn", 130}, {"Ngọc", 90}, {"Thanh", 80},
    {"Minh", 80}, {"Thu", 50}, {"Kim", 50}, {"Đức", 50}, {"Hồng", 50}, {"Quốc", 40}, {"Bích", 40},
    {"Phương", 40}};
static const char *const givens[] = {"Linh", "Trang", "Hương", "Lan", "Hà", "Hằng", "Thảo",
    "Ngọc", "Anh", "Nhung", "Phương", "Yến", "Vy", "My", "Trâm", "Thư", "Ngân", "Nhi", "Quỳnh",
    "Duyên", "Hạnh", "Hoa", "Mai", "Loan", "Thuỷ", "Tuyết", "Oanh", "Xuân", "Châu", "Đào", "Giang",
    "Hiền", "Huyền", "Khánh", "Kiều", "Liên", "Ly", "Nga", "Nguyệt", "Như", "Tâm", "Thắm", "Thương",
    "Tiên", "Uyên", "Vân", "Tuấn", "Hùng", "Dũng", "Minh", "Nam", "Hải", "Long", "Đức", "Huy",
    "Khoa", "Phúc", "Quang", "Sơn", "Thành", "Thắng", "Tùng", "Trung", "Việt", "Vinh", "Bảo",
    "Cường", "Đạt", "Duy", "Hiếu", "Hoàng", "Khang", "Kiên", "Lâm", "Nghĩa", "Nhân", "Phong"};

static const char *weigh(const weighted *list, size_t count)
{
    int left = (int)pick(1000);

    for (size_t i = 0; i < count; i++) {
        left -= list[i].weight;
        if (left < 0)
            return list[i].text;
    }
    return list[0].text;
}

#define WEIGH(list) weigh(list, sizeof(list) / sizeof(list[0]))

static void make_name(char *out, size_t room)
{
    const char *last = WEIGH(surnames);
    const char *middle = WEIGH(middles);
    const char *first = givens[pick(sizeof(givens) / sizeof(givens[0]))];
    size_t form = pick(100);
    char *folded = NULL;
    size_t bytes = 0;

    if (form < 61)
        (void)snprintf(out, room, "%s %s %s", last, middle, first);
    else if (form < 75)
        (void)snprintf(out, room, "%s %s", first, last);
    else if (form < 83)
        (void)snprintf(out, room, "%s %s", middle, first);
    else if (form < 90)
        (void)snprintf(out, room, "Shop %s %d", first, (int)pick(400));
    else if (form < 96)
        (void)snprintf(out, room, "user%d", (int)pick(900000));
    else
        (void)snprintf(out, room, "%s 🌸", first);
    if (form < 17 && khach_text_fold(&folded, &bytes, out, strlen(out)) == 0) {
        (void)snprintf(out, room, "%s", folded);
        khach_text_free(folded);
    }
}

/* --- records --- */

typedef struct bytes {
    uint8_t at[4096];
    size_t count;
} bytes;

static void put_number(bytes *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        out->at[out->count++] = (uint8_t)(value | 0x80);
    out->at[out->count++] = (uint8_t)value;
}

static void put_varint(bytes *out, int field, uint64_t value)
{
    if (value == 0)
        return;
    put_number(out, (uint64_t)field << 3);
    put_number(out, value);
}

static void put_bytes(bytes *out, int field, const void *content, size_t count)
{
    put_number(out, (uint64_t)field << 3 | 2);
    put_number(out, count);
    memcpy(out->at + out->count, content, count);
    out->count += count;
}

static void put_time(bytes *out, int field, int64_t milliseconds)
{
    bytes time = {.count = 0};

    put_varint(&time, 1, (uint64_t)(milliseconds / 1000));
    put_varint(&time, 2, (uint64_t)(milliseconds % 1000) * 1000000);
    put_bytes(out, field, time.at, time.count);
}

static void put_id(bytes *out, int field, char letter, uint64_t number)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    char id[14];

    id[0] = letter;
    for (int i = 13; i >= 1; i--, number >>= 5)
        id[i] = digits[number & 31];
    put_bytes(out, field, id, sizeof(id));
}

/* Each page has less than the one before; of 50, the first has a fifth of the customers. */
static int64_t make_page(void)
{
    size_t page = 0;

    while (page < pages_count - 1 && pick(pages_count / 10) != 0)
        page++;
    return (int64_t)page + 1;
}

static void make_days(bytes *out, int64_t created, int64_t *last_inbound)
{
    static const int counts[] = {1, 1, 1, 1, 2, 2, 3, 4, 6, 12};
    int count = counts[pick(10)];
    int64_t day = created / DAY_MS;

    for (int i = 0; i < count && day < FIRST_MS / DAY_MS + DAYS; i++) {
        bytes part = {.count = 0};
        size_t kind = pick(100);

        put_varint(&part, 1, (uint64_t)day);
        put_varint(&part, 2, kind < 65);
        put_varint(&part, 3, kind >= 40);
        put_varint(&part, 4, i == 0 && kind < 65);
        put_varint(&part, 5, kind >= 40 ? 1 + pick(2) : 0);
        put_bytes(out, 17, part.at, part.count);
        *last_inbound = i == 0 ? created : day * DAY_MS + (int64_t)pick(86400000);
        day += 1 + (int64_t)(pick(3) == 0 ? pick(90) : pick(5));
    }
}

static void make_record(bytes *out, uint64_t number, uint64_t count)
{
    static const int channels[] = {1, 1, 1, 3, 4, 2, 6, 1, 5, 1};
    int64_t created = FIRST_MS
        + (int64_t)((double)number / (double)count * (double)DAYS * (double)DAY_MS)
        - (pick(20) == 0 ? (int64_t)pick(300) * DAY_MS : 0);
    int64_t page = make_page();
    int64_t last_inbound = created;
    char name[128];
    bytes point = {.count = 0};
    bytes days = {.count = 0};
    size_t status = pick(100);

    make_name(name, sizeof(name));
    out->count = 0;
    put_id(out, 1, 'c', ((uint64_t)FIRST_MS + number) << 20);
    put_id(out, 2, 'p', (uint64_t)page);
    put_varint(out, 3, (uint64_t)channels[page % 10]);
    put_bytes(out, 4, "2450123456789", 13);
    if (status < 95)
        put_bytes(out, 5, name, strlen(name));
    put_varint(out, 6, status < 80 ? 1 : status < 92 ? 2 : status < 95 ? 3 : 4);
    put_varint(out, 7, 45);
    put_time(out, 8, created);
    put_time(out, 9, FIRST_MS + (int64_t)number * 63);
    put_time(out, 10, created);
    make_days(&days, created, &last_inbound);
    put_time(out, 11, last_inbound);
    if (pick(100) < 31) {
        char phone[16];

        (void)snprintf(phone, sizeof(phone), "+849%08d", (int)pick(100000000));
        put_bytes(&point, 1, phone, strlen(phone));
        put_time(&point, 4, created);
        put_bytes(out, 13, point.at, point.count);
    }
    point.count = 0;
    if (pick(1000) < 25) {
        put_bytes(&point, 1, "lan@shop.vn", 11);
        put_time(&point, 4, created);
        put_bytes(out, 14, point.at, point.count);
    }
    point.count = 0;
    if (pick(1000) < 4) {
        bytes interval = {.count = 0};

        put_varint(&point, 1, 3);
        put_time(&interval, 1, last_inbound);
        put_bytes(&point, 6, interval.at, interval.count);
        put_bytes(out, 16, point.at, point.count);
    }
    memcpy(out->at + out->count, days.at, days.count);
    out->count += days.count;
}

static void must(sqlite3 *db, int is_good)
{
    if (is_good)
        return;
    fprintf(stderr, "%s\n", sqlite3_errmsg(db));
    exit(1);
}

static void write_row(sqlite3_stmt *row, khach_index_customer *customer, const bytes *record)
{
    char *folded = NULL;
    size_t folded_bytes = 0;

    if (khach_index_customer_read(customer, record->at, record->count) != KHACH_INDEX_OK
        || khach_text_fold(&folded, &folded_bytes, customer->name, customer->name_bytes) != 0)
        exit(1);
    (void)sqlite3_bind_int64(row, 1, customer->id);
    (void)sqlite3_bind_int64(row, 2, customer->page_id);
    (void)sqlite3_bind_int64(row, 3, customer->traits);
    (void)sqlite3_bind_int64(row, 4, customer->created_at);
    (void)sqlite3_bind_int64(row, 5, customer->first_recorded_at);
    (void)sqlite3_bind_int64(row, 6, customer->first_inbound_at);
    (void)sqlite3_bind_int64(row, 7, customer->last_inbound_at);
    (void)sqlite3_bind_text(row, 8, folded, (int)folded_bytes, SQLITE_STATIC);
    (void)sqlite3_bind_blob(row, 9, record->at, (int)record->count, SQLITE_STATIC);
}

int main(int argc, char **argv)
{
    static const char schema[] =
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144;"
        "CREATE TABLE customers(id INTEGER PRIMARY KEY, business_id INTEGER NOT NULL,"
        " page_id INTEGER NOT NULL, traits INTEGER NOT NULL, created_at INTEGER NOT NULL,"
        " first_recorded_at INTEGER NOT NULL, first_inbound_at INTEGER NOT NULL,"
        " last_inbound_at INTEGER NOT NULL, name_folded TEXT NOT NULL, seq INTEGER NOT NULL,"
        " record BLOB NOT NULL) STRICT";
    khach_index_customer customer = {0};
    khach_index *index = NULL;
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    bytes record;
    uint64_t count;

    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: index_make PATH CUSTOMERS [PAGES]\n");
        return 2;
    }
    count = strtoull(argv[2], NULL, 10);
    if (argc > 3 && (pages_count = strtoull(argv[3], NULL, 10)) < 10)
        return 2;
    (void)remove(argv[1]);
    must(db, sqlite3_open(argv[1], &db) == SQLITE_OK);
    must(db, sqlite3_exec(db, schema, NULL, NULL, NULL) == SQLITE_OK);
    must(db, sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK);
    must(db, sqlite3_prepare_v2(db, "INSERT INTO customers VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7,"
                                    " ?8, 1, ?9)", -1, &row, NULL) == SQLITE_OK);
    for (uint64_t i = 0; i < count; i++) {
        make_record(&record, i, count);
        write_row(row, &customer, &record);
        must(db, sqlite3_step(row) == SQLITE_DONE);
        (void)sqlite3_reset(row);
    }
    must(db, khach_index_create_tables(db) == KHACH_INDEX_OK);
    must(db, khach_index_create_indexes(db, "customers") == KHACH_INDEX_OK);
    must(db, khach_index_open(&index, db, "customers") == KHACH_INDEX_OK);
    must(db, khach_index_rebuild(index) == KHACH_INDEX_OK);
    must(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
    khach_index_close(index);
    (void)sqlite3_finalize(row);
    (void)sqlite3_close(db);
    khach_index_customer_free(&customer);
    return 0;
}
