#include "decode.h"

#include <stdlib.h>

static void *take(void *context, size_t bytes)
{
    khach_decoder *decoder = context;
    void *taken = malloc(bytes);

    if (taken == NULL)
        decoder->has_no_memory = true;
    return taken;
}

static void leave(void *context, void *taken)
{
    (void)context;
    free(taken);
}

void khach__decoder_open(khach_decoder *decoder)
{
    *decoder = (khach_decoder){.allocator = {take, leave, decoder}};
}

khach_status khach__decoder_failure(const khach_decoder *decoder, khach_error **error,
    khach_status otherwise, const char *what)
{
    return decoder->has_no_memory
        ? khach__error_set(error, KHACH_E_MEMORY, "no memory for %s", what)
        : khach__error_set(error, otherwise, "%s expected, other bytes found", what);
}
