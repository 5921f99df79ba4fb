#include "cphone.h"

#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>

#include <cstdint>
#include <string>

namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr size_t country_code_digits_max = 3;

// The calling code at the start of `digits` and its length; 0 when there is none. Calling codes
// are prefix-free, so the first that is known is the only one.
size_t read_country_code(const PhoneNumberUtil &util, const std::string &digits, int *code_out)
{
    int code = 0;
    for (size_t length = 1; length <= country_code_digits_max && length < digits.size(); length++) {
        code = code * 10 + (digits[length - 1] - '0');
        std::string region;
        util.GetRegionCodeForCountryCode(code, &region);
        if (region != "ZZ") {
            *code_out = code;
            return length;
        }
    }
    return 0;
}

// Built by hand instead of by Parse(), which would repair what is to be refused, and costs more.
bool is_valid(const std::string &digits)
{
    const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
    int code = 0;
    const size_t start = read_country_code(util, digits, &code);
    if (start == 0) {
        return false;
    }

    uint64_t national = 0;
    int zeros = 0;
    bool leading = true;
    for (size_t i = start; i < digits.size(); i++) {
        leading = leading && digits[i] == '0';
        zeros += leading ? 1 : 0;
        national = national * 10 + static_cast<uint64_t>(digits[i] - '0');
    }

    PhoneNumber number;
    number.set_country_code(code);
    number.set_national_number(national);
    if (zeros > 0) {
        number.set_italian_leading_zero(true);
        number.set_number_of_leading_zeros(zeros);
    }
    return util.IsValidNumber(number);
}

} // namespace

extern "C" int cphone_load(void)
{
    try {
        return PhoneNumberUtil::GetInstance() != nullptr ? 0 : -1;
    } catch (...) {
        return -1;
    }
}

extern "C" int cphone_is_valid_e164(const char *number, size_t bytes)
{
    if (number == nullptr || bytes < 3 || bytes > CPHONE_E164_BYTES_MAX || number[0] != '+') {
        return 0;
    }
    for (size_t i = 1; i < bytes; i++) {
        if (number[i] < '0' || number[i] > '9') {
            return 0;
        }
    }
    try {
        return is_valid(std::string(number + 1, bytes - 1)) ? 1 : 0;
    } catch (...) {
        return 0;
    }
}
