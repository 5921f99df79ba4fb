#include <khach/version.h>

uint32_t khach_version_number(void)
{
    return KHACH_VERSION_MAJOR * 1000000u + KHACH_VERSION_MINOR * 1000u + KHACH_VERSION_PATCH;
}

const char *khach_version_string(void)
{
    return KHACH_VERSION_STRING;
}
