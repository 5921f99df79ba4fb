#include "index_model.h"

#include "harness.h"

#include "fixture.h"

#include "khach/v1/customer.pb-c.h"

static const char *const names[] = {"", "Nguyễn Văn An", "Nguyen Van An", "Nguyễn Thị Lan",
    "Trần Ngọc Hạ", "An Nguyễn", "An Nguyễn Văn", "Lê Văn Anh", "Le Anh Van", "Đặng Thị Đào",
    "Dang Dao", "An", "Ánh", "Lan Anh Lan", "Hà Lan", "🌸🌸", "🌸 Lan", "Nguyễn Nguyên Khang",
    "nguyenan", "LAN"};
static const char *const phones[] = {NULL, NULL, "+84912345678", "+84912345679", "+84912345670"};
static const char *const emails[] = {NULL, NULL, NULL, "a@b.vn", "lan@shop.vn"};

uint64_t model_next(model *world)
{
    uint64_t mixed = world->seed += UINT64_C(0x9E3779B97F4A7C15);

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ mixed >> 31;
}

size_t model_pick(model *world, size_t count)
{
    return (size_t)(model_next(world) % count);
}

/* --- records --- */

static void set_time(Google__Protobuf__Timestamp *time, Google__Protobuf__Timestamp **field,
    int64_t milliseconds)
{
    google__protobuf__timestamp__init(time);
    time->seconds = milliseconds / 1000;
    time->nanos = (int32_t)(milliseconds % 1000) * 1000000;
    if (milliseconds != 0)
        *field = time;
}

static void set_days(Khach__V1__Customer *record, const model_customer *customer,
    Khach__V1__ActivityDay *days, Khach__V1__ActivityDay **places)
{
    for (size_t i = 0; i < customer->days_count; i++) {
        khach__v1__activity_day__init(&days[i]);
        days[i].day = customer->days[i];
        days[i].messaged = (customer->activities[i] & KHACH_DAY_MESSAGED) != 0;
        days[i].commented = (customer->activities[i] & KHACH_DAY_COMMENTED) != 0;
        days[i].message_conversation =
            (customer->activities[i] & KHACH_DAY_MESSAGE_CONVERSATION) != 0;
        days[i].comment_conversations =
            customer->activities[i] >> KHACH_DAY_COMMENT_CONVERSATIONS_SHIFT;
        places[i] = &days[i];
    }
    record->days = places;
    record->n_days = customer->days_count;
}

static void encode(model_customer *customer)
{
    Khach__V1__Customer record = KHACH__V1__CUSTOMER__INIT;
    Khach__V1__ContactPoint phone = KHACH__V1__CONTACT_POINT__INIT;
    Khach__V1__ContactPoint email = KHACH__V1__CONTACT_POINT__INIT;
    Khach__V1__ContactPoint *phone_places[] = {&phone};
    Khach__V1__ContactPoint *email_places[] = {&email};
    Khach__V1__Block block = KHACH__V1__BLOCK__INIT;
    Khach__V1__BlockInterval interval = KHACH__V1__BLOCK_INTERVAL__INIT;
    Khach__V1__BlockInterval *interval_places[] = {&interval, &interval};
    Khach__V1__ActivityDay days[MODEL_DAYS_MAX];
    Khach__V1__ActivityDay *day_places[MODEL_DAYS_MAX];
    Google__Protobuf__Timestamp times[8];
    char id[16];
    char page[16];

    fixture_id(id, 'c', (uint64_t)customer->id);
    fixture_id(page, 'p', (uint64_t)customer->page);
    record.id = id;
    record.page_id = page;
    record.channel = (Khach__V1__Channel)customer->channel;
    record.name = (char *)(uintptr_t)customer->name;
    record.name_status = (Khach__V1__NameStatus)customer->name_status;
    set_time(&times[0], &record.created_at, customer->created_at);
    set_time(&times[1], &record.first_recorded_at, customer->first_recorded_at);
    set_time(&times[2], &record.first_inbound_at, customer->first_inbound_at);
    set_time(&times[3], &record.last_inbound_at, customer->last_inbound_at);
    if (customer->phone != NULL) {
        phone.value = (char *)(uintptr_t)customer->phone;
        phone.rejected = customer->is_phone_rejected;
        set_time(&times[4], &phone.first_seen_at, customer->phone_seen_at);
        record.phones = phone_places;
        record.n_phones = 1;
    }
    if (customer->email != NULL) {
        email.value = (char *)(uintptr_t)customer->email;
        set_time(&times[5], &email.first_seen_at, customer->email_seen_at);
        record.emails = email_places;
        record.n_emails = 1;
    }
    block.state = (Khach__V1__Block__State)customer->block_state;
    if (customer->blocked_from != 0) {
        set_time(&times[6], &interval.from, customer->blocked_from);
        set_time(&times[7], &interval.until, customer->blocked_until);
        block.intervals = interval_places;
        /* An ended block that a record has twice is one. */
        block.n_intervals = 1 + (size_t)(customer->blocked_until != 0 && customer->id % 2);
    }
    record.block = customer->block_state == 0 ? NULL : &block;
    set_days(&record, customer, days, day_places);
    customer->record_bytes = khach__v1__customer__get_packed_size(&record);
    customer->record = malloc(customer->record_bytes);
    CHECK(customer->record != NULL);
    (void)khach__v1__customer__pack(&record, customer->record);
}

/* --- changes --- */

/* Instants repeat, so that ties are common; a third of all, as after an import, are one. */
static int64_t some_instant(model *world)
{
    int64_t day = MODEL_FIRST_DAY + (int64_t)model_pick(world, 30);
    static const int64_t times[] = {0, 1, 43200000, 86399999};

    if (model_pick(world, 3) == 0)
        return (MODEL_FIRST_DAY + 3) * MODEL_DAY_MS;
    return day * MODEL_DAY_MS + times[model_pick(world, 4)];
}

static void make_days(model *world, model_customer *customer)
{
    int64_t last = customer->created_at / MODEL_DAY_MS;

    customer->days_count = model_pick(world, MODEL_DAYS_MAX + 1);
    customer->first_inbound_at = customer->last_inbound_at = 0;
    for (size_t i = 0; i < customer->days_count; i++) {
        /* Mostly few; now and then more than a byte has room for. */
        size_t conversations = model_pick(world, model_pick(world, 8) == 0 ? 400 : 3);
        uint32_t activity = (uint32_t)model_pick(world, 8)
            | (uint32_t)conversations << KHACH_DAY_COMMENT_CONVERSATIONS_SHIFT;
        int64_t at;

        last += i == 0 ? (int64_t)model_pick(world, 2) : 1 + (int64_t)model_pick(world, 5);
        customer->days[i] = (int32_t)last;
        customer->activities[i] = activity;
        if ((activity & 3) == 0)
            continue;
        at = last * MODEL_DAY_MS + (int64_t)model_pick(world, 3) * 28800000;
        if (at < customer->created_at)
            at = customer->created_at;
        if (customer->first_inbound_at == 0)
            customer->first_inbound_at = at;
        customer->last_inbound_at = at;
    }
    /* Delivered again with a later time, it counts on the day of the first. */
    if (customer->last_inbound_at != 0 && model_pick(world, 6) == 0)
        customer->last_inbound_at += (int64_t)model_pick(world, 4) * MODEL_DAY_MS;
}

void model_change(model *world, size_t number)
{
    model_customer *customer = &world->customers[number];

    free(customer->record);
    customer->record = NULL;
    customer->is_there = model_pick(world, 12) != 0;
    if (!customer->is_there)
        return;
    customer->id = (int64_t)number + 1000;
    if (customer->page == 0) {
        customer->page = 1 + (int64_t)model_pick(world, MODEL_PAGES);
        customer->business = 1 + customer->page % world->businesses;
        customer->channel = 1 + (int)(customer->page % 4);
        customer->first_recorded_at = some_instant(world);
    }
    customer->name = names[model_pick(world, sizeof(names) / sizeof(names[0]))];
    customer->name_status = customer->name[0] == '\0' ? 4 : 1 + (int)model_pick(world, 3);
    customer->created_at = some_instant(world);
    customer->phone = phones[model_pick(world, 5)];
    customer->is_phone_rejected = model_pick(world, 3) == 0;
    customer->phone_seen_at = some_instant(world);
    customer->email = emails[model_pick(world, 5)];
    customer->email_seen_at = some_instant(world);
    customer->block_state = (int)model_pick(world, 5);
    customer->blocked_from = model_pick(world, 3) == 0 ? some_instant(world) : 0;
    customer->blocked_until = model_pick(world, 2) == 0 ? some_instant(world) : 0;
    make_days(world, customer);
    encode(customer);
}

void model_free(model *world)
{
    for (size_t i = 0; i < MODEL_CUSTOMERS; i++)
        free(world->customers[i].record);
}

/* --- lists --- */

static bool is_blocked(const model_customer *customer)
{
    return customer->block_state == 3 || customer->block_state == 4;
}

static bool has_phone(const model_customer *customer)
{
    return customer->phone != NULL && !customer->is_phone_rejected;
}

static bool agrees(int32_t wanted, bool found)
{
    return wanted < 0 || (wanted != 0) == found;
}

static bool is_page_asked(const int64_t *pages, size_t count, int64_t page)
{
    for (size_t i = 0; i < count; i++) {
        if (pages[i] == page)
            return true;
    }
    return count == 0;
}

static bool has_written(const model_customer *customer, const khach_index_filter *filter)
{
    for (size_t i = 0; i < customer->days_count; i++) {
        if (customer->days[i] >= filter->messaged_from && customer->days[i] <= filter->messaged_to
            && (customer->activities[i] & filter->messaged_kinds) != 0)
            return true;
    }
    return filter->messaged_kinds == 0;
}

static int rank_of(const model_customer *customer, const khach_name_query *query)
{
    char *folded = NULL;
    size_t bytes = 0;
    int rank;

    CHECK(khach_text_fold(&folded, &bytes, customer->name, strlen(customer->name)) == 0);
    rank = khach_name_query_rank(query, customer->name, strlen(customer->name), folded, bytes);
    khach_text_free(folded);
    return rank;
}

static bool is_asked(const model_customer *customer, const khach_index_filter *filter)
{
    return customer->is_there && customer->business == filter->business_id
        && is_page_asked(filter->pages, filter->pages_count, customer->page)
        && (filter->channels == 0 || (filter->channels >> customer->channel & 1) != 0)
        && (filter->name_statuses == 0 || (filter->name_statuses >> customer->name_status & 1) != 0)
        && agrees(filter->has_phone, has_phone(customer))
        && agrees(filter->has_email, customer->email != NULL)
        && agrees(filter->blocked, is_blocked(customer))
        && customer->created_at >= filter->created_from
        && customer->created_at < filter->created_before && has_written(customer, filter);
}

static bool comes_before(khach_index_order order, const khach_index_position *left,
    const khach_index_position *right)
{
    bool is_ascending = order == KHACH_INDEX_CREATED_ASCENDING;

    if (left->rank != right->rank)
        return left->rank < right->rank;
    if (left->key != right->key)
        return is_ascending ? left->key < right->key : left->key > right->key;
    return is_ascending ? left->id < right->id : left->id > right->id;
}

size_t model_list(const model *world, const khach_index_filter *filter, khach_index_order order,
    khach_index_position *out)
{
    size_t count = 0;

    for (size_t i = 0; i < MODEL_CUSTOMERS; i++) {
        const model_customer *customer = &world->customers[i];
        bool is_created =
            order == KHACH_INDEX_CREATED_DESCENDING || order == KHACH_INDEX_CREATED_ASCENDING;
        khach_index_position place = {0};
        size_t at = count;

        if (!is_asked(customer, filter))
            continue;
        if (filter->name != NULL && rank_of(customer, filter->name) == 0)
            continue;
        place.rank = order == KHACH_INDEX_RELEVANCE ? rank_of(customer, filter->name) : 0;
        place.key = is_created ? customer->created_at : customer->last_inbound_at;
        place.id = customer->id;
        for (; at > 0 && comes_before(order, &place, &out[at - 1]); at--)
            out[at] = out[at - 1];
        out[at] = place;
        count++;
    }
    return count;
}

/* --- statistics --- */

static khach_index_statistics_row *row_of(khach_index_statistics_row *rows, size_t *count,
    const khach_index_statistics_query *query, const model_customer *customer, int32_t day)
{
    khach_index_statistics_row key = {.day = day};
    size_t at = 0;

    if (query->grouping == KHACH_INDEX_BY_PAGE)
        key.page_id = customer->page;
    if (query->grouping != KHACH_INDEX_BY_BUSINESS)
        key.channel = customer->channel;
    for (; at < *count; at++) {
        if (rows[at].day == key.day && rows[at].page_id == key.page_id
            && rows[at].channel == key.channel)
            return &rows[at];
        if (rows[at].day > key.day
            || (rows[at].day == key.day
                && (query->grouping == KHACH_INDEX_BY_PAGE ? rows[at].page_id > key.page_id
                                                           : rows[at].channel > key.channel)))
            break;
    }
    memmove(&rows[at + 1], &rows[at], (*count - at) * sizeof(*rows));
    rows[at] = key;
    (*count)++;
    return &rows[at];
}

static void add(khach_index_statistics *out, const khach_index_statistics_query *query,
    const model_customer *customer, int64_t instant, int measure, uint64_t by)
{
    int32_t day = (int32_t)(instant / MODEL_DAY_MS);

    if (day < query->day_from || day >= query->day_from + (int32_t)query->days_count || by == 0)
        return;
    row_of(out->rows, &out->rows_count, query, customer, day)->measures[measure] += by;
    row_of(out->totals, &out->totals_count, query, customer, 0)->measures[measure] += by;
}

static void add_days(khach_index_statistics *out, const khach_index_statistics_query *query,
    const model_customer *customer)
{
    static const uint32_t kinds[] = {3, KHACH_DAY_MESSAGED, KHACH_DAY_COMMENTED};

    for (int kind = 0; kind < 3; kind++) {
        int measure = KHACH_MEASURE_ACTIVE_CUSTOMERS + kind;
        bool is_counted = false;

        for (size_t i = 0; i < customer->days_count; i++) {
            int32_t day = customer->days[i];

            if ((customer->activities[i] & kinds[kind]) == 0 || day < query->day_from
                || day >= query->day_from + (int32_t)query->days_count)
                continue;
            row_of(out->rows, &out->rows_count, query, customer, day)->measures[measure]++;
            if (!is_counted)
                row_of(out->totals, &out->totals_count, query, customer, 0)->measures[measure]++;
            is_counted = true;
        }
    }
    for (size_t i = 0; i < customer->days_count; i++) {
        int64_t at = (int64_t)customer->days[i] * MODEL_DAY_MS;

        add(out, query, customer, at, KHACH_MEASURE_MESSAGE_CONVERSATIONS,
            (customer->activities[i] & KHACH_DAY_MESSAGE_CONVERSATION) != 0);
        add(out, query, customer, at, KHACH_MEASURE_COMMENT_CONVERSATIONS,
            customer->activities[i] >> KHACH_DAY_COMMENT_CONVERSATIONS_SHIFT);
    }
}

/* Whether no other customer of the page had the value before. */
static bool is_first(const model *world, const model_customer *customer, bool is_phone)
{
    const char *value = is_phone ? customer->phone : customer->email;
    int64_t seen = is_phone ? customer->phone_seen_at : customer->email_seen_at;

    for (size_t i = 0; i < MODEL_CUSTOMERS; i++) {
        const model_customer *other = &world->customers[i];
        const char *theirs = is_phone ? other->phone : other->email;
        int64_t theirs_seen = is_phone ? other->phone_seen_at : other->email_seen_at;

        if (!other->is_there || other->page != customer->page || theirs == NULL
            || (is_phone && !has_phone(other)) || strcmp(theirs, value) != 0)
            continue;
        if (theirs_seen < seen || (theirs_seen == seen && other->id < customer->id))
            return false;
    }
    return true;
}

void model_statistics(const model *world, const khach_index_statistics_query *query,
    khach_index_statistics *out)
{
    for (size_t i = 0; i < MODEL_CUSTOMERS; i++) {
        const model_customer *customer = &world->customers[i];

        if (!customer->is_there || customer->business != query->business_id
            || !is_page_asked(query->pages, query->pages_count, customer->page)
            || (query->channels != 0 && (query->channels >> customer->channel & 1) == 0))
            continue;
        add(out, query, customer,
            query->basis == KHACH_INDEX_NEW_BY_CREATED              ? customer->created_at
                : query->basis == KHACH_INDEX_NEW_BY_FIRST_RECORDED ? customer->first_recorded_at
                                                                    : customer->first_inbound_at,
            KHACH_MEASURE_NEW_CUSTOMERS, 1);
        add_days(out, query, customer);
        if (has_phone(customer) && is_first(world, customer, true))
            add(out, query, customer, customer->phone_seen_at, KHACH_MEASURE_PHONES_FOUND, 1);
        if (customer->email != NULL && is_first(world, customer, false))
            add(out, query, customer, customer->email_seen_at, KHACH_MEASURE_EMAILS_FOUND, 1);
        if (customer->block_state == 0 || customer->blocked_from == 0)
            continue;
        add(out, query, customer, customer->blocked_from, KHACH_MEASURE_BLOCKED, 1);
        add(out, query, customer, customer->blocked_until, KHACH_MEASURE_UNBLOCKED,
            customer->blocked_until != 0);
    }
}
