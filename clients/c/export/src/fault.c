#include "fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cuts where a character ends: a key that somebody typed may hold any. */
static void cut_character(char *text)
{
    size_t count = strlen(text);
    size_t start = count;

    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0 || (unsigned char)text[start - 1] < 0xC0)
        return;
    {
        unsigned char first = (unsigned char)text[start - 1];
        size_t whole = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;

        if (count - (start - 1) < whole)
            text[start - 1] = '\0';
    }
}

int khach__fault_invalid(khach_sheet_fault *fault, const char *field, const char *format, ...)
{
    va_list arguments;

    (void)snprintf(fault->field, sizeof(fault->field), "%s", field);
    fault->system_error = 0;
    va_start(arguments, format);
    (void)vsnprintf(fault->message, sizeof(fault->message), format, arguments);
    va_end(arguments);
    cut_character(fault->message);
    return KHACH_SHEET_INVALID;
}

int khach__fault_set(
    khach_sheet_fault *fault, int result, int system_error, const char *format, ...)
{
    va_list arguments;

    fault->field[0] = '\0';
    fault->system_error = system_error;
    va_start(arguments, format);
    (void)vsnprintf(fault->message, sizeof(fault->message), format, arguments);
    va_end(arguments);
    return result;
}
