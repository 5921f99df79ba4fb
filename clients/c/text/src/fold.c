/*
 * The folding of names for search, and the cleaning of names for keeping (domain.md §4.5, §4.8).
 *
 * Knows Unicode and nothing else: no locale, no globals.
 */

#include "khach_text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define BAD_BYTE 0xFFFD

/* Code points in an array that this file owns. */
typedef struct code_points {
    int32_t *values;
    size_t count;
} code_points;

/* Bytes of UTF-8 under construction; `bytes` has room for what its maker reserved. */
typedef struct utf8_text {
    uint8_t *bytes;
    size_t count;
} utf8_text;

/* --- reading and writing UTF-8 --- */

/* Copies `text` as valid UTF-8; each bad byte becomes U+FFFD. */
static int utf8_repair(utf8_text *out, const char *text, size_t text_bytes)
{
    const uint8_t *bytes = (const uint8_t *)text;

    out->count = 0;
    if (text_bytes > (SIZE_MAX - 4) / 3)
        return -1;
    out->bytes = malloc(text_bytes * 3 + 4);
    if (out->bytes == NULL)
        return -1;

    for (size_t at = 0; at < text_bytes;) {
        utf8proc_int32_t code = 0;
        size_t left = text_bytes - at;
        utf8proc_ssize_t used =
            utf8proc_iterate(bytes + at, left < 4 ? (utf8proc_ssize_t)left : 4, &code);

        if (used <= 0 || code < 0) {
            code = BAD_BYTE;
            used = 1;
        }
        out->count += (size_t)utf8proc_encode_char(code, out->bytes + out->count);
        at += (size_t)used;
    }
    return 0;
}

static int utf8_encode(utf8_text *out, const code_points *points)
{
    out->count = 0;
    out->bytes = malloc(points->count * 4 + 1);
    if (out->bytes == NULL)
        return -1;

    for (size_t i = 0; i < points->count; i++)
        out->count += (size_t)utf8proc_encode_char(points->values[i], out->bytes + out->count);
    return 0;
}

/* Decomposes as `options` say, and composes again when they ask for it. */
static int decompose(code_points *out, const utf8_text *text, int options)
{
    utf8proc_ssize_t room;
    utf8proc_ssize_t count;

    out->values = NULL;
    out->count = 0;
    room = utf8proc_decompose(
        text->bytes, (utf8proc_ssize_t)text->count, NULL, 0, (utf8proc_option_t)options);
    if (room < 0)
        return -1;
    out->values = malloc(((size_t)room + 1) * sizeof(int32_t));
    if (out->values == NULL)
        return -1;

    count = utf8proc_decompose(text->bytes, (utf8proc_ssize_t)text->count, out->values, room,
        (utf8proc_option_t)options);
    if (count >= 0 && (options & UTF8PROC_COMPOSE) != 0)
        count = utf8proc_normalize_utf32(out->values, count, (utf8proc_option_t)options);
    if (count < 0) {
        free(out->values);
        out->values = NULL;
        return -1;
    }
    out->count = (size_t)count;
    return 0;
}

/* --- folding --- */

/* Letters that have no decomposition but are typed without their stroke. */
static const char *strokeless(int32_t code)
{
    switch (code) {
    case 0x0111: /* đ */
    case 0x00F0: /* ð */
    case 0x0256: /* ɖ */
        return "d";
    case 0x0142: /* ł */
        return "l";
    case 0x00F8: /* ø */
        return "o";
    case 0x00DF: /* ß */
        return "ss";
    case 0x00E6: /* æ */
        return "ae";
    case 0x0153: /* œ */
        return "oe";
    case 0x0131: /* ı */
        return "i";
    default:
        return NULL;
    }
}

/* Writes one decomposed, case-folded code point; runs of what is no letter or digit become one
 * space, which is written only between two that are. */
static void fold_emit(utf8_text *out, int32_t code, bool *gap)
{
    const char *plain = strokeless(code);

    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_CF:
        return;
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        break;
    default:
        *gap = true;
        return;
    }

    if (*gap && out->count > 0)
        out->bytes[out->count++] = ' ';
    *gap = false;
    if (plain != NULL) {
        while (*plain != '\0')
            out->bytes[out->count++] = (uint8_t)*plain++;
    } else {
        out->count += (size_t)utf8proc_encode_char(code, out->bytes + out->count);
    }
}

/* True when each code point of such a text folds alone: Latin letters and Latin marks, whose
 * composition cannot change what is left after the marks are dropped. U+0345 folds to a letter. */
static bool is_latin(int32_t code)
{
    return code < 0x0250 || (code >= 0x0300 && code < 0x0370 && code != 0x0345)
        || (code >= 0x1E00 && code < 0x1F00);
}

/* Folds a text of Latin code points alone. Returns 1 when it has others, and nothing is made. */
static int fold_latin(utf8_text *out, const char *text, size_t text_bytes)
{
    const uint8_t *bytes = (const uint8_t *)text;
    bool gap = false;

    out->count = 0;
    if (text_bytes > SIZE_MAX / 16)
        return 1;
    out->bytes = malloc(text_bytes * 4 + 16);
    if (out->bytes == NULL)
        return -1;

    for (size_t at = 0; at < text_bytes;) {
        utf8proc_int32_t code = bytes[at];
        utf8proc_int32_t parts[32];
        utf8proc_ssize_t used = 1;
        utf8proc_ssize_t parts_count = 1;
        int boundary = 0;

        if (code < 0x80) {
            parts[0] = code >= 'A' && code <= 'Z' ? code + 32 : code;
        } else {
            used = utf8proc_iterate(bytes + at, (utf8proc_ssize_t)(text_bytes - at), &code);
            if (used <= 0 || !is_latin(code))
                goto other;
            parts_count = utf8proc_decompose_char(code, parts, 32,
                (utf8proc_option_t)(UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD),
                &boundary);
            if (parts_count < 0 || parts_count > 32)
                goto other;
        }
        for (utf8proc_ssize_t i = 0; i < parts_count; i++)
            fold_emit(out, parts[i], &gap);
        at += (size_t)used;
    }
    return 0;

other:
    free(out->bytes);
    out->bytes = NULL;
    return 1;
}

/* The rule itself, for any text. */
static int fold_any(utf8_text *out, const char *text, size_t text_bytes)
{
    utf8_text repaired = {NULL, 0};
    utf8_text composed = {NULL, 0};
    code_points points = {NULL, 0};
    bool gap = false;
    int result = -1;

    out->bytes = NULL;
    if (utf8_repair(&repaired, text, text_bytes) != 0)
        goto done;
    if (decompose(&points, &repaired, UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_STABLE) != 0)
        goto done;
    if (utf8_encode(&composed, &points) != 0)
        goto done;
    free(points.values);
    if (decompose(&points, &composed, UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_STABLE)
        != 0)
        goto done;

    /* A space and four bytes for each. */
    out->bytes = malloc(points.count * 5 + 1);
    if (out->bytes == NULL)
        goto done;
    out->count = 0;
    for (size_t i = 0; i < points.count; i++)
        fold_emit(out, points.values[i], &gap);
    result = 0;

done:
    free(repaired.bytes);
    free(composed.bytes);
    free(points.values);
    return result;
}

int khach_text_fold(char **out, size_t *out_bytes, const char *text, size_t text_bytes)
{
    utf8_text folded = {NULL, 0};
    int result;

    *out = NULL;
    *out_bytes = 0;
    result = fold_latin(&folded, text, text_bytes);
    if (result > 0)
        result = fold_any(&folded, text, text_bytes);
    if (result != 0)
        return -1;

    folded.bytes[folded.count] = '\0';
    *out = (char *)folded.bytes;
    *out_bytes = folded.count;
    return 0;
}

/* --- cleaning --- */

static bool is_control(int32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x061C || code == 0x200E
        || code == 0x200F || (code >= 0x202A && code <= 0x202E)
        || (code >= 0x2066 && code <= 0x2069);
}

static bool is_space(int32_t code)
{
    utf8proc_category_t category = utf8proc_category(code);

    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL
        || category == UTF8PROC_CATEGORY_ZP;
}

/* True for what leaves a mark on paper: no space, format or control character, lone mark or
 * filler. */
static bool is_visible(int32_t code)
{
    if (code == 0x115F || code == 0x1160 || code == 0x2800 || code == 0x3164 || code == 0xFFA0)
        return false;

    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return false;
    default:
        return true;
    }
}

/* Leaves the code points that a name keeps, in place. */
static void clean_points(code_points *points)
{
    size_t first = 0;
    size_t end;
    bool visible = false;

    while (first < points->count && is_space(points->values[first]))
        first++;
    end = points->count;
    if (end - first > KHACH_NAME_CODE_POINTS_MAX)
        end = first + KHACH_NAME_CODE_POINTS_MAX;
    while (end > first && is_space(points->values[end - 1]))
        end--;

    points->count = end - first;
    for (size_t i = 0; i < points->count; i++) {
        points->values[i] = points->values[first + i];
        visible = visible || is_visible(points->values[i]);
    }
    if (!visible)
        points->count = 0;
}

int khach_text_clean_name(char **out, size_t *out_bytes, const char *text, size_t text_bytes)
{
    utf8_text repaired = {NULL, 0};
    utf8_text kept = {NULL, 0};
    code_points points = {NULL, 0};
    size_t count = 0;
    int result = -1;

    *out = NULL;
    *out_bytes = 0;
    if (utf8_repair(&repaired, text, text_bytes) != 0)
        goto done;

    /* Drop controls before composing, so that nothing is left uncomposed around them. */
    for (size_t at = 0; at < repaired.count;) {
        utf8proc_int32_t code = 0;
        utf8proc_ssize_t used = utf8proc_iterate(repaired.bytes + at, -1, &code);

        if (used <= 0)
            break;
        if (!is_control(code)) {
            memmove(repaired.bytes + count, repaired.bytes + at, (size_t)used);
            count += (size_t)used;
        }
        at += (size_t)used;
    }
    repaired.count = count;

    if (decompose(&points, &repaired, UTF8PROC_COMPOSE | UTF8PROC_STABLE) != 0)
        goto done;
    clean_points(&points);
    if (utf8_encode(&kept, &points) != 0)
        goto done;

    kept.bytes[kept.count] = '\0';
    *out = (char *)kept.bytes;
    *out_bytes = kept.count;
    result = 0;

done:
    free(repaired.bytes);
    free(points.values);
    return result;
}

void khach_text_free(char *text)
{
    free(text);
}
