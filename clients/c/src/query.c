/* What a question about customers asks when it says nothing. */

#include <khach/query.h>

void khach_query_init(khach_query *query)
{
    if (query != NULL)
        *query = (khach_query){.struct_size = sizeof(khach_query)};
}
