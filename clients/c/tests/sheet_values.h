#ifndef KHACH_TESTS_SHEET_VALUES_H
#define KHACH_TESTS_SHEET_VALUES_H

/* What every column says of every sample, written by hand. */

#include "sheet_samples.h"

#include <stddef.h>

typedef struct value {
    int sample;
    const char *column;
    const char *vi; /* a cell of CSV */
    const char *en; /* NULL: the same */
    const char *json;
    const char *xlsx; /* in either language, as JSON; NULL: the text of CSV */
} value;

static const value values[] = {
    {SAMPLE_FULL, "no", "1", NULL, "1", "1"},
    {SAMPLE_FULL, "customer_id", "c0000000000001", NULL, "\"c0000000000001\"", NULL},
    {SAMPLE_FULL, "name", "Nguyễn Văn An", NULL, "\"Nguyễn Văn An\"", NULL},
    {SAMPLE_FULL, "name_status", "Tên thật", "Real name", "\"REAL\"", NULL},
    {SAMPLE_FULL, "phone", "0912345678", NULL, "\"+84912345678\"", NULL},
    {SAMPLE_FULL, "phones", "\"0912345678; 02838123456\"", NULL,
        "[\"+84912345678\",\"+842838123456\"]", "\"0912345678; 02838123456\""},
    {SAMPLE_FULL, "email", "nguyenvana@gmail.com", NULL, "\"nguyenvana@gmail.com\"", NULL},
    {SAMPLE_FULL, "emails", "\"nguyenvana@gmail.com; a.b+c@shop.com.vn\"", NULL,
        "[\"nguyenvana@gmail.com\",\"a.b+c@shop.com.vn\"]",
        "\"nguyenvana@gmail.com; a.b+c@shop.com.vn\""},
    {SAMPLE_FULL, "address", "\"12 Lê Lợi, Quận 1\"", NULL, "\"12 Lê Lợi, Quận 1\"",
        "\"12 Lê Lợi, Quận 1\""},
    {SAMPLE_FULL, "blocked", "Có", "Yes", "true", NULL},
    {SAMPLE_FULL, "block_reason", "spam", NULL, "\"spam\"", NULL},
    {SAMPLE_FULL, "created_at", "31/05/2025 23:59", "2025-05-31T23:59:59+07:00",
        "\"2025-05-31T16:59:59.999Z\"", NULL},
    {SAMPLE_FULL, "last_inbound_at", "30/06/2026 12:00", "2026-06-30T12:00:00+07:00",
        "\"2026-06-30T05:00:00.005Z\"", NULL},
    {SAMPLE_FULL, "page", "\"Áo dài, \"\"Sài Gòn\"\"\"", NULL, "\"Áo dài, \\\"Sài Gòn\\\"\"",
        "\"Áo dài, \\\"Sài Gòn\\\"\""},
    {SAMPLE_FULL, "channel", "Facebook", NULL, "\"FACEBOOK\"", NULL},
    {SAMPLE_FULL, "business", "Shop An", NULL, "\"Shop An\"", NULL},
    {SAMPLE_FULL, "external_user_id", "00368864389442572", NULL, "\"00368864389442572\"", NULL},
    {SAMPLE_FULL, "first_recorded_at", "01/06/2025 00:00", "2025-06-01T00:00:00+07:00",
        "\"2025-05-31T17:00:00Z\"", NULL},

    {SAMPLE_BARE, "no", "1", NULL, "1", "1"},
    {SAMPLE_BARE, "customer_id", "c0000000000002", NULL, "\"c0000000000002\"", NULL},
    {SAMPLE_BARE, "name", "Zalo User", NULL, "\"Zalo User\"", NULL},
    {SAMPLE_BARE, "name_status", "Tên chung", "General name", "\"PLACEHOLDER\"", NULL},
    {SAMPLE_BARE, "phone", "", NULL, "null", NULL},
    {SAMPLE_BARE, "phones", "", NULL, "[]", NULL},
    {SAMPLE_BARE, "email", "", NULL, "null", NULL},
    {SAMPLE_BARE, "emails", "", NULL, "[]", NULL},
    {SAMPLE_BARE, "address", "", NULL, "null", NULL},
    {SAMPLE_BARE, "blocked", "Không", "No", "false", NULL},
    {SAMPLE_BARE, "block_reason", "", NULL, "null", NULL},
    {SAMPLE_BARE, "created_at", "", NULL, "null", NULL},
    {SAMPLE_BARE, "last_inbound_at", "", NULL, "null", NULL},
    {SAMPLE_BARE, "page", "", NULL, "null", NULL},
    {SAMPLE_BARE, "channel", "Zalo OA", NULL, "\"ZALO_OA\"", NULL},
    {SAMPLE_BARE, "business", "Shop An", NULL, "\"Shop An\"", NULL},
    {SAMPLE_BARE, "external_user_id", "", NULL, "null", NULL},
    {SAMPLE_BARE, "first_recorded_at", "", NULL, "null", NULL},

    {SAMPLE_NASTY, "no", "1", NULL, "1", "1"},
    {SAMPLE_NASTY, "customer_id", "c0000000000003", NULL, "\"c0000000000003\"", NULL},
    {SAMPLE_NASTY, "name", "\"'=HYPERLINK(\"\"http://x\"\")\"", NULL,
        "\"=HYPERLINK(\\\"http://x\\\")\"", "\"=HYPERLINK(\\\"http://x\\\")\""},
    {SAMPLE_NASTY, "name_status", "Tên tài khoản", "Account name", "\"USERNAME\"", NULL},
    {SAMPLE_NASTY, "phone", "", NULL, "null", NULL},
    {SAMPLE_NASTY, "phones", "", NULL, "[]", NULL},
    {SAMPLE_NASTY, "email", "", NULL, "null", NULL},
    {SAMPLE_NASTY, "emails", "", NULL, "[]", NULL},
    {SAMPLE_NASTY, "address", "\"'+1 \"\"x\"\",\r\ny;z\tw\x7F\"", NULL,
        "\"\\u0001\\u0002+1\\u0003 \\\"x\\\",\\u000d\\u000ay;z\\u001f\\u0009w\x7F\"",
        "\"+1 \\\"x\\\",\\ny;z\\tw\x7F\""},
    {SAMPLE_NASTY, "blocked", "Có", "Yes", "true", NULL},
    {SAMPLE_NASTY, "block_reason", "_x0041_ \xEF\xBF\xBF<&>", NULL,
        "\"_x0041_ \xEF\xBF\xBF<&>\"", "\"_x0041_ <&>\""},
    {SAMPLE_NASTY, "created_at", "", NULL, "null", NULL},
    {SAMPLE_NASTY, "last_inbound_at", "", NULL, "null", NULL},
    {SAMPLE_NASTY, "page", "\"Áo dài, \"\"Sài Gòn\"\"\"", NULL, "\"Áo dài, \\\"Sài Gòn\\\"\"",
        "\"Áo dài, \\\"Sài Gòn\\\"\""},
    {SAMPLE_NASTY, "channel", "Shopee", NULL, "\"SHOPEE\"", NULL},
    {SAMPLE_NASTY, "business", "Shop An", NULL, "\"Shop An\"", NULL},
    {SAMPLE_NASTY, "external_user_id", "'-1", NULL, "\"-1\"", "\"-1\""},
    {SAMPLE_NASTY, "first_recorded_at", "", NULL, "null", NULL},

    {SAMPLE_ABROAD, "no", "1", NULL, "1", "1"},
    {SAMPLE_ABROAD, "customer_id", "c0000000000004", NULL, "\"c0000000000004\"", NULL},
    {SAMPLE_ABROAD, "name", "N***n", NULL, "\"N***n\"", NULL},
    {SAMPLE_ABROAD, "name_status", "Ẩn bớt", "Partly hidden", "\"MASKED\"", NULL},
    {SAMPLE_ABROAD, "phone", "'+12025550123", NULL, "\"+12025550123\"", "\"+12025550123\""},
    {SAMPLE_ABROAD, "phones", "\"'+12025550123; +4712345\"", NULL,
        "[\"+12025550123\",\"+4712345\"]", "\"+12025550123; +4712345\""},
    {SAMPLE_ABROAD, "email", "ab@x.vn", NULL, "\"ab@x.vn\"", NULL},
    {SAMPLE_ABROAD, "emails", "\"ab@x.vn; abc@x.vn\"", NULL, "[\"ab@x.vn\",\"abc@x.vn\"]",
        "\"ab@x.vn; abc@x.vn\""},
    {SAMPLE_ABROAD, "address", "", NULL, "null", NULL},
    {SAMPLE_ABROAD, "blocked", "Không", "No", "false", NULL},
    {SAMPLE_ABROAD, "block_reason", "", NULL, "null", NULL},
    {SAMPLE_ABROAD, "created_at", "01/01/1970 08:00", "1970-01-01T08:00:00+08:00",
        "\"1970-01-01T00:00:00Z\"", NULL},
    {SAMPLE_ABROAD, "last_inbound_at", "", NULL, "null", NULL},
    {SAMPLE_ABROAD, "page", "\"Áo dài, \"\"Sài Gòn\"\"\"", NULL, "\"Áo dài, \\\"Sài Gòn\\\"\"",
        "\"Áo dài, \\\"Sài Gòn\\\"\""},
    {SAMPLE_ABROAD, "channel", "Khác", "Other", "null", NULL},
    {SAMPLE_ABROAD, "business", "Shop An", NULL, "\"Shop An\"", NULL},
    {SAMPLE_ABROAD, "external_user_id", "'@me", NULL, "\"@me\"", "\"@me\""},
    {SAMPLE_ABROAD, "first_recorded_at", "", NULL, "null", NULL},
};

typedef struct header {
    const char *column;
    const char *vi;
    const char *en;
} header;

static const header headers[] = {
    {"no", "STT", "No."},
    {"customer_id", "Mã khách hàng", "Customer ID"},
    {"name", "Họ và tên", "Full name"},
    {"name_status", "Loại tên", "Name type"},
    {"phone", "Số điện thoại", "Phone"},
    {"phones", "Tất cả số điện thoại", "All phones"},
    {"email", "Email", "Email"},
    {"emails", "Tất cả email", "All emails"},
    {"address", "Địa chỉ", "Address"},
    {"blocked", "Bị chặn", "Blocked"},
    {"block_reason", "Lý do chặn", "Block reason"},
    {"created_at", "Ngày tạo", "Created date"},
    {"last_inbound_at", "Lần nhắn gần nhất", "Last message from customer"},
    {"page", "Fanpage", "Page"},
    {"channel", "Kênh", "Channel"},
    {"business", "Doanh nghiệp", "Business"},
    {"external_user_id", "ID người dùng trên kênh", "Channel user ID"},
    {"first_recorded_at", "Ngày ghi nhận", "First recorded"},
};
#define HEADERS (sizeof(headers) / sizeof(headers[0]))

/* The columns that contacts are in, masked. */
static const value masked[] = {
    {SAMPLE_FULL, "phone", "0912***678", NULL, "\"+84912***678\"", NULL},
    {SAMPLE_FULL, "phones", "\"0912***678; 0283***456\"", NULL,
        "[\"+84912***678\",\"+84283***456\"]", NULL},
    {SAMPLE_FULL, "email", "ng***@gmail.com", NULL, "\"ng***@gmail.com\"", NULL},
    {SAMPLE_FULL, "emails", "\"ng***@gmail.com; a.***@shop.com.vn\"", NULL,
        "[\"ng***@gmail.com\",\"a.***@shop.com.vn\"]", NULL},
    {SAMPLE_FULL, "name", "Nguyễn Văn An", NULL, "\"Nguyễn Văn An\"", NULL},
    {SAMPLE_ABROAD, "phones", "\"'+1202***123; +47***\"", NULL, "[\"+1202***123\",\"+47***\"]",
        NULL},
    {SAMPLE_ABROAD, "emails", "\"***@x.vn; a***@x.vn\"", NULL, "[\"***@x.vn\",\"a***@x.vn\"]",
        NULL},
    {SAMPLE_BARE, "phone", "", NULL, "null", NULL},
    {SAMPLE_BARE, "emails", "", NULL, "[]", NULL},
};

#endif
