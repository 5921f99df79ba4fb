#ifndef KHACH_SRC_EXPORT_FILE_H
#define KHACH_SRC_EXPORT_FILE_H

#include "cache.h"

#include <khach/export_file.h>

/* Opens another connection to the file of `cache`, and begins an export over it. */
khach_status khach__export_open(khach_export **out, const khach_cache *cache,
    const khach_export_options *options, khach_error **error);

#endif
