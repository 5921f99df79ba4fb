#include "value.h"

#include "contact.h"
#include "times.h"

/* Values of khach.v1.Block.State. */
enum { BLOCK_BLOCKED = 3, BLOCK_PENDING_UNBLOCK = 4 };

#define JOINT "; "

/* By khach.v1.Channel; the last is of any other number. */
typedef struct channel_row {
    const char *vietnamese;
    const char *english;
} channel_row;

static const channel_row channels[] = {
    {"", ""},
    {"Facebook", "Facebook"},
    {"Instagram", "Instagram"},
    {"Zalo OA", "Zalo OA"},
    {"Shopee", "Shopee"},
    {"Lazada", "Lazada"},
    {"TikTok Shop", "TikTok Shop"},
    {"Web chat", "Web chat"},
    {"Khác", "Other"},
};

/* By khach.v1.NameStatus. */
static const char *const name_statuses[][2] = {
    {"", ""},
    {"Tên thật", "Real name"},
    {"Tên tài khoản", "Account name"},
    {"Ẩn bớt", "Partly hidden"},
    {"Tên chung", "General name"},
};

static const channel_row *channel_of(const khach__view *view)
{
    size_t count = sizeof(channels) / sizeof(channels[0]);

    return &channels[view->channel < count ? view->channel : count - 1];
}

khach__slice khach__value_name(const khach__view *view)
{
    const char *placeholder;

    if (view->name.count > 0)
        return view->name;
    placeholder = khach_text_placeholder((int64_t)view->channel);
    return (khach__slice){(const uint8_t *)placeholder, strlen(placeholder)};
}

bool khach__value_is_blocked(const khach__view *view)
{
    return view->block_state == BLOCK_BLOCKED || view->block_state == BLOCK_PENDING_UNBLOCK;
}

static void add_slice(khach__text *out, khach__slice slice)
{
    khach__text_add(out, slice.bytes, slice.count);
}

static void add_name_status(khach__text *out, const khach__view *view, int language)
{
    if (view->name_status < sizeof(name_statuses) / sizeof(name_statuses[0]))
        khach__text_add_string(out, name_statuses[view->name_status][language]);
}

static void add_time(khach__text *out, const khach_sheet *sheet, khach__slice timestamp)
{
    int64_t seconds = 0;
    int32_t milliseconds = 0;

    if (!khach__view_time(timestamp, &seconds, &milliseconds))
        return;
    if (sheet->language == KHACH_SHEET_ENGLISH)
        khach__time_add_english(out, sheet->zone, seconds);
    else
        khach__time_add_vietnamese(out, sheet->zone, seconds);
}

/* Adds the first phone or e-mail address, or all of them. */
static void add_contacts(khach__text *out, const khach_sheet *sheet, khach__column column)
{
    const bool is_phone = column == KHACH_COLUMN_PHONE || column == KHACH_COLUMN_PHONES;
    const bool is_first = column == KHACH_COLUMN_PHONE || column == KHACH_COLUMN_EMAIL;
    const khach__contacts *contacts = is_phone ? &sheet->view.phones : &sheet->view.emails;

    for (size_t i = 0; i < contacts->count && (i == 0 || !is_first); i++) {
        if (i > 0)
            khach__text_add_string(out, JOINT);
        if (is_phone)
            khach__contact_add_phone(out, contacts->values[i], sheet->masks_contacts);
        else
            khach__contact_add_email(out, contacts->values[i], sheet->masks_contacts);
    }
}

void khach__value_add(khach__text *out, khach_sheet *sheet, khach__column column)
{
    const khach__view *view = &sheet->view;
    const int language = sheet->language == KHACH_SHEET_ENGLISH ? 1 : 0;
    static const char *const answers[2][2] = {{"Không", "No"}, {"Có", "Yes"}};

    switch (column) {
    case KHACH_COLUMN_NO:
        khach__text_add_number(out, sheet->rows);
        break;
    case KHACH_COLUMN_CUSTOMER_ID:
        add_slice(out, view->id);
        break;
    case KHACH_COLUMN_NAME:
        add_slice(out, khach__value_name(view));
        break;
    case KHACH_COLUMN_NAME_STATUS:
        add_name_status(out, view, language);
        break;
    case KHACH_COLUMN_ADDRESS:
        add_slice(out, view->address);
        break;
    case KHACH_COLUMN_BLOCKED:
        khach__text_add_string(out, answers[khach__value_is_blocked(view)][language]);
        break;
    case KHACH_COLUMN_BLOCK_REASON:
        add_slice(out, view->block_reason);
        break;
    case KHACH_COLUMN_CREATED_AT:
        add_time(out, sheet, view->created_at);
        break;
    case KHACH_COLUMN_LAST_INBOUND_AT:
        add_time(out, sheet, view->last_inbound_at);
        break;
    case KHACH_COLUMN_PAGE:
        add_slice(out, khach__pages_find(&sheet->pages, view->page_id));
        break;
    case KHACH_COLUMN_CHANNEL:
        khach__text_add_string(out,
            language == 1 ? channel_of(view)->english : channel_of(view)->vietnamese);
        break;
    case KHACH_COLUMN_BUSINESS:
        khach__text_add(out, sheet->business_name.bytes, sheet->business_name.count);
        break;
    case KHACH_COLUMN_EXTERNAL_USER_ID:
        add_slice(out, view->external_user_id);
        break;
    case KHACH_COLUMN_FIRST_RECORDED_AT:
        add_time(out, sheet, view->first_recorded_at);
        break;
    default:
        add_contacts(out, sheet, column);
        break;
    }
}
