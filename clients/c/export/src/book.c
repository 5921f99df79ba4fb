#define _GNU_SOURCE /* O_TMPFILE */

/* Rows as a workbook, through libxlsxwriter in constant memory: a row is gone from memory when the
 * next one begins. What it writes on the way goes to files without a name. */

#include "cell_text.h"
#include "fault.h"
#include "value.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xlsxwriter.h>

/* Every workbook was made then: the same rows are the same bytes. */
#define CREATED_SECONDS 315532800 /* 1980-01-01, as the entries of the archive say, too */
#define ZIP32_BYTES_MAX INT64_C(4000000000)
/* What the archive may take of what it packs, at least 1 MiB. */
#define PACKED_PART 2
#define PACKED_BYTES_MIN (1 << 20)
#define PATH_BYTES 64
#define NAME_BYTES 64

struct khach__book {
    lxw_workbook *workbook;
    lxw_worksheet *worksheet;
    lxw_format *header;
    uint32_t rows_max;
    uint32_t row;    /* of the worksheet, the header included */
    uint32_t sheets; /* how many there are */
    char *folder;
    khach__text spare;
    char path[PATH_BYTES];
};

static int failure(khach_sheet_fault *fault, int system_error)
{
    if (system_error == ENOMEM)
        return khach__fault_set(
            fault, KHACH_SHEET_MEMORY, 0, "memory for a workbook expected, none found");
    return khach__fault_set(fault, KHACH_SHEET_IO, system_error,
        "a workbook that can be written expected, found: %s",
        system_error == 0 ? "an error of libxlsxwriter" : strerror(system_error));
}

/* Begins another worksheet, with its header. */
static bool begin_sheet(khach_sheet *sheet)
{
    khach__book *book = sheet->book;
    const bool is_english = sheet->language == KHACH_SHEET_ENGLISH;
    char name[NAME_BYTES];

    if (book->sheets == 0)
        (void)snprintf(name, sizeof(name), "%s", is_english ? "Customers" : "Khách hàng");
    else
        (void)snprintf(name, sizeof(name), "%s %u", is_english ? "Customers" : "Khách hàng",
            (unsigned)book->sheets + 1);
    book->worksheet = workbook_add_worksheet(book->workbook, name);
    if (book->worksheet == NULL)
        return false;
    book->sheets++;
    for (size_t i = 0; i < sheet->columns.count; i++)
        (void)worksheet_set_column(book->worksheet, (lxw_col_t)i, (lxw_col_t)i,
            khach__column_width(sheet->columns.list[i]), NULL);
    worksheet_freeze_panes(book->worksheet, 1, 0);
    for (size_t i = 0; i < sheet->columns.count; i++) {
        const char *text = khach__column_header(sheet->columns.list[i], sheet->language);

        if (worksheet_write_string(book->worksheet, 0, (lxw_col_t)i, text, book->header)
            != LXW_NO_ERROR)
            return false;
    }
    book->row = 1;
    return true;
}

/* What the file says of itself. A CSV file has no place for it. */
static void set_properties(khach__book *book, const khach_sheet_options *options)
{
    lxw_doc_properties properties = {.created = CREATED_SECONDS};
    char seq[32];

    (void)snprintf(seq, sizeof(seq), "%llu", (unsigned long long)options->seq);
    (void)workbook_set_properties(book->workbook, &properties);
    (void)workbook_set_custom_property_string(book->workbook, "khach.as_of_seq", seq);
    if (options->business_id != NULL && options->business_id[0] != '\0')
        (void)workbook_set_custom_property_string(
            book->workbook, "khach.business_id", options->business_id);
}

int khach__book_open(
    khach_sheet *sheet, const khach_sheet_options *options, khach_sheet_fault *fault)
{
    lxw_workbook_options settings = {.constant_memory = LXW_TRUE};
    khach__book *book = calloc(1, sizeof(*book));
    const char *folder = options->temporary_folder == NULL ? "/tmp" : options->temporary_folder;

    if (book == NULL)
        return failure(fault, ENOMEM);
    sheet->book = book;
    book->folder = malloc(strlen(folder) + 1);
    if (book->folder == NULL)
        return failure(fault, ENOMEM);
    memcpy(book->folder, folder, strlen(folder) + 1);
    book->rows_max = options->sheet_rows_max == 0 || options->sheet_rows_max > KHACH_SHEET_ROWS_MAX
        ? KHACH_SHEET_ROWS_MAX
        : options->sheet_rows_max;
    (void)snprintf(book->path, sizeof(book->path), "/proc/self/fd/%d", (int)options->descriptor);

    /* libxlsxwriter would take another folder in the place of one that it cannot write to. */
    if (access(book->folder, W_OK | X_OK) != 0)
        return failure(fault, errno);
    settings.tmpdir = book->folder;
    book->workbook = workbook_new_opt(book->path, &settings);
    if (book->workbook == NULL)
        return failure(fault, ENOMEM);
    set_properties(book, options);
    book->header = workbook_add_format(book->workbook);
    if (book->header == NULL)
        return failure(fault, ENOMEM);
    format_set_bold(book->header);
    errno = 0;
    return begin_sheet(sheet) ? KHACH_SHEET_DONE : failure(fault, errno);
}

/* The number of the row is a number; everything else is text, phones and ids above all. */
static lxw_error add_cell(khach_sheet *sheet, size_t index)
{
    khach__book *book = sheet->book;
    khach__column column = sheet->columns.list[index];

    if (column == KHACH_COLUMN_NO)
        return worksheet_write_number(
            book->worksheet, book->row, (lxw_col_t)index, (double)sheet->rows, NULL);
    sheet->cell.count = 0;
    khach__value_add(&sheet->cell, sheet, column);
    if (sheet->cell.count == 0)
        return LXW_NO_ERROR;
    khach__cell_text_clean(&sheet->cell, &book->spare);
    if (sheet->cell.is_lost)
        return LXW_ERROR_MEMORY_MALLOC_FAILED;
    return worksheet_write_string(
        book->worksheet, book->row, (lxw_col_t)index, (const char *)sheet->cell.bytes, NULL);
}

int khach__book_add(khach_sheet *sheet, khach_sheet_fault *fault)
{
    khach__book *book = sheet->book;

    if (book->row > book->rows_max) {
        errno = 0;
        if (!begin_sheet(sheet))
            return failure(fault, errno);
    }
    for (size_t i = 0; i < sheet->columns.count; i++) {
        lxw_error error = add_cell(sheet, i);

        if (error == LXW_ERROR_MEMORY_MALLOC_FAILED)
            return failure(fault, ENOMEM);
        if (error != LXW_NO_ERROR)
            return failure(fault, 0);
    }
    book->row++;
    /* libxlsxwriter does not look at what became of a row that it wrote. */
    return ferror(book->worksheet->optimize_tmpfile) == 0 ? KHACH_SHEET_DONE
                                                          : failure(fault, ENOSPC);
}

/* Nor does it look while it puts the workbook together: asks for the room before. It copies each
 * worksheet once more, and packs the copy. */
static int reserve(const khach__book *book, int64_t *largest)
{
    lxw_worksheet *worksheet = NULL;
    int64_t all = 0;
    int fd;
    int result;

    *largest = 0;
    STAILQ_FOREACH(worksheet, book->workbook->worksheets, list_pointers) {
        struct stat status;

        if (fflush(worksheet->optimize_tmpfile) != 0
            || fstat(fileno(worksheet->optimize_tmpfile), &status) != 0)
            return errno == 0 ? EIO : errno;
        all += status.st_size;
        if (status.st_size > *largest)
            *largest = status.st_size;
    }
    fd = open(book->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EOPNOTSUPP || errno == EISDIR ? 0 : errno;
    result = posix_fallocate(fd, 0, *largest + all / PACKED_PART + PACKED_BYTES_MIN);
    (void)close(fd);
    return result == EOPNOTSUPP ? 0 : result;
}

int khach__book_finish(khach_sheet *sheet, khach_sheet_fault *fault)
{
    khach__book *book = sheet->book;
    int64_t largest = 0;
    int system_error = reserve(book, &largest);
    lxw_error error;

    if (system_error != 0)
        return failure(fault, system_error);
    book->workbook->options.use_zip64 = largest > ZIP32_BYTES_MAX ? LXW_TRUE : LXW_FALSE;
    errno = 0;
    error = workbook_close(book->workbook);
    system_error = errno;
    book->workbook = NULL;
    if (error == LXW_ERROR_MEMORY_MALLOC_FAILED)
        return failure(fault, ENOMEM);
    return error == LXW_NO_ERROR ? KHACH_SHEET_DONE : failure(fault, system_error);
}

/* Lets a workbook go that nobody finished; libxlsxwriter would leave its files open. */
static void abandon(lxw_workbook *workbook)
{
    lxw_worksheet *worksheet = NULL;

    STAILQ_FOREACH(worksheet, workbook->worksheets, list_pointers) {
        if (worksheet->optimize_tmpfile != NULL)
            (void)fclose(worksheet->optimize_tmpfile);
        worksheet->optimize_tmpfile = NULL;
    }
    lxw_workbook_free(workbook);
}

void khach__book_free(khach__book *book)
{
    if (book == NULL)
        return;
    if (book->workbook != NULL)
        abandon(book->workbook);
    khach__text_free(&book->spare);
    free(book->folder);
    free(book);
}
