// Every public header is C++ too.
#include <khach/khach.h>
#include <khach_text.h>

int main()
{
    khach_options options = KHACH_OPTIONS_INIT;
    return options.struct_size == sizeof(options) ? 0 : 1;
}
