/* Customers of the cache as a file: pages of a list in one read transaction, given to the formatter
 * that the server has, too. */

#include "export_file.h"

#include "customer.h"

#include "khach_sheet.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is read of a query here; the rest is for the cache to judge. */
#define QUERY_BYTES_MIN (offsetof(khach_query, after) + sizeof(const char *))

struct khach_export {
    khach_cache *cache; /* its own, in one read transaction */
    khach_sheet *sheet;
    const khach_export_options *options; /* the caller's, until the end */
    khach_query query;
    char after[128];
    size_t next_id;
    bool is_finished;
    khach_export_progress progress;
};

void khach_export_options_init(khach_export_options *options)
{
    if (options != NULL)
        *options = (khach_export_options)KHACH_EXPORT_OPTIONS_INIT;
}

void khach_export_progress_init(khach_export_progress *progress)
{
    if (progress != NULL)
        *progress = (khach_export_progress){.struct_size = sizeof(khach_export_progress)};
}

/* What the formatter said, as a status. */
static khach_status fault_status(
    int result, const khach_sheet_fault *fault, khach_error **error)
{
    khach_status status = result == KHACH_SHEET_INVALID ? KHACH_E_INVALID
        : result == KHACH_SHEET_MEMORY                  ? KHACH_E_MEMORY
        : result == KHACH_SHEET_BROKEN                  ? KHACH_E_CACHE_CORRUPT
        : fault->system_error == ENOSPC                 ? KHACH_E_DISK_FULL
                                                        : KHACH_E_IO;

    if (fault->field[0] == '\0')
        return khach__error_set(
            error, status, "an export that can be made expected: %s", fault->message);
    return khach__error_set(error, status, "%s as an export has them expected: %s", fault->field,
        fault->message);
}

/* --- opening --- */

static khach_status check_options(const khach_export_options *options, khach_error **error)
{
    const khach_query *query = options->query;
    struct stat status;

    if (options->struct_size != sizeof(*options))
        return khach__error_set(error, KHACH_E_INVALID,
            "export options of %zu bytes from their initialiser expected, %zu found",
            sizeof(*options), options->struct_size);
    if (options->id_count > KHACH_EXPORT_IDS_MAX || (options->id_count > 0 && options->ids == NULL))
        return khach__error_set(error, KHACH_E_INVALID, "at most %d ids expected, %zu%s found",
            KHACH_EXPORT_IDS_MAX, options->id_count, options->ids == NULL ? " at NULL" : "");
    if (options->column_count > 0 && options->columns == NULL)
        return khach__error_set(
            error, KHACH_E_INVALID, "%zu columns expected, NULL found", options->column_count);
    if (query != NULL && query->struct_size < QUERY_BYTES_MIN)
        return khach__error_set(error, KHACH_E_INVALID,
            "struct_size: a query of at least %zu bytes expected, %zu found", QUERY_BYTES_MIN,
            query->struct_size);
    if (options->id_count > 0 && (query != NULL || options->one_page != 0))
        return khach__error_set(
            error, KHACH_E_INVALID, "ids, a query or one page expected, more than one found");
    if (query != NULL && options->one_page == 0
        && (query->limit != 0 || (query->after != NULL && query->after[0] != '\0')))
        return khach__error_set(error, KHACH_E_INVALID,
            "no limit and no after expected in the query unless one page is exported");
    if (fstat(options->fd, &status) != 0)
        return khach__error_set(
            error, KHACH_E_INVALID, "an open fd expected, %d found", (int)options->fd);
    if (options->format == KHACH_EXPORT_XLSX && (!S_ISREG(status.st_mode) || status.st_size != 0))
        return khach__error_set(
            error, KHACH_E_INVALID, "an empty regular file expected for XLSX, another found");
    return KHACH_OK;
}

/* Begins the read transaction: SQLite takes the snapshot with the first read. */
static khach_status hold(khach_export *made, khach_error **error)
{
    khach_cache_sync sync = {0};
    khach_status status = khach__cache_step(made->cache, "BEGIN", error);

    if (status == KHACH_OK)
        status = khach__cache_sync_read(made->cache, &sync, error);
    free(sync.cursor.bytes);
    if (status != KHACH_OK)
        return status;
    if (sync.phase == KHACH_PHASE_EMPTY)
        return khach__error_set(
            error, KHACH_E_NOT_SYNCED, "a synced cache expected, one that never was found");
    made->cache->is_held = true;
    made->progress.seq = sync.seq;
    made->progress.as_of_ms = sync.as_of_ms;
    made->progress.is_complete = sync.phase == KHACH_PHASE_COMPLETE;
    return KHACH_OK;
}

static khach_status name_pages(
    khach_export *made, const khach_page_list *pages, khach_error **error)
{
    for (size_t i = 0; i < khach_page_list_count(pages); i++) {
        const char *id = khach_page_list_id_at(pages, i);
        const char *name = khach_page_list_name_at(pages, i);

        if (khach_sheet_name_page(made->sheet, id, strlen(id), name, strlen(name))
            != KHACH_SHEET_DONE)
            return khach__error_set(error, KHACH_E_MEMORY, "no memory for an export");
    }
    return KHACH_OK;
}

static khach_status open_sheet(khach_export *made, khach_error **error)
{
    const khach_export_options *options = made->options;
    khach_page_list *pages = NULL;
    khach_sheet_fault fault = {0};
    khach_sheet_options settings = {
        .format = options->format,
        .language = options->language,
        .columns = options->columns,
        .columns_count = options->column_count,
        .separator = options->separator,
        .without_bom = options->without_bom != 0,
        .masks_contacts = options->mask_contacts != 0,
        .seq = made->progress.seq,
        .descriptor = options->fd,
        .temporary_folder = options->temporary_folder,
        .sheet_rows_max = options->sheet_rows_max,
    };
    khach_status status = khach__cache_pages(made->cache, &pages, error);
    int result;

    if (status != KHACH_OK)
        return status;
    settings.time_zone = khach_page_list_business_zone(pages);
    settings.business_id = khach_page_list_business_id(pages);
    settings.business_name = khach_page_list_business_name(pages);
    result = khach_sheet_open(&made->sheet, &settings, &fault);
    status = result == KHACH_SHEET_DONE ? name_pages(made, pages, error)
                                        : fault_status(result, &fault, error);
    khach_page_list_free(pages);
    return status;
}

/* Each id, before the first row is written. */
static khach_status check_ids(khach_export *made, khach_error **error)
{
    khach_status status = KHACH_OK;

    for (size_t i = 0; status == KHACH_OK && i < made->options->id_count; i++) {
        khach_customer *customer = NULL;

        status = khach__cache_get(made->cache, &customer, made->options->ids[i], error);
        khach_customer_free(customer);
        if (status == KHACH_E_NOT_FOUND || status == KHACH_E_INVALID)
            return khach__error_set(
                error, status, "ids[%zu]: a customer of the business expected, none found", i);
    }
    made->progress.rows_total = made->options->id_count;
    return status;
}

static khach_status count_rows(khach_export *made, khach_error **error)
{
    khach_customer_list *list = NULL;
    khach_status status;

    if (made->options->id_count > 0)
        return check_ids(made, error);
    if (made->options->one_page == 0)
        return khach__cache_count(
            made->cache, &made->progress.rows_total, made->options->query, error);
    status = khach__cache_list(made->cache, &list, made->options->query, error);
    made->progress.rows_total = khach_customer_list_count(list);
    khach_customer_list_free(list);
    return status;
}

khach_status khach__export_open(khach_export **out, const khach_cache *cache,
    const khach_export_options *options, khach_error **error)
{
    const char *path = sqlite3_db_filename(cache->db, "main");
    khach_export *made = NULL;
    khach_status status = check_options(options, error);

    if (status != KHACH_OK)
        return status;
    made = calloc(1, sizeof(*made));
    if (made == NULL)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory for an export");
    made->options = options;
    khach_export_progress_init(&made->progress);
    khach_query_init(&made->query);
    if (options->query != NULL)
        memcpy(&made->query, options->query,
            options->query->struct_size < sizeof(made->query) ? options->query->struct_size
                                                              : sizeof(made->query));
    if (options->one_page == 0)
        made->query.limit = KHACH_QUERY_LIMIT_MAX;

    status = khach__cache_open(
        &made->cache, path, cache->business_id, cache->lock_timeout_ms, error);
    if (status == KHACH_OK)
        status = hold(made, error);
    if (status == KHACH_OK)
        status = count_rows(made, error);
    if (status == KHACH_OK)
        status = open_sheet(made, error);
    if (status == KHACH_OK)
        *out = made;
    else
        khach_export_close(made);
    return status;
}

/* --- steps --- */

/* Writes what the formatter has ready. */
static khach_status write_ready(khach_export *made, khach_error **error)
{
    size_t count = 0;
    const uint8_t *bytes = khach_sheet_bytes(made->sheet, &count);

    while (count > 0) {
        ssize_t written = write(made->options->fd, bytes, count);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return khach__error_set(error, errno == ENOSPC ? KHACH_E_DISK_FULL : KHACH_E_IO,
                "a file that can be written expected, found: %s", strerror(errno));
        bytes += written;
        count -= (size_t)written;
    }
    khach_sheet_take(made->sheet);
    return KHACH_OK;
}

static khach_status add_row(
    khach_export *made, const khach_customer *customer, khach_error **error)
{
    khach_sheet_fault fault = {0};
    int result = khach_sheet_add(made->sheet, customer->bytes, customer->bytes_count, &fault);

    return result == KHACH_SHEET_DONE ? KHACH_OK : fault_status(result, &fault, error);
}

static khach_status add_ids(khach_export *made, bool *is_last, khach_error **error)
{
    size_t end = made->next_id + KHACH_QUERY_LIMIT_MAX;
    khach_status status = KHACH_OK;

    if (end > made->options->id_count)
        end = made->options->id_count;
    while (status == KHACH_OK && made->next_id < end) {
        khach_customer *customer = NULL;

        status = khach__cache_get(
            made->cache, &customer, made->options->ids[made->next_id++], error);
        if (status == KHACH_OK)
            status = add_row(made, customer, error);
        khach_customer_free(customer);
    }
    *is_last = end == made->options->id_count;
    return status;
}

static khach_status add_page(khach_export *made, bool *is_last, khach_error **error)
{
    khach_customer_list *list = NULL;
    khach_status status = khach__cache_list(made->cache, &list, &made->query, error);

    for (size_t i = 0; status == KHACH_OK && i < khach_customer_list_count(list); i++)
        status = add_row(made, khach_customer_list_at(list, i), error);
    if (status == KHACH_OK) {
        const char *next = khach_customer_list_next(list);

        *is_last = made->options->one_page != 0 || next[0] == '\0';
        memcpy(made->after, next, strlen(next) + 1);
        made->query.after = made->after;
    }
    khach_customer_list_free(list);
    return status;
}

static khach_status finish(khach_export *made, khach_error **error)
{
    khach_sheet_fault fault = {0};
    int result = khach_sheet_finish(made->sheet, &fault);

    if (result != KHACH_SHEET_DONE)
        return fault_status(result, &fault, error);
    made->progress.is_finished = 1;
    return KHACH_OK;
}

khach_status khach_export_step(
    khach_export *export_, khach_export_progress *out, khach_error **error)
{
    bool is_last = false;
    khach_status status;

    if (error != NULL)
        *error = NULL;
    if (export_ == NULL)
        return khach__error_set(
            error, KHACH_E_INVALID, "a required argument expected, NULL found");
    if (out != NULL && out->struct_size != sizeof(*out))
        return khach__error_set(error, KHACH_E_INVALID,
            "progress of %zu bytes from its initialiser expected, %zu found", sizeof(*out),
            out->struct_size);
    if (export_->is_finished)
        return khach__error_set(
            error, KHACH_E_INVALID, "an export under way expected, one that is over found");

    status = export_->options->id_count > 0 ? add_ids(export_, &is_last, error)
                                            : add_page(export_, &is_last, error);
    if (status == KHACH_OK)
        status = write_ready(export_, error);
    export_->progress.rows_done = khach_sheet_rows(export_->sheet);
    if (status == KHACH_OK && is_last)
        status = finish(export_, error);
    export_->is_finished = is_last || status != KHACH_OK;
    if (status == KHACH_OK && out != NULL)
        *out = export_->progress;
    return status;
}

void khach_export_close(khach_export *export_)
{
    if (export_ == NULL)
        return;
    khach_sheet_free(export_->sheet);
    khach__cache_close(export_->cache);
    free(export_);
}
