#include "sheet.h"

#include "fault.h"

#include <stdlib.h>

static int out_of_memory(khach_sheet_fault *fault)
{
    return khach__fault_set(fault, KHACH_SHEET_MEMORY, 0, "memory for a file expected, none found");
}

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static int check_choices(const khach_sheet_options *options, khach_sheet_fault *fault)
{
    const char *separator = or_empty(options->separator);

    if (options->format < KHACH_SHEET_XLSX || options->format > KHACH_SHEET_JSONL)
        return khach__fault_invalid(
            fault, "format", "XLSX, CSV or JSONL expected, found %d", (int)options->format);
    if (options->language != KHACH_SHEET_VIETNAMESE && options->language != KHACH_SHEET_ENGLISH)
        return khach__fault_invalid(fault, "language",
            "VIETNAMESE or ENGLISH expected, found %d", (int)options->language);
    if (separator[0] != '\0' && strcmp(separator, ",") != 0 && strcmp(separator, ";") != 0)
        return khach__fault_invalid(
            fault, "separator", "\",\" or \";\" expected, found \"%.16s\"", separator);
    return KHACH_SHEET_DONE;
}

int khach_sheet_check(const khach_sheet_options *options, khach_sheet_fault *fault)
{
    khach__columns columns;
    int result = check_choices(options, fault);

    return result == KHACH_SHEET_DONE ? khach__columns_read(&columns, options, fault) : result;
}

static int open_zone(khach_sheet *sheet, const char *name, khach_sheet_fault *fault)
{
    int result = khach_zone_open(&sheet->zone, or_empty(name));

    if (result == -2)
        return out_of_memory(fault);
    if (result != 0)
        return khach__fault_set(fault, KHACH_SHEET_IO, 0,
            "time zone %.64s expected on this system, none found", or_empty(name));
    return KHACH_SHEET_DONE;
}

static int begin(khach_sheet *sheet, const khach_sheet_options *options, khach_sheet_fault *fault)
{
    int result = check_choices(options, fault);

    if (result == KHACH_SHEET_DONE)
        result = khach__columns_read(&sheet->columns, options, fault);
    if (result == KHACH_SHEET_DONE)
        result = open_zone(sheet, options->time_zone, fault);
    if (result != KHACH_SHEET_DONE)
        return result;

    sheet->format = options->format;
    sheet->language = options->language;
    sheet->separator = strcmp(or_empty(options->separator), ";") == 0 ? ';' : ',';
    sheet->masks_contacts = options->masks_contacts;
    khach__text_add_string(&sheet->business_name, or_empty(options->business_name));
    if (sheet->format == KHACH_SHEET_XLSX)
        return khach__book_open(sheet, options, fault);

    sheet->rows = options->rows_before;
    if (sheet->format == KHACH_SHEET_CSV && sheet->rows == 0)
        khach__csv_begin(sheet, !options->without_bom);
    return sheet->out.is_lost || sheet->business_name.is_lost ? out_of_memory(fault)
                                                              : KHACH_SHEET_DONE;
}

int khach_sheet_open(
    khach_sheet **out, const khach_sheet_options *options, khach_sheet_fault *fault)
{
    khach_sheet *sheet = calloc(1, sizeof(*sheet));
    int result;

    *out = NULL;
    if (sheet == NULL)
        return out_of_memory(fault);
    result = begin(sheet, options, fault);
    if (result == KHACH_SHEET_DONE)
        *out = sheet;
    else
        khach_sheet_free(sheet);
    return result;
}

int khach_sheet_name_page(khach_sheet *sheet, const char *page_id, size_t page_id_bytes,
    const char *name, size_t name_bytes)
{
    khach__slice id = {(const uint8_t *)page_id, page_id_bytes};
    khach__slice text = {(const uint8_t *)name, name_bytes};

    return khach__pages_add(&sheet->pages, id, text) ? KHACH_SHEET_DONE : KHACH_SHEET_MEMORY;
}

int khach_sheet_add(
    khach_sheet *sheet, const uint8_t *record, size_t record_bytes, khach_sheet_fault *fault)
{
    if (!khach__view_read(&sheet->view, record, record_bytes))
        return khach__fault_set(
            fault, KHACH_SHEET_BROKEN, 0, "a customer's record expected, other bytes found");

    sheet->rows++;
    switch (sheet->format) {
    case KHACH_SHEET_XLSX:
        return khach__book_add(sheet, fault);
    case KHACH_SHEET_CSV:
        khach__csv_add(sheet);
        break;
    default:
        khach__jsonl_add(sheet);
        break;
    }
    return sheet->out.is_lost ? out_of_memory(fault) : KHACH_SHEET_DONE;
}

int khach_sheet_add_some(khach_sheet *sheet, const uint8_t *records, size_t first,
    const size_t *ends, size_t ends_count, size_t bytes_max, size_t *added,
    khach_sheet_fault *fault)
{
    size_t start = first;

    *added = 0;
    for (size_t i = 0; i < ends_count; i++) {
        size_t before = sheet->out.count;
        int result = khach_sheet_add(sheet, records + start, ends[i] - start, fault);

        if (result != KHACH_SHEET_DONE)
            return result;
        if (*added > 0 && sheet->out.count > bytes_max) {
            /* It belongs into the next piece. */
            sheet->out.count = before;
            sheet->rows--;
            return KHACH_SHEET_DONE;
        }
        start = ends[i];
        (*added)++;
    }
    return KHACH_SHEET_DONE;
}

uint64_t khach_sheet_rows(const khach_sheet *sheet)
{
    return sheet->rows;
}

const uint8_t *khach_sheet_bytes(const khach_sheet *sheet, size_t *bytes_count)
{
    *bytes_count = sheet->out.count;
    return sheet->out.bytes;
}

void khach_sheet_take(khach_sheet *sheet)
{
    sheet->out.count = 0;
}

int khach_sheet_finish(khach_sheet *sheet, khach_sheet_fault *fault)
{
    return sheet->format == KHACH_SHEET_XLSX ? khach__book_finish(sheet, fault) : KHACH_SHEET_DONE;
}

void khach_sheet_free(khach_sheet *sheet)
{
    if (sheet == NULL)
        return;
    khach__book_free(sheet->book);
    khach__pages_free(&sheet->pages);
    khach__text_free(&sheet->business_name);
    khach__text_free(&sheet->out);
    khach__text_free(&sheet->cell);
    khach_zone_free(sheet->zone);
    free(sheet);
}
