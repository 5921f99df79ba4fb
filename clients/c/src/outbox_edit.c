/* An edit as somebody asks for it, checked, as the mutation that the server gets. */

#include "outbox.h"
#include "overlay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_BYTES_MAX 2000
#define NAME_CODE_POINTS_MAX 200
#define REASON_BYTES_MAX 500
#define ACTOR_BYTES_MAX 200
#define EMAIL_BYTES_MAX 254
#define PHONE_BYTES_MAX 40
#define PHONE_DIGITS_MIN 8
#define PHONE_DIGITS_MAX 15

/* A mutation under construction, with everything it points to but the caller's texts. */
typedef struct draft {
    Khach__V1__ClientMutation mutation;
    Khach__V1__EditText text;
    Khach__V1__EditBlock block;
    Khach__V1__EditContact contact;
    Google__Protobuf__Timestamp made_at;
    char value[EMAIL_BYTES_MAX + 1]; /* of a contact */
} draft;

static khach_status expect_bytes(
    const char *field, const char *text, size_t least, size_t most, khach_error **error)
{
    size_t count = strlen(text);

    if (count >= least && count <= most)
        return KHACH_OK;
    return khach__error_set(error, KHACH_E_INVALID, "%s: %zu to %zu bytes expected, found %zu",
        field, least, most, count);
}

static khach_status check_name(const char *text, khach_error **error)
{
    size_t count = 0;

    for (const char *at = text; *at != '\0'; at++)
        count += ((unsigned char)*at & 0xC0) != 0x80;
    if (count <= NAME_CODE_POINTS_MAX)
        return KHACH_OK;
    return khach__error_set(error, KHACH_E_INVALID,
        "text: at most %d code points expected, found %zu", NAME_CODE_POINTS_MAX, count);
}

/* A phone as people write it becomes E.164: separators go, and 0 stands for Vietnam. Whether there
 * is such a number, the server says. */
static khach_status read_phone(char *out, const char *text, khach_error **error)
{
    char digits[PHONE_BYTES_MAX + 1];
    size_t count = 0;
    bool is_international = text[0] == '+';
    bool is_phone = strlen(text) <= PHONE_BYTES_MAX;

    for (const char *at = text + is_international; is_phone && *at != '\0'; at++) {
        if (*at >= '0' && *at <= '9')
            digits[count++] = *at;
        else
            is_phone = strchr(" .-()", *at) != NULL;
    }
    digits[is_phone ? count : 0] = '\0';
    if (is_phone && !is_international && count > 1 && digits[0] == '0') {
        (void)snprintf(out, EMAIL_BYTES_MAX, "+84%s", digits + 1);
        count += 1;
    } else {
        (void)snprintf(out, EMAIL_BYTES_MAX, "+%s", digits);
        is_phone = is_phone && is_international;
    }
    if (is_phone && count >= PHONE_DIGITS_MIN && count <= PHONE_DIGITS_MAX)
        return KHACH_OK;
    return khach__error_set(error, KHACH_E_INVALID,
        "text: a phone such as 0912345678 or +6591234567 expected, another text found");
}

static khach_status read_email(char *out, const char *text, khach_error **error)
{
    const char *at = strchr(text, '@');
    size_t count = strlen(text);

    if (at == NULL || at == text || at[1] == '\0' || strchr(at + 1, '@') != NULL
        || strpbrk(text, " \t\r\n<>,;") != NULL || count > EMAIL_BYTES_MAX)
        return khach__error_set(error, KHACH_E_INVALID,
            "text: an e-mail address such as an@example.vn expected, another text found");
    for (size_t i = 0; i <= count; i++)
        out[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + ('a' - 'A') : text[i]);
    return KHACH_OK;
}

static khach_status draft_contact(draft *made, const khach_edit *edit, khach_error **error)
{
    khach_status status;

    switch (edit->contact_kind) {
    case KHACH_CONTACT_PHONE:
        status = read_phone(made->value, edit->text, error);
        break;
    case KHACH_CONTACT_EMAIL:
        status = read_email(made->value, edit->text, error);
        break;
    default:
        status = khach__error_set(error, KHACH_E_INVALID,
            "contact_kind: phone (1) or e-mail (2) expected, %d found", (int)edit->contact_kind);
        break;
    }
    khach__v1__edit_contact__init(&made->contact);
    made->contact.kind = (uint32_t)edit->contact_kind;
    made->contact.value = made->value;
    made->mutation.add_contact = &made->contact; /* all of a union */
    return status;
}

static khach_status draft_change(draft *made, const khach_edit *edit, khach_error **error)
{
    Khach__V1__ClientMutation *mutation = &made->mutation;

    khach__v1__edit_text__init(&made->text);
    made->text.text = (char *)(uintptr_t)edit->text;
    khach__v1__edit_block__init(&made->block);
    made->block.reason = made->text.text;
    switch (edit->kind) {
    case KHACH_EDIT_ADDRESS:
        mutation->change_case = KHACH__V1__CLIENT_MUTATION__CHANGE_ADDRESS;
        mutation->address = &made->text;
        return expect_bytes("text", edit->text, 0, ADDRESS_BYTES_MAX, error);
    case KHACH_EDIT_MANUAL_NAME:
        mutation->change_case = KHACH__V1__CLIENT_MUTATION__CHANGE_MANUAL_NAME;
        mutation->manual_name = &made->text;
        return check_name(edit->text, error);
    case KHACH_EDIT_BLOCK:
        mutation->change_case = KHACH__V1__CLIENT_MUTATION__CHANGE_BLOCK;
        mutation->block = &made->block;
        return expect_bytes("text", edit->text, 0, REASON_BYTES_MAX, error);
    case KHACH_EDIT_UNBLOCK:
        mutation->change_case = KHACH__V1__CLIENT_MUTATION__CHANGE_UNBLOCK;
        mutation->unblock = &made->block;
        return expect_bytes("text", edit->text, 0, REASON_BYTES_MAX, error);
    case KHACH_EDIT_ADD_CONTACT:
        mutation->change_case = KHACH__V1__CLIENT_MUTATION__CHANGE_ADD_CONTACT;
        return draft_contact(made, edit, error);
    case KHACH_EDIT_REJECT_CONTACT:
        mutation->change_case = KHACH__V1__CLIENT_MUTATION__CHANGE_REJECT_CONTACT;
        return draft_contact(made, edit, error);
    case KHACH_EDIT_PIN_CONTACT:
        mutation->change_case = KHACH__V1__CLIENT_MUTATION__CHANGE_PIN_CONTACT;
        return draft_contact(made, edit, error);
    case KHACH_EDIT_UNPIN_CONTACT:
        mutation->change_case = KHACH__V1__CLIENT_MUTATION__CHANGE_UNPIN_CONTACT;
        return draft_contact(made, edit, error);
    default:
        return khach__error_set(error, KHACH_E_INVALID,
            "kind: one of khach_edit_kind expected, %d found", (int)edit->kind);
    }
}

static khach_status read_draft(draft *made, const khach_edit *edit, khach_error **error)
{
    khach_status status;

    khach__v1__client_mutation__init(&made->mutation);
    google__protobuf__timestamp__init(&made->made_at);
    if (edit->customer_id == NULL || edit->actor == NULL || edit->text == NULL)
        return khach__error_set(
            error, KHACH_E_INVALID, "customer_id, actor and text expected, NULL found");
    if (khach__record_number('c', edit->customer_id) < 0)
        return khach__error_set(error, KHACH_E_INVALID,
            "customer_id: one like c0000000000001 expected, another found");
    status = expect_bytes("actor", edit->actor, 1, ACTOR_BYTES_MAX, error);
    if (status != KHACH_OK)
        return status;
    made->mutation.customer_id = (char *)(uintptr_t)edit->customer_id;
    made->mutation.actor = (char *)(uintptr_t)edit->actor;
    made->mutation.made_at = &made->made_at;
    return draft_change(made, edit, error);
}

/* The contact of a mutation about one that has to be there; NULL for others. */
static const Khach__V1__EditContact *known_contact(const Khach__V1__ClientMutation *mutation)
{
    switch (mutation->change_case) {
    case KHACH__V1__CLIENT_MUTATION__CHANGE_REJECT_CONTACT:
        return mutation->reject_contact;
    case KHACH__V1__CLIENT_MUTATION__CHANGE_PIN_CONTACT:
        return mutation->pin_contact;
    case KHACH__V1__CLIENT_MUTATION__CHANGE_UNPIN_CONTACT:
        return mutation->unpin_contact;
    default:
        return NULL;
    }
}

/* What the mutation is made against: the revision of the field, the contact that is there. */
static khach_status rebase(Khach__V1__ClientMutation *mutation,
    const Khach__V1__Customer *customer, khach_error **error)
{
    const Khach__V1__EditContact *contact = known_contact(mutation);

    if (contact != NULL
        && khach__overlay_contact(customer, contact->kind, contact->value) == NULL)
        return khach__error_set(error, KHACH_E_NOT_FOUND,
            "text: a contact point of the customer expected, none found");
    if (mutation->change_case == KHACH__V1__CLIENT_MUTATION__CHANGE_ADDRESS)
        mutation->address->edit_revision =
            customer->address == NULL ? 0 : customer->address->edit_revision;
    if (mutation->change_case == KHACH__V1__CLIENT_MUTATION__CHANGE_MANUAL_NAME)
        mutation->manual_name->edit_revision =
            customer->manual_name == NULL ? 0 : customer->manual_name->edit_revision;
    return KHACH_OK;
}

khach_status khach__outbox_rebase(
    khach_apply *work, Khach__V1__ClientMutation *mutation, int64_t customer, int64_t now_ms)
{
    khach_cache *cache = work->cache;
    sqlite3_stmt *row = NULL;
    Khach__V1__Customer *record = NULL;
    khach_status status = khach__cache_prepare(
        cache, &row, "SELECT record FROM base_customers WHERE id = ?1", work->error);

    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_int64(row, 1, customer);
    khach__arena_clear(&cache->arena);
    if (!khach__cache_has_row(cache, row, &status, work->error))
        status = status != KHACH_OK ? status : khach__error_set(work->error, KHACH_E_NOT_FOUND,
            "customer_id: a customer of the cache expected, none found");
    else
        record = khach__v1__customer__unpack(&cache->arena.allocator,
            (size_t)sqlite3_column_bytes(row, 0), sqlite3_column_blob(row, 0));
    if (status == KHACH_OK && record == NULL)
        status = khach__error_set(
            work->error, KHACH_E_CACHE_CORRUPT, "a customer expected, other bytes found");
    if (status == KHACH_OK)
        status = rebase(mutation, record, work->error);
    khach__cache_done(cache, row);
    mutation->made_at->seconds = now_ms / 1000;
    mutation->made_at->nanos = (int32_t)(now_ms % 1000) * 1000000;
    return status;
}

khach_status khach__outbox_add(khach_cache *cache, const khach_edit *edit, int64_t now_ms,
    uint64_t *mutation_id, khach_error **error)
{
    khach_apply work = {.cache = cache, .error = error};
    draft made = {0};
    khach_status status = read_draft(&made, edit, error);
    int64_t customer;

    if (status != KHACH_OK)
        return status;
    customer = khach__record_number('c', edit->customer_id);
    status = khach__outbox_begin(&work);
    if (status == KHACH_OK)
        status = khach__outbox_rebase(&work, &made.mutation, customer, now_ms);
    if (status == KHACH_OK)
        status = khach__outbox_append(&work, &made.mutation, customer, mutation_id);
    return khach__outbox_end(&work, status);
}
