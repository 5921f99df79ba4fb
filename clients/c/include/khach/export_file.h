#ifndef KHACH_EXPORT_FILE_H
#define KHACH_EXPORT_FILE_H

#include <khach/client.h>
#include <khach/query.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Customers of the cache as a file: no network, and the same bytes as the server's at the same
 * commit sequence. The file shows one state of the cache, whatever is synced meanwhile.
 */

#define KHACH_EXPORT_COLUMNS_MAX 32
#define KHACH_EXPORT_IDS_MAX 10000

/** The kind of file. The values are ABI, and those of the schema. */
typedef enum khach_export_format {
    KHACH_EXPORT_XLSX = 1,
    KHACH_EXPORT_CSV = 2,
    KHACH_EXPORT_JSONL = 3
} khach_export_format;

/** The language of headers and values. The values are ABI, and those of the schema. */
typedef enum khach_export_language {
    KHACH_EXPORT_VIETNAMESE = 1,
    KHACH_EXPORT_ENGLISH = 2
} khach_export_language;

/** An export under way. Opaque. */
typedef struct khach_export khach_export;

/** What is exported, and how. Begin with KHACH_EXPORT_OPTIONS_INIT or its function. */
typedef struct khach_export_options {
    size_t struct_size;
    /** Which customers, in their order; NULL for all. `limit` and `after` only with `one_page`. */
    const khach_query *query;
    /** Exactly these, in this order; at most KHACH_EXPORT_IDS_MAX. Then `query` must be NULL. */
    const char *const *ids;
    size_t id_count;
    /** Nonzero for the one page of khach_list() that `query` asks for. */
    int32_t one_page;
    /** A khach_export_format. */
    int32_t format;
    /** A khach_export_language. */
    int32_t language;
    /** Nonzero shows phones and e-mail addresses in part only: "0912***678". */
    int32_t mask_contacts;
    /** Keys such as "name", in the order of the file; empty means the default ones. */
    const char *const *columns;
    size_t column_count;
    /** CSV: "," (also NULL and "") or ";". */
    const char *separator;
    /** CSV: nonzero leaves the byte order mark out. */
    int32_t without_bom;
    /** Where the file goes; for XLSX a regular file, which is empty. It stays yours. */
    int32_t fd;
    /** XLSX: where temporary files without a name are made; NULL means "/tmp". */
    const char *temporary_folder;
    /** XLSX: rows of one worksheet, before another begins; 0 means as many as it can hold. */
    uint32_t sheet_rows_max;
} khach_export_options;

#define KHACH_EXPORT_OPTIONS_INIT \
    { \
        sizeof(khach_export_options), NULL, NULL, 0, 0, KHACH_EXPORT_XLSX, \
            KHACH_EXPORT_VIETNAMESE, 0, NULL, 0, NULL, 0, -1, NULL, 0 \
    }

/** How far an export is. Begin with khach_export_progress_init(). */
typedef struct khach_export_progress {
    size_t struct_size;
    /** Nonzero when the file is whole. */
    int32_t is_finished;
    /** Zero when the cache's first pass is under way: customers may be missing. */
    int32_t is_complete;
    /** Rows in the file so far, and in all. */
    uint64_t rows_done;
    uint64_t rows_total;
    /** The commit sequence that the file shows, and the server's clock when it was. */
    uint64_t seq;
    int64_t as_of_ms;
} khach_export_progress;

/**
 * The same as KHACH_EXPORT_OPTIONS_INIT, for languages that cannot see a macro. NULL is a no-op.
 *
 * Owns:    nothing.
 * Borrows: `options`, until the call returns.
 * Threads: any.
 * Blocks:  no.
 */
KHACH_API void khach_export_options_init(khach_export_options *options);

/**
 * Clears `progress` and sets its size. NULL is a no-op.
 *
 * Owns:    nothing.
 * Borrows: `progress`, until the call returns.
 * Threads: any.
 * Blocks:  no.
 */
KHACH_API void khach_export_progress_init(khach_export_progress *progress);

/**
 * Begins an export: checks everything, and holds the state of the cache.
 *
 * Owns:    on KHACH_OK `*out` is yours: khach_export_close(). On failure it is NULL. If `error` is
 *          not NULL, `*error` is set on failure and is yours: khach_error_free().
 * Borrows: `client`, until the call returns; `options` and what it points to, until
 *          khach_export_close().
 * Threads: the thread that has the client. The export has a connection of its own and may then be
 *          stepped on another, while the client is used or even closed.
 * Blocks:  on the disk.
 *
 * KHACH_E_INVALID names the option. KHACH_E_NOT_FOUND when a page or an id is not of the business.
 */
KHACH_API KHACH_MUST_USE khach_status khach_export_open(khach_export **out, khach_client *client,
    const khach_export_options *options, khach_error **error);

/**
 * Writes at most 1000 rows; after the last, finishes the file. Call until `is_finished`.
 *
 * Owns:    if `error` is not NULL, `*error` is set on failure and is yours.
 * Borrows: `out`, which may be NULL.
 * Threads: one at a time.
 * Blocks:  on the disk, and on whatever reads `fd`. The last step of an XLSX file writes all of it.
 *
 * After a failure the file is not whole, and there is no going on.
 */
KHACH_API KHACH_MUST_USE khach_status khach_export_step(
    khach_export *export_, khach_export_progress *out, khach_error **error);

/**
 * Ends an export, finished or not. NULL is a no-op. Never fails.
 *
 * Owns:    `export_` is gone.
 * Borrows: nothing.
 * Threads: one at a time.
 * Blocks:  no.
 */
KHACH_API void khach_export_close(khach_export *export_);

#ifdef __cplusplus
}
#endif

#endif
