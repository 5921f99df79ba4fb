#include "contact.h"

/* How a mask is made: so many characters stay at either end, and three stars stand for the rest,
 * however long it is. A number too short for that shows fewer. */
#define STARS "***"
#define PHONE_DIGITS_LONG 9
#define PHONE_TAIL 3
#define EMAIL_HEAD_MAX 2

static const char country[] = "+84";
#define COUNTRY_BYTES (sizeof(country) - 1)

static bool is_vietnamese(khach__slice phone)
{
    return phone.count > COUNTRY_BYTES && memcmp(phone.bytes, country, COUNTRY_BYTES) == 0;
}

/* Adds digits after `prefix`, of which the mask leaves `head` in front. */
static void add_digits(
    khach__text *out, const char *prefix, khach__slice digits, size_t head, bool is_masked)
{
    khach__text_add_string(out, prefix);
    if (!is_masked) {
        khach__text_add(out, digits.bytes, digits.count);
        return;
    }
    if (digits.count < PHONE_DIGITS_LONG) {
        /* Too short to show both ends of. */
        khach__text_add(out, digits.bytes, digits.count < 4 ? 0 : 2);
        khach__text_add_string(out, STARS);
        return;
    }
    khach__text_add(out, digits.bytes, head);
    khach__text_add_string(out, STARS);
    khach__text_add(out, digits.bytes + digits.count - PHONE_TAIL, PHONE_TAIL);
}

static khach__slice after(khach__slice text, size_t count)
{
    return (khach__slice){text.bytes + count, text.count - count};
}

static void add_phone(khach__text *out, khach__slice phone, const char *home, bool is_masked)
{
    if (is_vietnamese(phone))
        add_digits(out, home, after(phone, COUNTRY_BYTES), 3, is_masked);
    else if (phone.count > 0 && phone.bytes[0] == '+')
        add_digits(out, "+", after(phone, 1), 4, is_masked);
    else
        add_digits(out, "", phone, 4, is_masked);
}

void khach__contact_add_phone(khach__text *out, khach__slice phone, bool is_masked)
{
    add_phone(out, phone, "0", is_masked);
}

void khach__contact_add_e164(khach__text *out, khach__slice phone, bool is_masked)
{
    add_phone(out, phone, country, is_masked);
}

void khach__contact_add_email(khach__text *out, khach__slice email, bool is_masked)
{
    const uint8_t *at = email.count == 0 ? NULL : memchr(email.bytes, '@', email.count);
    size_t local = at == NULL ? email.count : (size_t)(at - email.bytes);
    size_t head = local > 2 * EMAIL_HEAD_MAX ? EMAIL_HEAD_MAX : local > 2 ? 1 : 0;

    if (!is_masked) {
        khach__text_add(out, email.bytes, email.count);
        return;
    }
    /* An address is ASCII (E1); were it not, no part of a character is shown. */
    for (size_t i = 0; i < head; i++) {
        if (email.bytes[i] >= 0x80)
            head = 0;
    }
    khach__text_add(out, email.bytes, head);
    khach__text_add_string(out, STARS);
    khach__text_add(out, email.bytes + local, email.count - local);
}
