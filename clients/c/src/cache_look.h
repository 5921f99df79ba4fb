#ifndef KHACH_SRC_CACHE_LOOK_H
#define KHACH_SRC_CACHE_LOOK_H

/* Looking at a cache: why a customer is there or not, and how the cache itself is. */

#include "cache.h"

#include <khach/look.h>

/* What the cache alone says of a customer; `digest` is that of its row, if there is one. */
khach_status khach__cache_explain(khach_cache *cache, khach_explanation *out, int64_t customer,
    khach_digest *digest, khach_error **error);

/* cache_checkup.c */
#define KHACH_CHECKUP_FINDINGS_MAX 24
#define KHACH_CHECKUP_TEXT_BYTES 192
typedef struct khach_checkup_line {
    const char *name;
    khach_finding finding;
    char text[KHACH_CHECKUP_TEXT_BYTES];
} khach_checkup_line;

struct khach_checkup {
    khach_checkup_line lines[KHACH_CHECKUP_FINDINGS_MAX];
    size_t count;
};

void khach__checkup_add(khach_checkup *checkup, const char *name, khach_finding finding,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
khach_status khach__cache_checkup(
    khach_cache *cache, khach_checkup *checkup, khach_error **error);

#endif
