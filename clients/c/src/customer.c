/* What callers read of customers and pages. */

#include "customer.h"

#include "decode.h"

#include "khach_text.h"

#include <stdlib.h>
#include <string.h>

khach_customer_list *khach__customer_list_new(size_t room)
{
    khach_customer_list *list = calloc(1, sizeof(*list));

    if (list == NULL)
        return NULL;
    list->customers = calloc(room + 1, sizeof(*list->customers));
    list->room = room;
    if (list->customers == NULL) {
        free(list);
        return NULL;
    }
    return list;
}

static void clear(khach_customer *customer)
{
    if (customer->record != NULL)
        khach__v1__customer__free_unpacked(customer->record, NULL);
    free(customer->bytes);
    *customer = (khach_customer){0};
}

static khach_status keep(
    khach_customer *customer, const khach_customer_row *row, khach_error **error)
{
    customer->bytes = malloc(row->bytes_count + 1);
    if (customer->bytes == NULL)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory for a customer");
    if (row->bytes_count > 0)
        memcpy(customer->bytes, row->bytes, row->bytes_count);
    customer->bytes_count = row->bytes_count;
    customer->seq = row->seq;
    return KHACH_OK;
}

khach_status khach__customer_fill(
    khach_customer *customer, const khach_customer_row *row, khach_error **error)
{
    khach_decoder decoder;
    khach_status status = keep(customer, row, error);

    if (status != KHACH_OK)
        return status;
    khach__decoder_open(&decoder);
    customer->record =
        khach__v1__customer__unpack(&decoder.allocator, row->bytes_count, row->bytes);
    if (customer->record != NULL)
        return KHACH_OK;
    clear(customer);
    return khach__decoder_failure(&decoder, error, KHACH_E_CACHE_CORRUPT, "a customer");
}

khach_status khach__customer_list_add(khach_customer_list *list, const khach_customer_row *row,
    bool is_decoded, khach_error **error)
{
    khach_customer *place = &list->customers[list->count];
    khach_status status =
        is_decoded ? khach__customer_fill(place, row, error) : keep(place, row, error);

    list->count += status == KHACH_OK;
    return status;
}

void khach_customer_free(khach_customer *customer)
{
    if (customer == NULL)
        return;
    clear(customer);
    free(customer);
}

/* --- one customer --- */

const char *khach_customer_id(const khach_customer *customer)
{
    return customer == NULL ? "" : customer->record->id;
}

const char *khach_customer_page_id(const khach_customer *customer)
{
    return customer == NULL ? "" : customer->record->page_id;
}

const char *khach_customer_external_user_id(const khach_customer *customer)
{
    return customer == NULL ? "" : customer->record->external_user_id;
}

const char *khach_customer_name(const khach_customer *customer)
{
    return customer == NULL ? "" : customer->record->name;
}

const char *khach_customer_display_name(const khach_customer *customer)
{
    if (customer == NULL)
        return "";
    if (customer->record->name[0] != '\0')
        return customer->record->name;
    return khach_text_placeholder((int64_t)customer->record->channel);
}

int32_t khach_customer_name_status(const khach_customer *customer)
{
    return customer == NULL ? 0 : (int32_t)customer->record->name_status;
}

int32_t khach_customer_channel(const khach_customer *customer)
{
    return customer == NULL ? 0 : (int32_t)customer->record->channel;
}

int64_t khach_customer_created_at_ms(const khach_customer *customer)
{
    return customer == NULL ? 0 : khach__record_ms(customer->record->created_at);
}

int64_t khach_customer_first_recorded_at_ms(const khach_customer *customer)
{
    return customer == NULL ? 0 : khach__record_ms(customer->record->first_recorded_at);
}

int64_t khach_customer_first_inbound_at_ms(const khach_customer *customer)
{
    return customer == NULL ? 0 : khach__record_ms(customer->record->first_inbound_at);
}

int64_t khach_customer_last_inbound_at_ms(const khach_customer *customer)
{
    return customer == NULL ? 0 : khach__record_ms(customer->record->last_inbound_at);
}

int64_t khach_customer_last_outbound_at_ms(const khach_customer *customer)
{
    return customer == NULL ? 0 : khach__record_ms(customer->record->last_outbound_at);
}

const char *khach_customer_address(const khach_customer *customer)
{
    return customer == NULL || customer->record->address == NULL ? ""
                                                                 : customer->record->address->text;
}

int32_t khach_customer_block_state(const khach_customer *customer)
{
    if (customer == NULL || customer->record->block == NULL)
        return KHACH_BLOCK_NONE;
    return (int32_t)customer->record->block->state;
}

int64_t khach_customer_block_since_ms(const khach_customer *customer)
{
    if (customer == NULL || customer->record->block == NULL)
        return 0;
    return khach__record_ms(customer->record->block->since);
}

int32_t khach_customer_is_pending(const khach_customer *customer)
{
    return customer != NULL && customer->is_pending;
}

uint64_t khach_customer_seq(const khach_customer *customer)
{
    return customer == NULL ? 0 : customer->seq;
}

const uint8_t *khach_customer_record(const khach_customer *customer, size_t *bytes_out)
{
    if (bytes_out != NULL)
        *bytes_out = customer == NULL ? 0 : customer->bytes_count;
    return customer == NULL ? NULL : customer->bytes;
}

/* --- contact points --- */

static const Khach__V1__ContactPoint *phone_at(const khach_customer *customer, size_t index)
{
    return index < khach_customer_phone_count(customer) ? customer->record->phones[index] : NULL;
}

static const Khach__V1__ContactPoint *email_at(const khach_customer *customer, size_t index)
{
    return index < khach_customer_email_count(customer) ? customer->record->emails[index] : NULL;
}

size_t khach_customer_phone_count(const khach_customer *customer)
{
    return customer == NULL ? 0 : customer->record->n_phones;
}

const char *khach_customer_phone_at(const khach_customer *customer, size_t index)
{
    const Khach__V1__ContactPoint *point = phone_at(customer, index);

    return point == NULL ? "" : point->value;
}

int32_t khach_customer_phone_is_rejected(const khach_customer *customer, size_t index)
{
    const Khach__V1__ContactPoint *point = phone_at(customer, index);

    return point != NULL && point->rejected;
}

int32_t khach_customer_phone_is_pinned(const khach_customer *customer, size_t index)
{
    const Khach__V1__ContactPoint *point = phone_at(customer, index);

    return point != NULL && point->pinned;
}

size_t khach_customer_email_count(const khach_customer *customer)
{
    return customer == NULL ? 0 : customer->record->n_emails;
}

const char *khach_customer_email_at(const khach_customer *customer, size_t index)
{
    const Khach__V1__ContactPoint *point = email_at(customer, index);

    return point == NULL ? "" : point->value;
}

int32_t khach_customer_email_is_rejected(const khach_customer *customer, size_t index)
{
    const Khach__V1__ContactPoint *point = email_at(customer, index);

    return point != NULL && point->rejected;
}

int32_t khach_customer_email_is_pinned(const khach_customer *customer, size_t index)
{
    const Khach__V1__ContactPoint *point = email_at(customer, index);

    return point != NULL && point->pinned;
}

/* --- lists --- */

size_t khach_customer_list_count(const khach_customer_list *list)
{
    return list == NULL ? 0 : list->count;
}

const khach_customer *khach_customer_list_at(const khach_customer_list *list, size_t index)
{
    return list == NULL || index >= list->count ? NULL : &list->customers[index];
}

const char *khach_customer_list_next(const khach_customer_list *list)
{
    return list == NULL ? "" : list->next;
}

uint64_t khach_customer_list_seq(const khach_customer_list *list)
{
    return list == NULL ? 0 : list->seq;
}

int32_t khach_customer_list_is_complete(const khach_customer_list *list)
{
    return list != NULL && list->is_complete;
}

int32_t khach_customer_list_is_capped(const khach_customer_list *list)
{
    return list != NULL && list->is_capped;
}

void khach_customer_list_free(khach_customer_list *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->count; i++)
        clear(&list->customers[i]);
    free(list->customers);
    free(list);
}

static const Khach__V1__Page *page_at(const khach_page_list *list, size_t index)
{
    return list == NULL || index >= list->count ? NULL : list->pages[index];
}

size_t khach_page_list_count(const khach_page_list *list)
{
    return list == NULL ? 0 : list->count;
}

const char *khach_page_list_id_at(const khach_page_list *list, size_t index)
{
    const Khach__V1__Page *page = page_at(list, index);

    return page == NULL ? "" : page->id;
}

const char *khach_page_list_name_at(const khach_page_list *list, size_t index)
{
    const Khach__V1__Page *page = page_at(list, index);

    return page == NULL ? "" : page->name;
}

const char *khach_page_list_external_id_at(const khach_page_list *list, size_t index)
{
    const Khach__V1__Page *page = page_at(list, index);

    return page == NULL ? "" : page->external_page_id;
}

int32_t khach_page_list_channel_at(const khach_page_list *list, size_t index)
{
    const Khach__V1__Page *page = page_at(list, index);

    return page == NULL ? 0 : (int32_t)page->channel;
}

const char *khach_page_list_business_id(const khach_page_list *list)
{
    return list == NULL || list->business == NULL ? "" : list->business->id;
}

const char *khach_page_list_business_name(const khach_page_list *list)
{
    return list == NULL || list->business == NULL ? "" : list->business->name;
}

const char *khach_page_list_business_zone(const khach_page_list *list)
{
    return list == NULL || list->business == NULL ? "" : list->business->time_zone;
}

void khach_page_list_free(khach_page_list *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->count; i++)
        khach__v1__page__free_unpacked(list->pages[i], NULL);
    free(list->pages);
    if (list->business != NULL)
        khach__v1__business__free_unpacked(list->business, NULL);
    free(list);
}
