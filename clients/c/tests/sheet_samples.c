#include "sheet_samples.h"

#include "khach/v1/customer.pb-c.h"

#include <stdlib.h>

static Google__Protobuf__Timestamp time_of(int64_t seconds, int32_t nanos)
{
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;

    time.seconds = seconds;
    time.nanos = nanos;
    return time;
}

static Khach__V1__ContactPoint contact(char *value, int is_rejected)
{
    Khach__V1__ContactPoint point = KHACH__V1__CONTACT_POINT__INIT;

    point.value = value;
    point.rejected = is_rejected;
    return point;
}

static uint8_t *pack(const Khach__V1__Customer *customer, size_t *bytes)
{
    uint8_t *record = malloc(khach__v1__customer__get_packed_size(customer) + 1);

    if (record == NULL)
        abort();
    *bytes = khach__v1__customer__pack(customer, record);
    return record;
}

static uint8_t *full(size_t *bytes)
{
    Khach__V1__Customer customer = KHACH__V1__CUSTOMER__INIT;
    Google__Protobuf__Timestamp created = time_of(1748710799, 999000000);
    Google__Protobuf__Timestamp recorded = time_of(1748710800, 0);
    Google__Protobuf__Timestamp inbound = time_of(1782795600, 5000000);
    Khach__V1__ContactPoint points[] = {contact("+84999999999", 1), contact("+84912345678", 0),
        contact("+842838123456", 0), contact("xx@old.vn", 1), contact("nguyenvana@gmail.com", 0),
        contact("a.b+c@shop.com.vn", 0)};
    Khach__V1__ContactPoint *phones[] = {&points[0], &points[1], &points[2]};
    Khach__V1__ContactPoint *emails[] = {&points[3], &points[4], &points[5]};
    Khach__V1__HandEntry address = KHACH__V1__HAND_ENTRY__INIT;
    Khach__V1__Block block = KHACH__V1__BLOCK__INIT;
    Khach__V1__ActivityDay day = KHACH__V1__ACTIVITY_DAY__INIT;
    Khach__V1__ActivityDay *days[] = {&day, &day};

    day.day = 20000;
    day.messaged = 1;
    address.text = "12 Lê Lợi, Quận 1";
    address.updated_by = "an";
    block.state = KHACH__V1__BLOCK__STATE__BLOCKED;
    block.reason = "spam";
    customer.id = "c0000000000001";
    customer.page_id = SAMPLE_PAGE;
    customer.channel = KHACH__V1__CHANNEL__FACEBOOK;
    customer.external_user_id = "00368864389442572";
    customer.name = "Nguyễn Văn An";
    customer.name_status = KHACH__V1__NAME_STATUS__REAL;
    customer.created_at = &created;
    customer.first_recorded_at = &recorded;
    customer.last_inbound_at = &inbound;
    customer.n_phones = 3;
    customer.phones = phones;
    customer.n_emails = 3;
    customer.emails = emails;
    customer.address = &address;
    customer.block = &block;
    customer.n_days = 2;
    customer.days = days;
    return pack(&customer, bytes);
}

static uint8_t *bare(size_t *bytes)
{
    Khach__V1__Customer customer = KHACH__V1__CUSTOMER__INIT;

    customer.id = "c0000000000002";
    customer.page_id = "p0000000000009";
    customer.channel = KHACH__V1__CHANNEL__ZALO_OA;
    customer.name_status = KHACH__V1__NAME_STATUS__PLACEHOLDER;
    return pack(&customer, bytes);
}

static uint8_t *nasty(size_t *bytes)
{
    Khach__V1__Customer customer = KHACH__V1__CUSTOMER__INIT;
    Khach__V1__HandEntry address = KHACH__V1__HAND_ENTRY__INIT;
    Khach__V1__Block block = KHACH__V1__BLOCK__INIT;

    address.text = "\x01\x02+1\x03 \"x\",\r\ny;z\x1F\tw\x7F";
    block.state = KHACH__V1__BLOCK__STATE__PENDING_UNBLOCK;
    block.reason = "_x0041_ \xEF\xBF\xBF<&>";
    customer.id = "c0000000000003";
    customer.page_id = SAMPLE_PAGE;
    customer.channel = KHACH__V1__CHANNEL__SHOPEE;
    customer.external_user_id = "-1";
    customer.name = "=HYPERLINK(\"http://x\")";
    customer.name_status = KHACH__V1__NAME_STATUS__USERNAME;
    customer.address = &address;
    customer.block = &block;
    return pack(&customer, bytes);
}

static uint8_t *abroad(size_t *bytes)
{
    Khach__V1__Customer customer = KHACH__V1__CUSTOMER__INIT;
    Google__Protobuf__Timestamp created = time_of(0, 0);
    Google__Protobuf__Timestamp inbound = time_of(INT64_C(253402300800), 0);
    Khach__V1__ContactPoint points[] = {contact("+12025550123", 0), contact("+4712345", 0),
        contact("ab@x.vn", 0), contact("abc@x.vn", 0)};
    Khach__V1__ContactPoint *phones[] = {&points[0], &points[1]};
    Khach__V1__ContactPoint *emails[] = {&points[2], &points[3]};
    Khach__V1__Block block = KHACH__V1__BLOCK__INIT;

    block.state = KHACH__V1__BLOCK__STATE__PENDING_BLOCK;
    customer.id = "c0000000000004";
    customer.page_id = SAMPLE_PAGE;
    customer.channel = (Khach__V1__Channel)77;
    customer.external_user_id = "@me";
    customer.name = "N***n";
    customer.name_status = KHACH__V1__NAME_STATUS__MASKED;
    customer.created_at = &created;
    customer.last_inbound_at = &inbound;
    customer.n_phones = 2;
    customer.phones = phones;
    customer.n_emails = 2;
    customer.emails = emails;
    customer.block = &block;
    return pack(&customer, bytes);
}

uint8_t *sample_record(int sample, size_t *bytes)
{
    switch (sample) {
    case SAMPLE_FULL:
        return full(bytes);
    case SAMPLE_BARE:
        return bare(bytes);
    case SAMPLE_NASTY:
        return nasty(bytes);
    default:
        return abroad(bytes);
    }
}

uint8_t *sample_record_named(const char *name, size_t *bytes)
{
    Khach__V1__Customer customer = KHACH__V1__CUSTOMER__INIT;

    customer.id = "c0000000000005";
    customer.name = (char *)(uintptr_t)name;
    return pack(&customer, bytes);
}
