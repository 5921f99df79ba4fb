#ifndef KHACH_EXPORT_COLUMNS_H
#define KHACH_EXPORT_COLUMNS_H

/* The columns that a file can have: keys and headers (domain.md §4.10). */

#include "khach_sheet.h"

typedef enum khach__column {
    KHACH_COLUMN_NO,
    KHACH_COLUMN_CUSTOMER_ID,
    KHACH_COLUMN_NAME,
    KHACH_COLUMN_NAME_STATUS,
    KHACH_COLUMN_PHONE,
    KHACH_COLUMN_PHONES,
    KHACH_COLUMN_EMAIL,
    KHACH_COLUMN_EMAILS,
    KHACH_COLUMN_ADDRESS,
    KHACH_COLUMN_BLOCKED,
    KHACH_COLUMN_BLOCK_REASON,
    KHACH_COLUMN_CREATED_AT,
    KHACH_COLUMN_LAST_INBOUND_AT,
    KHACH_COLUMN_PAGE,
    KHACH_COLUMN_CHANNEL,
    KHACH_COLUMN_BUSINESS,
    KHACH_COLUMN_EXTERNAL_USER_ID,
    KHACH_COLUMN_FIRST_RECORDED_AT,
    KHACH_COLUMN_COUNT
} khach__column;

/* The columns of one file, in order. */
typedef struct khach__columns {
    khach__column list[KHACH_SHEET_COLUMNS_MAX];
    size_t count;
} khach__columns;

/* Reads keys; none means the default columns. KHACH_SHEET_INVALID names the first that is wrong. */
int khach__columns_read(khach__columns *columns, const khach_sheet_options *options,
    khach_sheet_fault *fault);

const char *khach__column_key(khach__column column);
const char *khach__column_header(khach__column column, int32_t language);
/* How wide a workbook shows it, in characters. */
double khach__column_width(khach__column column);

#endif
