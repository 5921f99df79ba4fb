/*
 * A server of made-up customers: fake_feed SOCKET ROWS ROWS_PER_PAGE [PAGES_PER_SYNC]
 * Serves one connection: a business, 20 pages, ROWS customers; prints nothing. After each
 * PAGES_PER_SYNC pages it says that there is no more, as if the others came later.
 */

#define _GNU_SOURCE

#include "fixture.h"
#include "frame.h"
#include "harness.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void make_name(char *out, size_t room, uint64_t number)
{
    static const char *const last[] = {"Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Vũ",
        "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý"};
    static const char *const middle[] = {"Văn", "Thị", "Minh", "Ngọc", "Thanh", "Đức", "Hữu"};
    static const char *const first[] = {"An", "Anh", "Bảo", "Châu", "Dũng", "Đào", "Giang", "Hà",
        "Hiếu", "Hùng", "Hương", "Khang", "Khánh", "Lan", "Linh", "Long", "Mai", "Nam", "Nga",
        "Phương", "Quân", "Sơn", "Thảo", "Trang", "Tuấn", "Uyên", "Yến"};
    uint64_t mixed = number * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);

    mixed ^= mixed >> 29;
    (void)snprintf(out, room, "%s %s %s %d", last[mixed % 14], middle[mixed / 14 % 7],
        first[mixed / 98 % 27], (int)(mixed / 2646 % 1000));
}

/* What is served. */
typedef struct feed {
    uint64_t rows;
    uint64_t rows_per_page;
    uint64_t pages_per_sync;
} feed;

static void make_page(fixture_page *page, uint64_t first, const feed *served)
{
    char cursor[32];
    uint64_t end = first + served->rows_per_page;
    int has_more;

    end = end < served->rows ? end : served->rows;
    has_more = end < served->rows && end / served->rows_per_page % served->pages_per_sync != 0;
    if (first == 0) {
        fixture_business(page, 1, "Asia/Ho_Chi_Minh");
        for (uint64_t i = 1; i <= 20; i++)
            fixture_fan_page(page, 1 + i, i);
    }
    for (uint64_t i = first; i < end; i++) {
        char name[64];

        make_name(name, sizeof(name), i);
        fixture_customer(page, 22 + i, (UINT64_C(1700000000000) + i) << 20, i % 20 + 1, name,
            (int64_t)(UINT64_C(1600000000000) + i * 1000));
    }
    (void)snprintf(cursor, sizeof(cursor), "%llu", (unsigned long long)end);
    fixture_end(page, cursor, has_more, 22 + end);
}

static int wait_request(int fd)
{
    uint8_t bytes[4096];
    size_t count = 0;
    khach_frame frame;
    size_t consumed;

    while (count < sizeof(bytes)) {
        ssize_t got = recv(fd, bytes + count, sizeof(bytes) - count, 0);

        if (got <= 0)
            return 0;
        count += (size_t)got;
        /* What is of no call has no answer. */
        while (khach__frame_read(bytes, count, &frame, &consumed) == KHACH_FRAME_READY
            && frame.stream_id == KHACH_FRAME_CONNECTION) {
            count -= consumed;
            memmove(bytes, bytes + consumed, count);
        }
        if (khach__frame_read(bytes, count, &frame, &consumed) == KHACH_FRAME_READY)
            return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    feed served = {0};
    int listener;
    int fd;

    CHECK(argc == 4 || argc == 5);
    /* It has its name once it listens. */
    CHECK((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s.new", argv[1])
        < sizeof(address.sun_path));
    served.rows = strtoull(argv[2], NULL, 10);
    served.rows_per_page = strtoull(argv[3], NULL, 10);
    served.pages_per_sync = argc == 5 ? strtoull(argv[4], NULL, 10) : UINT64_MAX;
    (void)unlink(address.sun_path);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bind(listener, (const struct sockaddr *)&address, sizeof(address)) == 0);
    CHECK(listen(listener, 1) == 0);
    CHECK(rename(address.sun_path, argv[1]) == 0);
    fd = accept(listener, NULL, NULL);
    CHECK(fd >= 0);

    for (uint64_t first = 0, call = 0; first < served.rows && wait_request(fd); call++) {
        fixture_page page = {0};
        khach_bytes frame;

        make_page(&page, first, &served);
        frame = fixture_frame(&page, (uint32_t)(call * 2 + 1));
        for (size_t sent = 0; sent < frame.count;) {
            ssize_t count = send(fd, frame.bytes + sent, frame.count - sent, MSG_NOSIGNAL);

            CHECK(count > 0);
            sent += (size_t)count;
        }
        first += served.rows_per_page;
        free(frame.bytes);
        fixture_free(&page);
    }
    (void)close(fd);
    (void)unlink(argv[1]);
    return 0;
}
