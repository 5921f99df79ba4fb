#include "position.h"

#include <khach/position.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HEX_BYTES (2 * KHACH_GENERATION_BYTES)
#define SEQ_DIGITS_MAX 20

static int digit(char character)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = character == '\0' ? NULL : strchr(digits, character);

    return found == NULL ? -1 : (int)(found - digits);
}

bool khach__position_read(khach_position *position, const char *text)
{
    const char *at;

    *position = (khach_position){{0}, 0};
    for (size_t i = 0; i < HEX_BYTES; i++) {
        int value = digit(text[i]);

        if (value < 0)
            return false;
        position->generation[i / 2] = (uint8_t)(position->generation[i / 2] << 4 | value);
    }
    if (text[HEX_BYTES] != '-')
        return false;
    at = text + HEX_BYTES + 1;
    if ( at[0] == '\0' || at[0] == '0' || strlen(at) > SEQ_DIGITS_MAX)
        return false;
    for (; *at != '\0'; at++) {
        uint64_t value = (uint64_t)(*at - '0');

        if (*at < '0' || *at > '9' || position->seq > (UINT64_MAX - value) / 10)
            return false;
        position->seq = position->seq * 10 + value;
    }
    return true;
}

void khach__position_write(char *out, const khach_position *position)
{
    for (size_t i = 0; i < KHACH_GENERATION_BYTES; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", position->generation[i]);
    (void)snprintf(out + HEX_BYTES, KHACH_POSITION_BYTES_MAX - HEX_BYTES, "-%" PRIu64,
        position->seq);
}

bool khach__position_generation(
    uint8_t generation[KHACH_GENERATION_BYTES], const khach_bytes *cursor)
{
    if (cursor->count < 1 + KHACH_GENERATION_BYTES)
        return false;
    memcpy(generation, cursor->bytes + 1, KHACH_GENERATION_BYTES);
    return true;
}
