#ifndef KHACH_EXPORT_SHEET_H
#define KHACH_EXPORT_SHEET_H

/* A file in the making, as its formats see it. */

#include "columns.h"
#include "text.h"
#include "view.h"

#include "khach_text.h"

typedef struct khach__book khach__book;

/* The names of pages, found by id. */
typedef struct khach__pages {
    struct khach__page *list; /* in order of id when `is_sorted` */
    size_t count;
    size_t room;
    bool is_sorted;
    khach__text texts; /* ids and names, one after another */
} khach__pages;

struct khach_sheet {
    khach__columns columns;
    int32_t format;
    int32_t language;
    uint8_t separator;
    bool masks_contacts;
    khach_zone *zone;
    khach__pages pages;
    khach__text business_name;
    /* The row that is being added, and its number. */
    khach__view view;
    uint64_t rows;
    /* What is ready, and one cell on its way there. */
    khach__text out;
    khach__text cell;
    khach__book *book; /* of XLSX */
};

/* pages.c */
bool khach__pages_add(khach__pages *pages, khach__slice id, khach__slice name);
/* The name of a page; empty when it was not told. */
khach__slice khach__pages_find(khach__pages *pages, khach__slice id);
void khach__pages_free(khach__pages *pages);

/* csv.c, jsonl.c: what stands before the rows, and the row that `view` holds. */
void khach__csv_begin(khach_sheet *sheet, bool has_bom);
void khach__csv_add(khach_sheet *sheet);
void khach__jsonl_add(khach_sheet *sheet);

/* book.c: the only one that knows libxlsxwriter. */
int khach__book_open(
    khach_sheet *sheet, const khach_sheet_options *options, khach_sheet_fault *fault);
int khach__book_add(khach_sheet *sheet, khach_sheet_fault *fault);
int khach__book_finish(khach_sheet *sheet, khach_sheet_fault *fault);
void khach__book_free(khach__book *book);

#endif
