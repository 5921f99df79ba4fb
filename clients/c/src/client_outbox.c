/* The doors to the outbox. */

#include "client.h"
#include "outbox.h"

void khach_edit_init(khach_edit *edit)
{
    if (edit != NULL)
        *edit = (khach_edit){.struct_size = sizeof(khach_edit)};
}

khach_status khach_mutate(
    khach_client *client, const khach_edit *edit, uint64_t *mutation_id, khach_error **error)
{
    khach__clear(error);
    if (client == NULL || edit == NULL)
        return khach__missing(error);
    if (edit->struct_size != sizeof(*edit))
        return khach__wrong_size(error, "edit", sizeof(*edit), edit->struct_size);
    return khach__outbox_add(client->cache, edit, khach__now_ms(), mutation_id, error);
}

khach_status khach_outbox_list_read(
    khach_client *client, khach_outbox_list **out, khach_error **error)
{
    khach__clear(error);
    if (client == NULL || out == NULL)
        return khach__missing(error);
    *out = NULL;
    return khach__outbox_list(client->cache, out, error);
}

khach_status khach_outbox_retry(
    khach_client *client, uint64_t mutation_id, uint64_t *new_id, khach_error **error)
{
    khach__clear(error);
    if (client == NULL)
        return khach__missing(error);
    return khach__outbox_retry(client->cache, mutation_id, khach__now_ms(), new_id, error);
}

khach_status khach_outbox_discard(
    khach_client *client, uint64_t mutation_id, khach_error **error)
{
    khach__clear(error);
    if (client == NULL)
        return khach__missing(error);
    return khach__outbox_discard(client->cache, mutation_id, error);
}
