/*
 * The comparator of an export: a bare loop that writes the same kind of rows, from numbers, with
 * fprintf or with libxlsxwriter in constant memory. No store, no records, no network.
 *
 *   cc -O2 -o export_loop export_loop.c -lxlsxwriter
 *   export_loop PATH ROWS csv|xlsx
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xlsxwriter.h>

#define CELL_BYTES 64
#define COLUMNS 8

static const char *const headers[COLUMNS] = {"STT", "Họ và tên", "Số điện thoại", "Email",
    "Địa chỉ", "Bị chặn", "Ngày tạo", "Fanpage"};

static double seconds_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void must(int is_good, const char *what)
{
    if (is_good)
        return;
    fprintf(stderr, "%s\n", what);
    exit(1);
}

/* The texts of a row. A third has a phone and a tenth an address, as the sample's customers do. */
static void make_row(char cells[COLUMNS][CELL_BYTES], uint64_t i)
{
    uint64_t mixed = i * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);

    mixed ^= mixed >> 29;
    cells[2][0] = cells[3][0] = cells[4][0] = '\0';
    (void)snprintf(cells[1], CELL_BYTES, "Nguyễn Văn An %u", (unsigned)(mixed % 1000));
    if (mixed % 3 == 0)
        (void)snprintf(cells[2], CELL_BYTES, "09%08u", (unsigned)(mixed % 100000000));
    if (mixed % 10 == 0)
        (void)snprintf(cells[3], CELL_BYTES, "khach%u@gmail.com", (unsigned)(mixed % 100000));
    (void)snprintf(cells[5], CELL_BYTES, "Không");
    (void)snprintf(cells[6], CELL_BYTES, "%02u/%02u/2026 %02u:%02u", (unsigned)(mixed % 28 + 1),
        (unsigned)(mixed / 28 % 12 + 1), (unsigned)(mixed / 336 % 24),
        (unsigned)(mixed / 8064 % 60));
    (void)snprintf(cells[7], CELL_BYTES, "Hiệu sách Sóc Nâu %u", (unsigned)(mixed % 110));
}

static void write_csv(const char *path, uint64_t rows)
{
    char cells[COLUMNS][CELL_BYTES] = {{0}};
    FILE *file = fopen(path, "wb");

    must(file != NULL, "a file expected");
    (void)fprintf(file, "\xEF\xBB\xBF%s", headers[0]);
    for (int column = 1; column < COLUMNS; column++)
        (void)fprintf(file, ",%s", headers[column]);
    (void)fprintf(file, "\r\n");
    for (uint64_t i = 0; i < rows; i++) {
        make_row(cells, i);
        (void)fprintf(file, "%llu,%s,%s,%s,%s,%s,%s,%s\r\n", (unsigned long long)i + 1, cells[1],
            cells[2], cells[3], cells[4], cells[5], cells[6], cells[7]);
    }
    must(fclose(file) == 0, "a file that can be written expected");
}

static void write_xlsx(const char *path, uint64_t rows)
{
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    char cells[COLUMNS][CELL_BYTES] = {{0}};
    lxw_workbook *workbook = workbook_new_opt(path, &options);
    lxw_worksheet *sheet = workbook_add_worksheet(workbook, NULL);

    must(sheet != NULL, "a worksheet expected");
    for (int column = 0; column < COLUMNS; column++)
        (void)worksheet_write_string(sheet, 0, (lxw_col_t)column, headers[column], NULL);
    for (uint64_t i = 0; i < rows; i++) {
        lxw_row_t row = (lxw_row_t)i + 1;

        make_row(cells, i);
        (void)worksheet_write_number(sheet, row, 0, (double)i + 1, NULL);
        for (int column = 1; column < COLUMNS; column++) {
            if (cells[column][0] != '\0')
                (void)worksheet_write_string(sheet, row, (lxw_col_t)column, cells[column], NULL);
        }
    }
    must(workbook_close(workbook) == LXW_NO_ERROR, "a workbook that can be written expected");
}

int main(int argc, char **argv)
{
    uint64_t rows;
    double begun;
    double seconds;

    if (argc != 4) {
        fprintf(stderr, "usage: export_loop PATH ROWS csv|xlsx\n");
        return 2;
    }
    rows = strtoull(argv[2], NULL, 10);
    begun = seconds_now();
    if (strcmp(argv[3], "xlsx") == 0)
        write_xlsx(argv[1], rows);
    else
        write_csv(argv[1], rows);
    seconds = seconds_now() - begun;
    printf("{\"name\":\"export_loop\",\"rows\":%llu,\"rows_per_second\":%.0f}\n",
        (unsigned long long)rows, (double)rows / seconds);
    return 0;
}
