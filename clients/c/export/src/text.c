#include "text.h"

#include <stdlib.h>

#define FIRST_BYTES 1024
#define NUMBER_DIGITS_MAX 20

bool khach__text_grow(khach__text *text, size_t more)
{
    size_t room = text->room < FIRST_BYTES ? FIRST_BYTES : text->room * 2;
    uint8_t *grown;

    if (text->is_lost)
        return false;
    if (more > SIZE_MAX / 4 - text->count) {
        text->is_lost = true;
        return false;
    }
    while (room - text->count < more)
        room *= 2;
    grown = realloc(text->bytes, room);
    if (grown == NULL) {
        text->is_lost = true;
        return false;
    }
    text->bytes = grown;
    text->room = room;
    return true;
}

void khach__text_free(khach__text *text)
{
    free(text->bytes);
    *text = (khach__text){0};
}

void khach__text_add_number(khach__text *text, uint64_t number)
{
    uint8_t digits[NUMBER_DIGITS_MAX];
    size_t at = NUMBER_DIGITS_MAX;

    do {
        digits[--at] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    khach__text_add(text, digits + at, NUMBER_DIGITS_MAX - at);
}
