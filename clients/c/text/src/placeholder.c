/*
 * What is shown for a person whom the channel does not name (domain.md M3).
 */

#include "khach_text.h"

/* By khach.v1.Channel. Attested for Facebook and Instagram; the others by analogy. */
static const char *const placeholders[] = {
    "User",
    "Facebook User",
    "Instagram User",
    "Zalo User",
    "Shopee User",
    "Lazada User",
    "TikTok User",
    "Web User",
    "User",
};

const char *khach_text_placeholder(int64_t channel)
{
    int64_t count = sizeof(placeholders) / sizeof(placeholders[0]);

    return placeholders[channel > 0 && channel < count ? channel : 0];
}
