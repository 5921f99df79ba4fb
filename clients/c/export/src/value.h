#ifndef KHACH_EXPORT_VALUE_H
#define KHACH_EXPORT_VALUE_H

/* What a cell says, before any escaping. */

#include "sheet.h"

/* Adds the text of a column of the row in `sheet->view`, for a CSV file or a workbook. */
void khach__value_add(khach__text *out, khach_sheet *sheet, khach__column column);

/* The name to show: the customer's, or the channel's general one (domain.md M3). */
khach__slice khach__value_name(const khach__view *view);

/* BLOCKED or PENDING_UNBLOCK (S9). */
bool khach__value_is_blocked(const khach__view *view);

#endif
