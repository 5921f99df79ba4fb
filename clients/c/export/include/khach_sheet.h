#ifndef KHACH_SHEET_H
#define KHACH_SHEET_H

/**
 * Customers as the rows of a file: one implementation for the server and for caches, so that an
 * export without a network is the same bytes as one with it (domain.md §4.10).
 *
 * A sheet takes the stored records one after another. CSV and JSONL come out as bytes that the
 * caller takes; XLSX goes to a descriptor, through libxlsxwriter. No globals, no locale, no clock:
 * the same options and records are the same bytes. One sheet belongs to one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Most columns of a file. */
#define KHACH_SHEET_COLUMNS_MAX 32
/** Rows of data in one sheet of a workbook; one more is the header. */
#define KHACH_SHEET_ROWS_MAX 1048575

/** The values are those of khach.v1.ExportFormat. */
typedef enum khach_sheet_format {
    KHACH_SHEET_XLSX = 1,
    KHACH_SHEET_CSV = 2,
    KHACH_SHEET_JSONL = 3
} khach_sheet_format;

/** The values are those of khach.v1.ExportLanguage. */
typedef enum khach_sheet_language {
    KHACH_SHEET_VIETNAMESE = 1,
    KHACH_SHEET_ENGLISH = 2
} khach_sheet_language;

/** What came of a call. */
typedef enum khach_sheet_result {
    KHACH_SHEET_DONE = 0,
    /** A field of the options broke a rule: the fault names it. */
    KHACH_SHEET_INVALID = -1,
    KHACH_SHEET_MEMORY = -2,
    /** The disk is full, or refused; the fault says what the system said. */
    KHACH_SHEET_IO = -3,
    /** The bytes of a record are not one. */
    KHACH_SHEET_BROKEN = -4
} khach_sheet_result;

/** Why a call failed. */
typedef struct khach_sheet_fault {
    /** A field of ExportCustomersRequest, such as "columns"; empty when no field is at fault. */
    char field[32];
    /** What was expected and what was found. */
    char message[512];
    /** The system's number for KHACH_SHEET_IO; 0 when it gave none. */
    int32_t system_error;
} khach_sheet_fault;

typedef struct khach_sheet_options {
    /** A khach_sheet_format. */
    int32_t format;
    /** A khach_sheet_language. */
    int32_t language;
    /** Keys such as "name", in the order of the file; none means the default ones. */
    const char *const *columns;
    size_t columns_count;
    /** CSV: "," (also when NULL or empty) or ";". */
    const char *separator;
    /** CSV: leaves the byte order mark out. */
    bool without_bom;
    /** Shows phones and e-mail addresses in part only. */
    bool masks_contacts;
    /** IANA name: times of CSV and XLSX are local to it. */
    const char *time_zone;
    const char *business_id;
    const char *business_name;
    /** The commit sequence of what is exported: a workbook carries it. */
    uint64_t seq;
    /** CSV, JSONL: rows that an earlier sheet has written; then no header is. */
    uint64_t rows_before;
    /** XLSX: a regular file, empty and open for writing; it stays the caller's. */
    int32_t descriptor;
    /** XLSX: where temporary files without a name are made; as much as the workbook unpacked. */
    const char *temporary_folder;
    /** XLSX: at most KHACH_SHEET_ROWS_MAX; 0 means that. */
    uint32_t sheet_rows_max;
} khach_sheet_options;

/** Rows becoming a file. Opaque. */
typedef struct khach_sheet khach_sheet;

/**
 * Checks format, language, columns and separator, and nothing else.
 *
 * Borrows: both arguments.
 * Returns: KHACH_SHEET_DONE, or KHACH_SHEET_INVALID with `fault` set.
 */
int khach_sheet_check(const khach_sheet_options *options, khach_sheet_fault *fault);

/**
 * Begins a file: what stands before the first row is ready.
 *
 * Owns:    on KHACH_SHEET_DONE `*out` is yours: khach_sheet_free(). Otherwise it is NULL.
 * Borrows: `options` and what it points to, until the call returns.
 * Returns: KHACH_SHEET_DONE; anything else with `fault` set.
 */
int khach_sheet_open(
    khach_sheet **out, const khach_sheet_options *options, khach_sheet_fault *fault);

/**
 * Tells the name of a page, before rows that are of it.
 *
 * Borrows: both texts.
 * Returns: KHACH_SHEET_DONE or KHACH_SHEET_MEMORY.
 */
int khach_sheet_name_page(khach_sheet *sheet, const char *page_id, size_t page_id_bytes,
    const char *name, size_t name_bytes);

/**
 * Adds a row: the stored bytes of a khach.v1.Customer, read where they lie.
 *
 * Borrows: `record`.
 * Returns: KHACH_SHEET_DONE; KHACH_SHEET_BROKEN and nothing is added; KHACH_SHEET_MEMORY and
 *          KHACH_SHEET_IO, after which the file is lost.
 */
int khach_sheet_add(
    khach_sheet *sheet, const uint8_t *record, size_t record_bytes, khach_sheet_fault *fault);

/**
 * Adds records that lie one after another, as many as still belong into a piece of the file: until
 * `bytes_max` are ready. At least one is added.
 *
 * `ends[i]` is where record i ends in `records`, and record 0 begins at `first`. `*added` says how
 * many were added, also after a failure.
 *
 * Borrows, Returns: as khach_sheet_add().
 */
int khach_sheet_add_some(khach_sheet *sheet, const uint8_t *records, size_t first,
    const size_t *ends, size_t ends_count, size_t bytes_max, size_t *added,
    khach_sheet_fault *fault);

/** Rows so far, those before included. */
uint64_t khach_sheet_rows(const khach_sheet *sheet);

/**
 * What is ready and was not taken; always whole rows. Nothing, for XLSX.
 *
 * Borrows: nothing; what is returned is the sheet's until the next call about it.
 */
const uint8_t *khach_sheet_bytes(const khach_sheet *sheet, size_t *bytes_count);

/** Forgets what khach_sheet_bytes() has given. */
void khach_sheet_take(khach_sheet *sheet);

/**
 * Ends the file. XLSX: writes the workbook, which takes a while and as much room again; the
 * descriptor then holds it. Call once, and add nothing afterwards.
 *
 * Returns: KHACH_SHEET_DONE; anything else with `fault` set, and the file is lost.
 */
int khach_sheet_finish(khach_sheet *sheet, khach_sheet_fault *fault);

/** Releases a sheet, finished or not. NULL is a no-op. */
void khach_sheet_free(khach_sheet *sheet);

#ifdef __cplusplus
}
#endif

#endif
