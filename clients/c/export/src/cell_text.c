#include "cell_text.h"

#define ESCAPE_BYTES 7 /* _x0041_ */

static bool is_hex(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f')
        || (byte >= 'A' && byte <= 'F');
}

/* Whether a spreadsheet would read one character in place of what stands here. */
static bool is_escape(const uint8_t *bytes, size_t left)
{
    if (left < ESCAPE_BYTES || bytes[1] != 'x' || bytes[6] != '_')
        return false;
    return is_hex(bytes[2]) && is_hex(bytes[3]) && is_hex(bytes[4]) && is_hex(bytes[5]);
}

/* Bytes of the character that begins here; text is UTF-8 (a record's strings always are). */
static size_t character_bytes(const uint8_t *bytes, size_t left)
{
    size_t count = bytes[0] < 0x80 ? 1 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;

    return count < left ? count : left;
}

static bool needs_cleaning(const khach__text *cell)
{
    if (cell->count > KHACH_CELL_UNITS_MAX)
        return true;
    for (size_t i = 0; i < cell->count; i++) {
        uint8_t byte = cell->bytes[i];

        if (byte < 0x20 || byte == '_' || byte == 0xEF)
            return true;
    }
    return false;
}

/* Adds one character, or what stands for it. */
static void add(khach__text *out, const uint8_t *at, size_t bytes, size_t left)
{
    if (*at == '\r') {
        if (left < 2 || at[1] != '\n')
            khach__text_add_byte(out, '\n');
    } else if (*at >= 0x20 || *at == '\t' || *at == '\n') {
        /* U+FFFE and U+FFFF are no characters of XML. */
        if (bytes == 3 && at[0] == 0xEF && at[1] == 0xBF && at[2] >= 0xBE)
            return;
        if (*at == '_' && is_escape(at, left))
            khach__text_add_string(out, "_x005F");
        khach__text_add(out, at, bytes);
    }
}

void khach__cell_text_clean(khach__text *cell, khach__text *spare)
{
    size_t units = 0;

    if (!needs_cleaning(cell)) {
        khach__text_add_byte(cell, '\0');
        return;
    }
    spare->count = 0;
    for (size_t i = 0; i < cell->count;) {
        size_t bytes = character_bytes(cell->bytes + i, cell->count - i);
        size_t before = spare->count;

        add(spare, cell->bytes + i, bytes, cell->count - i);
        units += bytes == 4 ? 2 : spare->count - before > bytes ? ESCAPE_BYTES : 1;
        if (units > KHACH_CELL_UNITS_MAX) {
            spare->count = before;
            break;
        }
        i += bytes;
    }
    cell->count = 0;
    khach__text_add(cell, spare->bytes, spare->count);
    khach__text_add_byte(cell, '\0');
    cell->is_lost = cell->is_lost || spare->is_lost;
}
