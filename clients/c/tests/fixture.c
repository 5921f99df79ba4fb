#define _GNU_SOURCE

#include "fixture.h"

#include "frame.h"
#include "harness.h"

#include "khach/v1/sync.pb-c.h"
#include "ttrpc/request.pb-c.h"

#include <dirent.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void fixture_id(char *out, char letter, uint64_t number)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

    out[0] = letter;
    for (int i = 13; i >= 1; i--) {
        out[i] = digits[number & 31];
        number >>= 5;
    }
    out[14] = '\0';
}

void fixture_append(fixture_page *page, const void *bytes, size_t count)
{
    if (page->count + count > page->room) {
        page->room = (page->count + count) * 2 + 1024;
        page->bytes = realloc(page->bytes, page->room);
        CHECK(page->bytes != NULL);
    }
    if (count > 0)
        memcpy(page->bytes + page->count, bytes, count);
    page->count += count;
}

static void put_varint(fixture_page *page, uint64_t value)
{
    while (value >= 0x80) {
        uint8_t byte = (uint8_t)(value | 0x80);

        fixture_append(page, &byte, 1);
        value >>= 7;
    }
    fixture_append(page, &(uint8_t){(uint8_t)value}, 1);
}

void fixture_raw(fixture_page *page, uint32_t field, const void *bytes, size_t count)
{
    put_varint(page, (uint64_t)field << 3 | 2);
    put_varint(page, count);
    fixture_append(page, bytes, count);
}

static void put_record(
    fixture_page *page, uint64_t seq, uint32_t field, const void *record, size_t count)
{
    fixture_page change = {0};

    put_varint(&change, 1 << 3);
    put_varint(&change, seq);
    fixture_raw(&change, field, record, count);
    fixture_raw(page, 1, change.bytes, change.count);
    fixture_free(&change);
}

static void put_change(fixture_page *page, uint64_t seq, uint32_t field, const void *message)
{
    size_t count = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = malloc(count + 1);

    CHECK(bytes != NULL);
    (void)protobuf_c_message_pack(message, bytes);
    put_record(page, seq, field, bytes, count);
    free(bytes);
}

void fixture_record(fixture_page *page, uint64_t seq, const void *record, size_t count)
{
    put_record(page, seq, 4, record, count);
}

void fixture_business(fixture_page *page, uint64_t seq, const char *zone)
{
    Khach__V1__Business business = KHACH__V1__BUSINESS__INIT;

    business.id = (char *)(uintptr_t)FIXTURE_BUSINESS;
    business.name = (char *)(uintptr_t) "Cửa hàng hoa";
    business.time_zone = (char *)(uintptr_t)zone;
    put_change(page, seq, 2, &business);
}

void fixture_fan_page(fixture_page *page, uint64_t seq, uint64_t number)
{
    Khach__V1__Page fan_page = KHACH__V1__PAGE__INIT;
    char id[16];

    fixture_id(id, 'p', number);
    fan_page.id = id;
    fan_page.business_id = (char *)(uintptr_t)FIXTURE_BUSINESS;
    fan_page.channel = KHACH__V1__CHANNEL__FACEBOOK;
    fan_page.name = (char *)(uintptr_t) "Hoa tươi";
    put_change(page, seq, 3, &fan_page);
}

void fixture_customer(fixture_page *page, uint64_t seq, uint64_t number, uint64_t fan_page,
    const char *name, int64_t created_at_ms)
{
    Khach__V1__Customer customer = KHACH__V1__CUSTOMER__INIT;
    Google__Protobuf__Timestamp created = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    Khach__V1__ContactPoint phone = KHACH__V1__CONTACT_POINT__INIT;
    Khach__V1__ContactPoint *phones[] = {&phone};
    char id[16];
    char page_id[16];
    char user[32];

    fixture_id(id, 'c', number);
    fixture_id(page_id, 'p', fan_page);
    (void)snprintf(user, sizeof(user), "user-%llu", (unsigned long long)number);
    customer.id = id;
    customer.page_id = page_id;
    customer.channel = KHACH__V1__CHANNEL__FACEBOOK;
    customer.external_user_id = user;
    customer.name_status = name == NULL ? KHACH__V1__NAME_STATUS__PLACEHOLDER
                                        : KHACH__V1__NAME_STATUS__REAL;
    if (name != NULL)
        customer.name = (char *)(uintptr_t)name;
    created.seconds = created_at_ms / 1000;
    created.nanos = (int32_t)(created_at_ms % 1000) * 1000000;
    customer.created_at = &created;
    customer.last_inbound_at = &created;
    phone.value = (char *)(uintptr_t) "+84912345678";
    phone.pinned = 1;
    customer.phones = phones;
    customer.n_phones = 1;
    put_change(page, seq, 4, &customer);
}

void fixture_tombstone(fixture_page *page, uint64_t seq, uint64_t number)
{
    Khach__V1__Tombstone tombstone = KHACH__V1__TOMBSTONE__INIT;
    char id[16];

    fixture_id(id, 'c', number);
    tombstone.customer_id = id;
    tombstone.reason = KHACH__V1__TOMBSTONE__REASON__ERASED;
    put_change(page, seq, 5, &tombstone);
}

void fixture_horizon(fixture_page *page, uint64_t horizon)
{
    put_varint(page, 9 << 3);
    put_varint(page, horizon);
}

void fixture_end(fixture_page *page, const char *cursor, int has_more, uint64_t seq)
{
    static const uint8_t read_at[] = {0x08, 0x80, 0x94, 0xEB, 0xDC, 0x03}; /* 1 000 000 000 s */

    fixture_raw(page, 2, cursor, strlen(cursor));
    put_varint(page, 3 << 3);
    put_varint(page, has_more != 0);
    put_varint(page, 5 << 3);
    put_varint(page, seq);
    put_varint(page, 6 << 3);
    put_varint(page, seq + (has_more ? 10 : 0));
    fixture_raw(page, 7, read_at, sizeof(read_at));
}

static khach_bytes to_frame(const Ttrpc__Response *response, uint32_t stream_id)
{
    khach_frame frame = {0};
    khach_bytes out;

    frame.payload_bytes = (uint32_t)ttrpc__response__get_packed_size(response);
    frame.stream_id = stream_id;
    frame.kind = KHACH_FRAME_RESPONSE;
    out.count = KHACH_FRAME_HEADER_BYTES + (size_t)frame.payload_bytes;
    out.bytes = malloc(out.count);
    CHECK(out.bytes != NULL);
    khach__frame_write(out.bytes, &frame);
    (void)ttrpc__response__pack(response, out.bytes + KHACH_FRAME_HEADER_BYTES);
    return out;
}

khach_bytes fixture_frame(const fixture_page *page, uint32_t stream_id)
{
    Ttrpc__Response response = TTRPC__RESPONSE__INIT;

    response.payload.data = page->bytes;
    response.payload.len = page->count;
    return to_frame(&response, stream_id);
}

khach_bytes fixture_failure(uint32_t stream_id, int code, const char *message, const char *reason)
{
    Ttrpc__Response response = TTRPC__RESPONSE__INIT;
    Google__Rpc__Status status = GOOGLE__RPC__STATUS__INIT;
    Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT;
    Google__Protobuf__Any *details[] = {&any};
    fixture_page info = {0};
    khach_bytes out;

    fixture_raw(&info, 1, reason, strlen(reason));
    fixture_raw(&info, 2, "khach", 5);
    any.type_url = (char *)(uintptr_t) "type.googleapis.com/google.rpc.ErrorInfo";
    any.value.data = info.bytes;
    any.value.len = info.count;
    status.code = code;
    status.message = (char *)(uintptr_t)message;
    status.details = details;
    status.n_details = 1;
    response.status = &status;
    out = to_frame(&response, stream_id);
    fixture_free(&info);
    return out;
}

void fixture_free(fixture_page *page)
{
    free(page->bytes);
    *page = (fixture_page){0};
}

/* --- the server --- */

/* Reads one whole request; 0 when the client has gone. */
static int read_request(fixture_server *server, int fd)
{
    uint8_t *bytes = server->request;
    size_t count = 0;

    while (count < sizeof(server->request)) {
        khach_frame frame;
        size_t consumed;
        ssize_t got = recv(fd, bytes + count, sizeof(server->request) - count, 0);

        if (got <= 0)
            break;
        count += (size_t)got;
        /* What is of no call has no answer here, and no place in the request. */
        while (khach__frame_read(bytes, count, &frame, &consumed) == KHACH_FRAME_READY
            && frame.stream_id == KHACH_FRAME_CONNECTION) {
            count -= consumed;
            memmove(bytes, bytes + consumed, count);
        }
        server->request_count = count;
        if (khach__frame_read(bytes, count, &frame, &consumed) == KHACH_FRAME_READY)
            return 1;
    }
    return 0;
}

static void *serve(void *context)
{
    fixture_server *server = context;

    while (server->next < server->replies_count) {
        int fd = accept(server->listener, NULL, NULL);

        if (fd < 0)
            return NULL;
        server->connected = fd;
        while (read_request(server, fd) && server->next < server->replies_count) {
            const fixture_reply *reply = &server->replies[server->next++];

            if (reply->delay_ms > 0)
                (void)poll(NULL, 0, reply->delay_ms);
            for (size_t sent = 0; sent < reply->count;) {
                ssize_t count = send(fd, reply->bytes + sent, reply->count - sent, MSG_NOSIGNAL);

                if (count <= 0)
                    break;
                sent += (size_t)count;
            }
            if (reply->is_cut)
                break;
        }
        server->connected = -1;
        (void)close(fd);
    }
    return NULL;
}

void fixture_serve(fixture_server *server)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    (void)snprintf(server->path, sizeof(server->path), "/tmp/khach-test-%d.sock", (int)getpid());
    (void)snprintf(server->address, sizeof(server->address), "unix:%s", server->path);
    memcpy(address.sun_path, server->path, strlen(server->path) + 1);
    (void)unlink(server->path);
    server->next = 0;
    server->connected = -1;
    server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(server->listener >= 0);
    CHECK(bind(server->listener, (const struct sockaddr *)&address, sizeof(address)) == 0);
    CHECK(listen(server->listener, 8) == 0);
    CHECK(pthread_create(&server->thread, NULL, serve, server) == 0);
}

void fixture_stop(fixture_server *server)
{
    (void)shutdown(server->listener, SHUT_RDWR);
    (void)shutdown(server->connected, SHUT_RDWR);
    (void)pthread_join(server->thread, NULL);
    (void)close(server->listener);
    (void)unlink(server->path);
}

void fixture_add(fixture_server *server, khach_bytes frame)
{
    CHECK(server->replies_count < FIXTURE_PAGES_MAX);
    server->replies[server->replies_count++] = (fixture_reply){frame.bytes, frame.count, 0, 0};
}

/* --- files --- */

#define FOLDERS_MAX 64

/* Those that are there; a process that was forked removes none of its parent's. */
static char folders[FOLDERS_MAX][64];
static pid_t folders_owner;

static void remove_folder(const char *folder)
{
    DIR *opened = opendir(folder);
    struct dirent *entry;
    char path[512];

    if (opened == NULL)
        return;
    while ((entry = readdir(opened)) != NULL) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        (void)unlink(path);
    }
    (void)closedir(opened);
    (void)rmdir(folder);
}

/* A check that fails ends the test, and leaves nothing behind all the same. */
static void remove_folders(void)
{
    for (size_t i = 0; i < FOLDERS_MAX && folders_owner == getpid(); i++) {
        if (folders[i][0] != '\0')
            remove_folder(folders[i]);
    }
}

void fixture_folder(char *folder, char *cache_path)
{
    size_t place = 0;

    (void)strcpy(folder, "/tmp/khach-test-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    (void)sprintf(cache_path, "%s/cache.db", folder);
    if (folders_owner == 0) {
        folders_owner = getpid();
        CHECK(atexit(remove_folders) == 0);
    }
    while (place < FOLDERS_MAX && folders[place][0] != '\0')
        place++;
    CHECK(place < FOLDERS_MAX);
    (void)strcpy(folders[place], folder);
}

void fixture_remove(const char *folder)
{
    remove_folder(folder);
    for (size_t i = 0; i < FOLDERS_MAX; i++) {
        if (strcmp(folders[i], folder) == 0)
            folders[i][0] = '\0';
    }
}
