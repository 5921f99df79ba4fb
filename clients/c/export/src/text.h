#ifndef KHACH_EXPORT_TEXT_H
#define KHACH_EXPORT_TEXT_H

/* Bytes that grow. Running out of memory is remembered, so that it is asked for once a row. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct khach__text {
    uint8_t *bytes;
    size_t count;
    size_t room;
    bool is_lost; /* there was no memory: what `bytes` holds is not whole */
} khach__text;

/* Makes room for `more` bytes; false when there is none. */
bool khach__text_grow(khach__text *text, size_t more);
void khach__text_free(khach__text *text);

static inline void khach__text_add(khach__text *text, const void *bytes, size_t count)
{
    if (count == 0 || (text->room - text->count < count && !khach__text_grow(text, count)))
        return;
    memcpy(text->bytes + text->count, bytes, count);
    text->count += count;
}

static inline void khach__text_add_byte(khach__text *text, uint8_t byte)
{
    if (text->room == text->count && !khach__text_grow(text, 1))
        return;
    text->bytes[text->count++] = byte;
}

static inline void khach__text_add_string(khach__text *text, const char *string)
{
    khach__text_add(text, string, strlen(string));
}

/* Adds a number in decimal. */
void khach__text_add_number(khach__text *text, uint64_t number);

#endif
