/* Digests and revisions: in order, borrowed from the bytes, and of no more memory than those. */

#include "fuzz.h"

#include "compare.h"
#include "wire.h"

static void check_digests(const uint8_t *bytes, size_t bytes_count)
{
    khach_digests digests;
    khach_error *error = NULL;
    khach_status status = khach__compare_digests_read(&digests, bytes, bytes_count, &error);

    HOLDS((status == KHACH_OK) == (error == NULL));
    HOLDS(status == KHACH_OK || strstr(khach_error_message(error), "expected") != NULL);
    khach_error_free(error);
    HOLDS(digests.pages_count <= bytes_count && digests.pages_count <= KHACH_ENGINE_PAGES_MAX);
    for (size_t i = 0; i < digests.pages_count && status == KHACH_OK; i++) {
        const khach_page_digest *page = &digests.pages[i];
        uint8_t slot[KHACH_DIGEST_SLOT_BYTES];

        HOLDS(i == 0 ? page->page == 0 : page->page > digests.pages[i - 1].page);
        khach_digest_write_slot(slot, page->sum);
        HOLDS(khach_digest_is_equal(khach_digest_read_slot(slot), page->sum));
        if (page->slots != NULL)
            HOLDS(fuzz_is_within(page->slots, KHACH_DIGEST_SLOTS * KHACH_DIGEST_SLOT_BYTES, bytes,
                bytes_count));
    }
    if (status == KHACH_OK) {
        HOLDS(digests.pages_count > 0 && digests.seq <= INT64_MAX);
        HOLDS(digests.cursor_bytes > 0);
        HOLDS(fuzz_is_within(digests.cursor, digests.cursor_bytes, bytes, bytes_count));
    }
    free(digests.pages);
}

static void check_revisions(const uint8_t *bytes, size_t bytes_count)
{
    khach_revisions list = {0};
    /* Filled, so that what is not written shows. */
    char token[KHACH_COMPARE_TOKEN_BYTES_MAX];
    uint64_t seq = 0;
    khach_error *error = NULL;
    khach_status status;

    memset(token, 'x', sizeof(token));
    status = khach__compare_revisions_read(&list, token, &seq, bytes, bytes_count, &error);
    HOLDS((status == KHACH_OK) == (error == NULL));
    khach_error_free(error);
    HOLDS(memchr(token, '\0', sizeof(token)) != NULL);
    HOLDS(khach__wire_is_text((const uint8_t *)token, strlen(token)));
    /* The least revision has an id, a sequence and a hash. */
    HOLDS(list.count <= bytes_count / 24);
    for (size_t i = 0; i < list.count; i++) {
        HOLDS(list.rows[i].id > (i == 0 ? 0 : list.rows[i - 1].id));
        HOLDS(list.rows[i].seq > 0 && list.rows[i].seq <= INT64_MAX);
    }
    free(list.rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    if (bytes_count > FUZZ_INPUT_BYTES_MAX)
        return 0;
    check_digests(bytes, bytes_count);
    check_revisions(bytes, bytes_count);
    return 0;
}
