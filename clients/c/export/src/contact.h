#ifndef KHACH_EXPORT_CONTACT_H
#define KHACH_EXPORT_CONTACT_H

/* Phones and e-mail addresses as people read them, whole or in part. */

#include "text.h"
#include "view.h"

/* A Vietnamese phone as it is dialled there ("0912345678"), any other in E.164; masked,
 * "0912***678". */
void khach__contact_add_phone(khach__text *out, khach__slice phone, bool is_masked);

/* The same in E.164: "+84912345678", "+84912***678". */
void khach__contact_add_e164(khach__text *out, khach__slice phone, bool is_masked);

/* An address; masked, "ng***@gmail.com". */
void khach__contact_add_email(khach__text *out, khach__slice email, bool is_masked);

#endif
