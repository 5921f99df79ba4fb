/* Every column, of customers written by hand, in every format and language; and what breaks
 * files. */

#include "harness.h"
#include "khach_sheet.h"
#include "sheet_values.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUTPUT_BYTES_MAX (4 << 20)

static const char *read_xlsx; /* the script that reads a workbook back */
static char output[OUTPUT_BYTES_MAX];

static khach_sheet_options options_of(int32_t format, int32_t language)
{
    return (khach_sheet_options){
        .format = format,
        .language = language,
        .without_bom = true,
        .time_zone = "Asia/Ho_Chi_Minh",
        .business_id = "b0000000000001",
        .business_name = "Shop An",
        .seq = 42,
        .descriptor = -1,
    };
}

static khach_sheet *open_sheet(const khach_sheet_options *options)
{
    khach_sheet *sheet = NULL;
    khach_sheet_fault fault = {0};

    if (khach_sheet_open(&sheet, options, &fault) != KHACH_SHEET_DONE)
        fprintf(stderr, "%s\n", fault.message);
    CHECK(sheet != NULL);
    CHECK_INT(khach_sheet_name_page(sheet, "p0000000000008", 14, "Trang", 5), KHACH_SHEET_DONE);
    CHECK_INT(khach_sheet_name_page(
                  sheet, SAMPLE_PAGE, 14, SAMPLE_PAGE_NAME, strlen(SAMPLE_PAGE_NAME)),
        KHACH_SHEET_DONE);
    return sheet;
}

static void add_sample(khach_sheet *sheet, int sample)
{
    khach_sheet_fault fault = {0};
    size_t bytes = 0;
    uint8_t *record = sample_record(sample, &bytes);

    CHECK_INT(khach_sheet_add(sheet, record, bytes, &fault), KHACH_SHEET_DONE);
    free(record);
}

/* The whole file of one sample, as a text. */
static const char *file_of(khach_sheet_options options, const char *column, int sample)
{
    khach_sheet *sheet;
    khach_sheet_fault fault = {0};
    size_t count = 0;
    const uint8_t *bytes;

    options.columns = column == NULL ? NULL : &column;
    options.columns_count = column == NULL ? 0 : 1;
    sheet = open_sheet(&options);
    add_sample(sheet, sample);
    CHECK_INT(khach_sheet_finish(sheet, &fault), KHACH_SHEET_DONE);
    bytes = khach_sheet_bytes(sheet, &count);
    CHECK(count < sizeof(output));
    memcpy(output, bytes, count);
    output[count] = '\0';
    khach_sheet_free(sheet);
    return output;
}

static const char *header_of(const char *column, int32_t language)
{
    for (size_t i = 0; i < HEADERS; i++) {
        if (strcmp(headers[i].column, column) == 0)
            return language == KHACH_SHEET_ENGLISH ? headers[i].en : headers[i].vi;
    }
    return "no such column";
}

static void check_value(const value *row, bool is_masked)
{
    char expected[1024];

    for (int32_t language = KHACH_SHEET_VIETNAMESE; language <= KHACH_SHEET_ENGLISH; language++) {
        khach_sheet_options options = options_of(KHACH_SHEET_CSV, language);
        bool is_english = language == KHACH_SHEET_ENGLISH;

        options.masks_contacts = is_masked;
        (void)snprintf(expected, sizeof(expected), "%s\r\n%s\r\n",
            header_of(row->column, language),
            is_english && row->en != NULL ? row->en : row->vi);
        CHECK_TEXT(file_of(options, row->column, row->sample), expected);
        options.format = KHACH_SHEET_JSONL;
        (void)snprintf(expected, sizeof(expected), "{\"%s\":%s}\n", row->column, row->json);
        CHECK_TEXT(file_of(options, row->column, row->sample), expected);
    }
}

static void test_values(void)
{
    CHECK_INT(sizeof(values) / sizeof(values[0]), HEADERS * SAMPLE_COUNT);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        check_value(&values[i], false);
    for (size_t i = 0; i < sizeof(masked) / sizeof(masked[0]); i++)
        check_value(&masked[i], true);
}

static void test_file(void)
{
    khach_sheet_options options = options_of(KHACH_SHEET_CSV, KHACH_SHEET_VIETNAMESE);

    options.without_bom = false;
    CHECK_TEXT(file_of(options, NULL, SAMPLE_FULL),
        "\xEF\xBB\xBFSTT,Họ và tên,Số điện thoại,Email,Địa chỉ,Bị chặn,Ngày tạo,Fanpage\r\n"
        "1,Nguyễn Văn An,0912345678,nguyenvana@gmail.com,\"12 Lê Lợi, Quận 1\",Có,"
        "31/05/2025 23:59,\"Áo dài, \"\"Sài Gòn\"\"\"\r\n");
    options.separator = ";";
    options.language = KHACH_SHEET_ENGLISH;
    CHECK_TEXT(file_of(options, NULL, SAMPLE_BARE),
        "\xEF\xBB\xBFNo.;Full name;Phone;Email;Address;Blocked;Created date;Page\r\n"
        "1;Zalo User;;;;No;;\r\n");
    options.format = KHACH_SHEET_JSONL;
    CHECK_TEXT(file_of(options, NULL, SAMPLE_BARE),
        "{\"no\":1,\"name\":\"Zalo User\",\"phone\":null,\"email\":null,\"address\":null,"
        "\"blocked\":false,\"created_at\":null,\"page\":null}\n");

    /* What goes on behind others has no header, and their numbers. */
    options.rows_before = UINT64_C(18446744073709551614);
    options.format = KHACH_SHEET_CSV;
    CHECK_TEXT(file_of(options, NULL, SAMPLE_BARE),
        "18446744073709551615;Zalo User;;;;No;;\r\n");
}

/* --- workbooks --- */

static int temporary_file(void)
{
    int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    return fd;
}

/* What the script reads in the file. */
static char *read_back(int fd)
{
    char command[512];
    FILE *pipe;
    size_t count;

    (void)snprintf(command, sizeof(command), "python3 '%s' /proc/%d/fd/%d", read_xlsx,
        (int)getpid(), fd);
    pipe = popen(command, "r");
    CHECK(pipe != NULL);
    count = fread(output, 1, sizeof(output) - 1, pipe);
    output[count] = '\0';
    CHECK_INT(pclose(pipe), 0);
    return output;
}

static void write_book(int fd, khach_sheet_options options, const int *samples, size_t count)
{
    khach_sheet_fault fault = {0};
    khach_sheet *sheet;

    options.descriptor = fd;
    sheet = open_sheet(&options);
    for (size_t i = 0; i < count; i++)
        add_sample(sheet, samples[i]);
    CHECK_INT(khach_sheet_rows(sheet), count);
    if (khach_sheet_finish(sheet, &fault) != KHACH_SHEET_DONE)
        fprintf(stderr, "%s\n", fault.message);
    CHECK_TEXT(fault.message, "");
    khach_sheet_free(sheet);
}

/* The row of a sample, all columns, as the script prints it. */
static void expect_row(char *out, size_t room, int sample, int32_t language)
{
    size_t count = 0;
    size_t written = 0;

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        const value *row = &values[i];
        const char *plain = language == KHACH_SHEET_ENGLISH && row->en != NULL ? row->en : row->vi;
        const char *quote = row->xlsx != NULL || plain[0] == '\0' ? "" : "\"";

        if (row->sample != sample)
            continue;
        count += (size_t)snprintf(out + count, room - count, "%s%s%s%s",
            i % HEADERS == 0 ? "" : "|", quote, row->xlsx != NULL ? row->xlsx : plain, quote);
        if (plain[0] != '\0')
            written = count;
    }
    /* The script prints up to the last cell that is there. */
    (void)snprintf(out + written, room - written, "\n");
}

static void test_books(void)
{
    const char *columns[HEADERS];
    const int samples[] = {SAMPLE_FULL, SAMPLE_BARE, SAMPLE_NASTY, SAMPLE_ABROAD};
    char expected[8192];

    for (size_t i = 0; i < HEADERS; i++)
        columns[i] = headers[i].column;
    for (int32_t language = KHACH_SHEET_VIETNAMESE; language <= KHACH_SHEET_ENGLISH; language++) {
        khach_sheet_options options = options_of(KHACH_SHEET_XLSX, language);
        bool is_english = language == KHACH_SHEET_ENGLISH;

        options.columns = columns;
        options.columns_count = HEADERS;
        for (int sample = 0; sample < SAMPLE_COUNT; sample++) {
            int fd = temporary_file();
            size_t count = (size_t)snprintf(expected, sizeof(expected),
                "property khach.as_of_seq=42\nproperty khach.business_id=b0000000000001\n"
                "sheet %s frozen=1\n",
                is_english ? "Customers" : "Khách hàng");

            for (size_t i = 0; i < HEADERS; i++)
                count += (size_t)snprintf(expected + count, sizeof(expected) - count, "%s\"%s\"",
                    i == 0 ? "" : "|", is_english ? headers[i].en : headers[i].vi);
            expected[count++] = '\n';
            expect_row(expected + count, sizeof(expected) - count, sample, language);
            write_book(fd, options, &samples[sample], 1);
            CHECK_TEXT(read_back(fd), expected);
            (void)close(fd);
        }
    }
}

/* A worksheet that is full is followed by another; the same rows are the same bytes. */
static void test_split(void)
{
    const char *columns[] = {"no", "phone"};
    const int samples[] = {
        SAMPLE_FULL, SAMPLE_BARE, SAMPLE_FULL, SAMPLE_FULL, SAMPLE_ABROAD};
    khach_sheet_options options = options_of(KHACH_SHEET_XLSX, KHACH_SHEET_ENGLISH);
    int fds[2] = {temporary_file(), temporary_file()};
    static uint8_t bytes[2][65536];
    ssize_t counts[2];

    options.columns = columns;
    options.columns_count = 2;
    options.sheet_rows_max = 2;
    options.business_id = NULL;
    for (int i = 0; i < 2; i++) {
        write_book(fds[i], options, samples, 5);
        counts[i] = pread(fds[i], bytes[i], sizeof(bytes[i]), 0);
    }
    CHECK(counts[0] > 0 && counts[0] < (ssize_t)sizeof(bytes[0]));
    CHECK_INT(counts[0], counts[1]);
    CHECK(memcmp(bytes[0], bytes[1], (size_t)counts[0]) == 0);
    CHECK_TEXT(read_back(fds[0]),
        "property khach.as_of_seq=42\n"
        "sheet Customers frozen=1\n\"No.\"|\"Phone\"\n1|\"0912345678\"\n2\n"
        "sheet Customers 2 frozen=1\n\"No.\"|\"Phone\"\n3|\"0912345678\"\n4|\"0912345678\"\n"
        "sheet Customers 3 frozen=1\n\"No.\"|\"Phone\"\n5|\"+12025550123\"\n");
    (void)close(fds[0]);
    (void)close(fds[1]);
}

/* A name of `bytes` times "x", in a CSV file and in a workbook. */
static void check_long_name(size_t bytes, size_t shown)
{
    const char *column = "name";
    char *name = malloc(bytes + 1);
    size_t count = 0;
    uint8_t *record;
    khach_sheet_fault fault = {0};

    CHECK(name != NULL);
    memset(name, 'x', bytes);
    name[bytes] = '\0';
    record = sample_record_named(name, &count);
    for (int32_t format = KHACH_SHEET_XLSX; format <= KHACH_SHEET_CSV; format++) {
        khach_sheet_options options = options_of(format, KHACH_SHEET_ENGLISH);
        khach_sheet *sheet;
        size_t ready = 0;

        options.columns = &column;
        options.columns_count = 1;
        options.descriptor = temporary_file();
        sheet = open_sheet(&options);
        CHECK_INT(khach_sheet_add(sheet, record, count, &fault), KHACH_SHEET_DONE);
        CHECK_INT(khach_sheet_finish(sheet, &fault), KHACH_SHEET_DONE);
        if (format == KHACH_SHEET_CSV) {
            (void)khach_sheet_bytes(sheet, &ready);
            CHECK_INT(ready, strlen("Full name\r\n") + bytes + 2);
        } else {
            CHECK_INT(strspn(strrchr(read_back(options.descriptor), '|') == NULL
                              ? strstr(output, "name\"\n\"") + 7
                              : "",
                          "x"),
                shown);
        }
        khach_sheet_free(sheet);
        (void)close(options.descriptor);
    }
    free(record);
    free(name);
}

/* --- pieces --- */

/* Records one after another are the same file, however it is cut. */
static void test_pieces(void)
{
    static uint8_t records[8192];
    static char whole[16384];
    static char joined[16384];
    size_t ends[20];
    size_t at = 0;
    khach_sheet_options options = options_of(KHACH_SHEET_CSV, KHACH_SHEET_VIETNAMESE);

    for (size_t i = 0; i < 20; i++) {
        size_t bytes = 0;
        uint8_t *record = sample_record((int)i % SAMPLE_COUNT, &bytes);

        memcpy(records + at, record, bytes);
        free(record);
        at += bytes;
        ends[i] = at;
    }
    for (size_t bytes_max = 1; bytes_max < 3000; bytes_max += 97) {
        khach_sheet *sheet = open_sheet(&options);
        khach_sheet_fault fault = {0};
        char *into = bytes_max == 1 ? whole : joined;
        size_t total = 0;
        size_t done = 0;

        while (done < 20) {
            size_t added = 0;
            size_t count = 0;
            const uint8_t *bytes;

            CHECK_INT(khach_sheet_add_some(sheet, records, done == 0 ? 0 : ends[done - 1],
                          ends + done, 20 - done, bytes_max, &added, &fault),
                KHACH_SHEET_DONE);
            CHECK(added > 0);
            bytes = khach_sheet_bytes(sheet, &count);
            CHECK(added == 1 || count <= bytes_max);
            CHECK(count >= 2 && bytes[count - 1] == '\n');
            memcpy(into + total, bytes, count);
            total += count;
            khach_sheet_take(sheet);
            done += added;
            CHECK_INT(khach_sheet_rows(sheet), done);
        }
        into[total] = '\0';
        CHECK_TEXT(into, whole);
        khach_sheet_free(sheet);
    }
}

/* --- what is refused --- */

typedef struct refusal {
    int32_t format;
    int32_t language;
    const char *separator;
    const char *column;
    const char *field;
    const char *words;
} refusal;

static void test_refusals(void)
{
    static const refusal refusals[] = {
        {0, 1, "", "no", "format", "XLSX, CSV or JSONL expected"},
        {4, 1, "", "no", "format", "found 4"},
        {2, 0, "", "no", "language", "VIETNAMESE or ENGLISH expected"},
        {2, 3, "", "no", "language", "found 3"},
        {2, 1, "|", "no", "separator", "found \"|\""},
        {2, 1, "", "Name", "columns", "no, customer_id, name, name_status, phone, phones, email"},
        {2, 1, "", "Name", "columns", "first_recorded_at expected, found \"Name\""},
        {2, 1, "", "", "columns", "found \"\""},
    };
    const char *twice[] = {"no", "name", "no"};
    const char *many[KHACH_SHEET_COLUMNS_MAX + 1];
    khach_sheet_options options = options_of(KHACH_SHEET_CSV, KHACH_SHEET_ENGLISH);
    khach_sheet_fault fault = {0};
    khach_sheet *sheet = NULL;

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const refusal *row = &refusals[i];

        options.format = row->format;
        options.language = row->language;
        options.separator = row->separator;
        options.columns = &row->column;
        options.columns_count = 1;
        CHECK_INT(khach_sheet_check(&options, &fault), KHACH_SHEET_INVALID);
        CHECK_TEXT(fault.field, row->field);
        CHECK(strstr(fault.message, row->words) != NULL);
        CHECK_INT(khach_sheet_open(&sheet, &options, &fault), KHACH_SHEET_INVALID);
        CHECK(sheet == NULL);
    }
    options = options_of(KHACH_SHEET_CSV, KHACH_SHEET_ENGLISH);
    options.columns = twice;
    options.columns_count = 3;
    CHECK_INT(khach_sheet_check(&options, &fault), KHACH_SHEET_INVALID);
    CHECK(strstr(fault.message, "\"no\" again") != NULL);
    for (size_t i = 0; i <= KHACH_SHEET_COLUMNS_MAX; i++)
        many[i] = "no";
    options.columns = many;
    options.columns_count = KHACH_SHEET_COLUMNS_MAX + 1;
    CHECK_INT(khach_sheet_check(&options, &fault), KHACH_SHEET_INVALID);
    CHECK(strstr(fault.message, "at most 32 columns expected, found 33") != NULL);
    options.columns_count = 0;
    options.time_zone = "Asia/Nowhere";
    CHECK_INT(khach_sheet_open(&sheet, &options, &fault), KHACH_SHEET_IO);
}

/* No cut of a record, and no other bytes, do more than be refused. */
static void test_broken_records(void)
{
    khach_sheet_options options = options_of(KHACH_SHEET_JSONL, KHACH_SHEET_ENGLISH);
    khach_sheet *sheet = open_sheet(&options);
    khach_sheet_fault fault = {0};

    CHECK_INT(khach_sheet_add(sheet, NULL, 0, &fault), KHACH_SHEET_BROKEN);
    for (int sample = 0; sample < SAMPLE_COUNT; sample++) {
        size_t bytes = 0;
        uint8_t *record = sample_record(sample, &bytes);
        uint64_t before = khach_sheet_rows(sheet);

        for (size_t cut = 0; cut < bytes; cut++) {
            uint8_t *part = malloc(cut + 1);

            CHECK(part != NULL);
            memcpy(part, record, cut);
            if (khach_sheet_add(sheet, part, cut, &fault) == KHACH_SHEET_DONE)
                before++;
            CHECK_INT(khach_sheet_rows(sheet), before);
            free(part);
        }
        for (size_t i = 0; i < bytes * 8; i++) {
            record[i / 8] ^= (uint8_t)(1u << i % 8);
            (void)khach_sheet_add(sheet, record, bytes, &fault);
            record[i / 8] ^= (uint8_t)(1u << i % 8);
        }
        free(record);
    }
    khach_sheet_free(sheet);
}

/* A disk that is full is said, not hidden; a workbook that nobody finishes leaves nothing. */
static void test_full_disk(void)
{
    khach_sheet_options options = options_of(KHACH_SHEET_XLSX, KHACH_SHEET_ENGLISH);
    khach_sheet_fault fault = {0};
    khach_sheet *sheet = NULL;
    int fd = temporary_file();
    int next;

    options.descriptor = fd;
    options.temporary_folder = "/nowhere";
    CHECK_INT(khach_sheet_open(&sheet, &options, &fault), KHACH_SHEET_IO);
    options.temporary_folder = "/tmp";
    sheet = open_sheet(&options);
    add_sample(sheet, SAMPLE_FULL);
    khach_sheet_free(sheet);
    next = temporary_file();
    CHECK_INT(next, fd + 1);
    (void)close(next);
    (void)close(fd);

    options.descriptor = open("/dev/full", O_RDWR | O_CLOEXEC);
    CHECK(options.descriptor >= 0);
    sheet = open_sheet(&options);
    add_sample(sheet, SAMPLE_FULL);
    CHECK_INT(khach_sheet_finish(sheet, &fault), KHACH_SHEET_IO);
    CHECK(strstr(fault.message, "a workbook that can be written expected") != NULL);
    khach_sheet_free(sheet);
    (void)close(options.descriptor);
}

int main(int argc, char **argv)
{
    CHECK_INT(argc, 2);
    read_xlsx = argv[1];
    test_values();
    test_file();
    test_pieces();
    test_refusals();
    test_broken_records();
    test_books();
    test_split();
    check_long_name(10240, 10240);
    check_long_name(40000, 32767);
    test_full_disk();
    return 0;
}
