#include "columns.h"

#include "fault.h"

#include <string.h>

typedef struct column_row {
    const char *key;
    const char *vietnamese;
    const char *english;
    double width;
    bool is_default;
} column_row;

/* In the order of khach__column, which is that of domain.md §4.10. */
static const column_row rows[KHACH_COLUMN_COUNT] = {
    {"no", "STT", "No.", 8, true},
    {"customer_id", "Mã khách hàng", "Customer ID", 17, false},
    {"name", "Họ và tên", "Full name", 28, true},
    {"name_status", "Loại tên", "Name type", 14, false},
    {"phone", "Số điện thoại", "Phone", 15, true},
    {"phones", "Tất cả số điện thoại", "All phones", 26, false},
    {"email", "Email", "Email", 28, true},
    {"emails", "Tất cả email", "All emails", 40, false},
    {"address", "Địa chỉ", "Address", 40, true},
    {"blocked", "Bị chặn", "Blocked", 9, true},
    {"block_reason", "Lý do chặn", "Block reason", 24, false},
    {"created_at", "Ngày tạo", "Created date", 26, true},
    {"last_inbound_at", "Lần nhắn gần nhất", "Last message from customer", 26, false},
    {"page", "Fanpage", "Page", 24, true},
    {"channel", "Kênh", "Channel", 12, false},
    {"business", "Doanh nghiệp", "Business", 24, false},
    {"external_user_id", "ID người dùng trên kênh", "Channel user ID", 24, false},
    {"first_recorded_at", "Ngày ghi nhận", "First recorded", 26, false},
};

static int find(const char *key)
{
    for (int i = 0; i < KHACH_COLUMN_COUNT; i++) {
        if (strcmp(rows[i].key, key) == 0)
            return i;
    }
    return -1;
}

/* Every key, for whoever asked for another. */
static void list_keys(char *out, size_t room)
{
    size_t count = 0;

    out[0] = '\0';
    for (int i = 0; i < KHACH_COLUMN_COUNT; i++) {
        size_t bytes = strlen(rows[i].key);

        if (count + bytes + 3 > room)
            return;
        if (i > 0) {
            out[count++] = ',';
            out[count++] = ' ';
        }
        memcpy(out + count, rows[i].key, bytes + 1);
        count += bytes;
    }
}

int khach__columns_read(
    khach__columns *columns, const khach_sheet_options *options, khach_sheet_fault *fault)
{
    char known[300];

    columns->count = 0;
    if (options->columns_count > KHACH_SHEET_COLUMNS_MAX)
        return khach__fault_invalid(fault, "columns", "at most %d columns expected, found %zu",
            KHACH_SHEET_COLUMNS_MAX, options->columns_count);
    for (size_t i = 0; i < options->columns_count; i++) {
        const char *key = options->columns[i];
        int column = find(key);

        if (column < 0) {
            list_keys(known, sizeof(known));
            return khach__fault_invalid(
                fault, "columns", "columns of %s expected, found \"%.40s\"", known, key);
        }
        for (size_t j = 0; j < columns->count; j++) {
            if ((int)columns->list[j] == column)
                return khach__fault_invalid(
                    fault, "columns", "each column once expected, found \"%s\" again", key);
        }
        columns->list[columns->count++] = (khach__column)column;
    }
    if (options->columns_count > 0)
        return KHACH_SHEET_DONE;
    for (int i = 0; i < KHACH_COLUMN_COUNT; i++) {
        if (rows[i].is_default)
            columns->list[columns->count++] = (khach__column)i;
    }
    return KHACH_SHEET_DONE;
}

const char *khach__column_key(khach__column column)
{
    return rows[column].key;
}

const char *khach__column_header(khach__column column, int32_t language)
{
    return language == KHACH_SHEET_ENGLISH ? rows[column].english : rows[column].vietnamese;
}

double khach__column_width(khach__column column)
{
    return rows[column].width;
}
