/* Rows as CSV: RFC 4180, and no cell that a spreadsheet takes for a formula. */

#include "value.h"

enum {
    IS_PLAIN = 0,
    IS_DROPPED = 1, /* a C0 control, of which no program makes anything good */
    IS_QUOTED = 2   /* what a cell may only hold in quotes */
};

/* Both separators are quoted whichever the file has: a reader that guesses is not led astray. */
static const uint8_t kinds[256] = {
    1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    ['"'] = IS_QUOTED, [','] = IS_QUOTED, [';'] = IS_QUOTED,
};

static bool starts_formula(uint8_t byte)
{
    return byte == '=' || byte == '+' || byte == '-' || byte == '@' || byte == '\t'
        || byte == '\r';
}

/* Writes the cell that lies in `out` from `start` on again, as CSV has it. */
static void rewrite(khach_sheet *sheet, size_t start, uint8_t seen)
{
    khach__text *out = &sheet->out;
    khach__text *cell = &sheet->cell;
    bool is_first = true;

    cell->count = 0;
    khach__text_add(cell, out->bytes + start, out->count - start);
    if (cell->is_lost) {
        out->is_lost = true;
        return;
    }
    out->count = start;
    if ((seen & IS_QUOTED) != 0)
        khach__text_add_byte(out, '"');
    for (size_t i = 0; i < cell->count; i++) {
        uint8_t byte = cell->bytes[i];

        if (kinds[byte] == IS_DROPPED)
            continue;
        if (is_first && starts_formula(byte))
            khach__text_add_byte(out, '\'');
        is_first = false;
        if (byte == '"')
            khach__text_add_byte(out, '"');
        khach__text_add_byte(out, byte);
    }
    if ((seen & IS_QUOTED) != 0)
        khach__text_add_byte(out, '"');
}

static void finish_cell(khach_sheet *sheet, size_t start)
{
    khach__text *out = &sheet->out;
    uint8_t seen = IS_PLAIN;

    if (out->is_lost || out->count == start)
        return;
    for (size_t i = start; i < out->count; i++)
        seen |= kinds[out->bytes[i]];
    if (seen != IS_PLAIN || starts_formula(out->bytes[start]))
        rewrite(sheet, start, seen);
}

static void finish_row(khach_sheet *sheet)
{
    khach__text_add(&sheet->out, "\r\n", 2);
}

void khach__csv_begin(khach_sheet *sheet, bool has_bom)
{
    if (has_bom)
        khach__text_add_string(&sheet->out, "\xEF\xBB\xBF");
    for (size_t i = 0; i < sheet->columns.count; i++) {
        size_t start;

        if (i > 0)
            khach__text_add_byte(&sheet->out, sheet->separator);
        start = sheet->out.count;
        khach__text_add_string(
            &sheet->out, khach__column_header(sheet->columns.list[i], sheet->language));
        finish_cell(sheet, start);
    }
    finish_row(sheet);
}

void khach__csv_add(khach_sheet *sheet)
{
    for (size_t i = 0; i < sheet->columns.count; i++) {
        size_t start;

        if (i > 0)
            khach__text_add_byte(&sheet->out, sheet->separator);
        start = sheet->out.count;
        khach__value_add(&sheet->out, sheet, sheet->columns.list[i]);
        finish_cell(sheet, start);
    }
    finish_row(sheet);
}
