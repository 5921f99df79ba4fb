/* What questions ask when they say nothing. */

#include <khach/query.h>
#include <khach/statistics.h>

void khach_query_init(khach_query *query)
{
    if (query != NULL)
        *query = (khach_query){.struct_size = sizeof(khach_query)};
}

void khach_statistics_query_init(khach_statistics_query *query)
{
    if (query != NULL)
        *query = (khach_statistics_query){.struct_size = sizeof(khach_statistics_query)};
}
