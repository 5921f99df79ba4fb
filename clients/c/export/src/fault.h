#ifndef KHACH_EXPORT_FAULT_H
#define KHACH_EXPORT_FAULT_H

/* What callers are told of a failure. */

#include "khach_sheet.h"

/* A field of the request broke a rule; gives KHACH_SHEET_INVALID. */
__attribute__((format(printf, 3, 4))) int khach__fault_invalid(
    khach_sheet_fault *fault, const char *field, const char *format, ...);

/* Something else; gives `result`. */
__attribute__((format(printf, 4, 5))) int khach__fault_set(
    khach_sheet_fault *fault, int result, int system_error, const char *format, ...);

#endif
