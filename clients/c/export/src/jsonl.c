/* Rows as lines of JSON, for programs: the language of the file does not change them. */

#include "contact.h"
#include "times.h"
#include "value.h"

static void add_string(khach__text *out, khach__slice text)
{
    static const char hex[] = "0123456789abcdef";
    size_t plain = 0;

    khach__text_add_byte(out, '"');
    for (size_t i = 0; i < text.count; i++) {
        uint8_t byte = text.bytes[i];
        uint8_t escape[6] = {'\\', 'u', '0', '0', 0, 0};

        if (byte >= 0x20 && byte != '"' && byte != '\\')
            continue;
        khach__text_add(out, text.bytes + plain, i - plain);
        plain = i + 1;
        if (byte >= 0x20) {
            khach__text_add_byte(out, '\\');
            khach__text_add_byte(out, byte);
            continue;
        }
        escape[4] = (uint8_t)hex[byte >> 4];
        escape[5] = (uint8_t)hex[byte & 15];
        khach__text_add(out, escape, sizeof(escape));
    }
    khach__text_add(out, text.bytes + plain, text.count - plain);
    khach__text_add_byte(out, '"');
}

static void add_text(khach__text *out, khach__slice text)
{
    if (text.count == 0)
        khach__text_add_string(out, "null");
    else
        add_string(out, text);
}

/* A name of the schema's enumeration, or null for a number that it does not have here. */
static void add_enum(khach__text *out, uint64_t value, const char *const *names, size_t count)
{
    if (value == 0 || value >= count) {
        khach__text_add_string(out, "null");
        return;
    }
    khach__text_add_byte(out, '"');
    khach__text_add_string(out, names[value]);
    khach__text_add_byte(out, '"');
}

static void add_time(khach__text *out, khach__slice timestamp)
{
    int64_t seconds = 0;
    int32_t milliseconds = 0;

    if (!khach__view_time(timestamp, &seconds, &milliseconds)) {
        khach__text_add_string(out, "null");
        return;
    }
    khach__text_add_byte(out, '"');
    khach__time_add_utc(out, seconds, milliseconds);
    khach__text_add_byte(out, '"');
}

static void add_contact(khach_sheet *sheet, khach__slice value, bool is_phone)
{
    sheet->cell.count = 0;
    if (is_phone)
        khach__contact_add_e164(&sheet->cell, value, sheet->masks_contacts);
    else
        khach__contact_add_email(&sheet->cell, value, sheet->masks_contacts);
    sheet->out.is_lost = sheet->out.is_lost || sheet->cell.is_lost;
    add_string(&sheet->out, (khach__slice){sheet->cell.bytes, sheet->cell.count});
}

/* Adds the first phone or e-mail address, or a list of all of them. */
static void add_contacts(khach_sheet *sheet, khach__column column)
{
    const bool is_phone = column == KHACH_COLUMN_PHONE || column == KHACH_COLUMN_PHONES;
    const bool is_first = column == KHACH_COLUMN_PHONE || column == KHACH_COLUMN_EMAIL;
    const khach__contacts *contacts = is_phone ? &sheet->view.phones : &sheet->view.emails;

    if (is_first && contacts->count == 0) {
        khach__text_add_string(&sheet->out, "null");
    } else if (is_first) {
        add_contact(sheet, contacts->values[0], is_phone);
    } else {
        khach__text_add_byte(&sheet->out, '[');
        for (size_t i = 0; i < contacts->count; i++) {
            if (i > 0)
                khach__text_add_byte(&sheet->out, ',');
            add_contact(sheet, contacts->values[i], is_phone);
        }
        khach__text_add_byte(&sheet->out, ']');
    }
}

static void add_value(khach_sheet *sheet, khach__column column)
{
    static const char *const channels[] = {NULL, "FACEBOOK", "INSTAGRAM", "ZALO_OA", "SHOPEE",
        "LAZADA", "TIKTOK_SHOP", "WEB_CHAT", "OTHER"};
    static const char *const statuses[] = {NULL, "REAL", "USERNAME", "MASKED", "PLACEHOLDER"};
    khach__text *out = &sheet->out;
    const khach__view *view = &sheet->view;

    switch (column) {
    case KHACH_COLUMN_NO:
        khach__text_add_number(out, sheet->rows);
        break;
    case KHACH_COLUMN_CUSTOMER_ID:
        add_string(out, view->id);
        break;
    case KHACH_COLUMN_NAME:
        add_string(out, khach__value_name(view));
        break;
    case KHACH_COLUMN_NAME_STATUS:
        add_enum(out, view->name_status, statuses, sizeof(statuses) / sizeof(*statuses));
        break;
    case KHACH_COLUMN_ADDRESS:
        add_text(out, view->address);
        break;
    case KHACH_COLUMN_BLOCKED:
        khach__text_add_string(out, khach__value_is_blocked(view) ? "true" : "false");
        break;
    case KHACH_COLUMN_BLOCK_REASON:
        add_text(out, view->block_reason);
        break;
    case KHACH_COLUMN_CREATED_AT:
        add_time(out, view->created_at);
        break;
    case KHACH_COLUMN_LAST_INBOUND_AT:
        add_time(out, view->last_inbound_at);
        break;
    case KHACH_COLUMN_PAGE:
        add_text(out, khach__pages_find(&sheet->pages, view->page_id));
        break;
    case KHACH_COLUMN_CHANNEL:
        add_enum(out, view->channel, channels, sizeof(channels) / sizeof(*channels));
        break;
    case KHACH_COLUMN_BUSINESS:
        add_text(
            out, (khach__slice){sheet->business_name.bytes, sheet->business_name.count});
        break;
    case KHACH_COLUMN_EXTERNAL_USER_ID:
        add_text(out, view->external_user_id);
        break;
    case KHACH_COLUMN_FIRST_RECORDED_AT:
        add_time(out, view->first_recorded_at);
        break;
    default:
        add_contacts(sheet, column);
        break;
    }
}

void khach__jsonl_add(khach_sheet *sheet)
{
    for (size_t i = 0; i < sheet->columns.count; i++) {
        khach__text_add_string(&sheet->out, i == 0 ? "{\"" : ",\"");
        khach__text_add_string(&sheet->out, khach__column_key(sheet->columns.list[i]));
        khach__text_add_string(&sheet->out, "\":");
        add_value(sheet, sheet->columns.list[i]);
    }
    khach__text_add_string(&sheet->out, "}\n");
}
