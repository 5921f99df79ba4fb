/* A target without libFuzzer: every input of its corpus, then mutations of them.
 * usage: TARGET CORPUS MUTATIONS [SEED]
 *
 * The seed is printed; an input that fails is written to TARGET.input, and becomes a row of the
 * corpus. */

#define _GNU_SOURCE

#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define INPUTS_MAX 4096
/* A mutation is at most this much longer than what it comes from. */
#define GROWTH_BYTES_MAX 64
#define CHANGES_MAX 6

typedef struct input {
    uint8_t *bytes;
    size_t count;
} input;

static input inputs[INPUTS_MAX];
static size_t inputs_count;
static uint64_t state;
static char kept[4096];
static input in_hand;

/* Read by the sanitizers: what they find ends in SIGABRT, as everything else does. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
    return "abort_on_error=1";
}

const char *__ubsan_default_options(void)
{
    return "abort_on_error=1";
}

static void keep(int signal_number)
{
    int file = open(kept, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    (void)signal_number;
    if (file >= 0)
        (void)!write(file, in_hand.bytes, in_hand.count);
    /* It goes on to abort: a handler that comes back does not stop that. */
}

static uint64_t random_bits(void)
{
    uint64_t mixed = state += UINT64_C(0x9E3779B97F4A7C15);

    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ (mixed >> 31);
}

static size_t below(size_t bound)
{
    return bound == 0 ? 0 : (size_t)(random_bits() % bound);
}

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "%s: %s\n", name, what);
    exit(1);
}

static int by_name(const struct dirent **left, const struct dirent **right)
{
    return strcmp((*left)->d_name, (*right)->d_name);
}

static void read_input(const char *folder, const char *name)
{
    char path[4096];
    FILE *file;
    input *next = &inputs[inputs_count];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "rb");
    next->bytes = malloc(FUZZ_INPUT_BYTES_MAX + 1);
    if (file == NULL || next->bytes == NULL)
        fail("a file that can be read expected", path);
    next->count = fread(next->bytes, 1, FUZZ_INPUT_BYTES_MAX + 1, file);
    (void)fclose(file);
    if (next->count > FUZZ_INPUT_BYTES_MAX)
        fail("an input of at most 65536 bytes expected", path);
    inputs_count++;
}

/* In order of their names, so that a seed means the same everywhere. */
static void read_corpus(const char *folder)
{
    struct dirent **names = NULL;
    int count = scandir(folder, &names, NULL, by_name);

    for (int i = 0; i < count; i++) {
        if (names[i]->d_name[0] != '.' && inputs_count < INPUTS_MAX)
            read_input(folder, names[i]->d_name);
        free(names[i]);
    }
    free(names);
    if (inputs_count == 0)
        fail("a folder with at least one input expected", folder);
}

/* Runs the target on a block as long as the input, so that reading beyond it is seen. */
static void run(const uint8_t *bytes, size_t count)
{
    uint8_t *block = malloc(count > 0 ? count : 1);

    if (block == NULL)
        fail("memory expected", "an input");
    memcpy(block, bytes, count);
    in_hand = (input){block, count};
    (void)LLVMFuzzerTestOneInput(block, count);
    free(block);
}

static size_t insert(uint8_t *bytes, size_t count, const uint8_t *part, size_t part_count)
{
    size_t at = below(count + 1);

    memmove(bytes + at + part_count, bytes + at, count - at);
    memcpy(bytes + at, part, part_count);
    return count + part_count;
}

/* One change; `bytes` has room for GROWTH_BYTES_MAX / CHANGES_MAX more. */
static size_t change(uint8_t *bytes, size_t count)
{
    static const uint8_t edges[] = {0, 1, 0x7F, 0x80, 0xFF, 0x0A, 0x12, 0xE0};
    const input *other = &inputs[below(inputs_count)];
    size_t most = GROWTH_BYTES_MAX / CHANGES_MAX;
    size_t at = below(count);
    size_t part = 1 + below(most);
    uint8_t copied[GROWTH_BYTES_MAX];

    switch (count == 0 ? 3 : below(6)) {
    case 0:
        bytes[at] ^= (uint8_t)(1u << below(8));
        return count;
    case 1:
        bytes[at] = edges[below(sizeof(edges))];
        return count;
    case 2: /* some are left out */
        part = part > count - at ? count - at : part;
        memmove(bytes + at, bytes + at + part, count - at - part);
        return count - part;
    case 3: /* some of another input are put in */
        part = part > other->count ? other->count : part;
        return insert(bytes, count, other->bytes + below(other->count - part + 1), part);
    case 4: /* some are said twice */
        part = part > count - at ? count - at : part;
        memcpy(copied, bytes + at, part);
        return insert(bytes, count, copied, part);
    default: /* the end is cut */
        return at;
    }
}

static void mutate_and_run(void)
{
    const input *from = &inputs[below(inputs_count)];
    uint8_t *bytes = malloc(from->count + GROWTH_BYTES_MAX);
    size_t count = from->count;

    if (bytes == NULL)
        fail("memory expected", "a mutation");
    memcpy(bytes, from->bytes, count);
    for (size_t changes = 1 + below(CHANGES_MAX); changes > 0; changes--)
        count = change(bytes, count);
    run(bytes, count);
    free(bytes);
}

int main(int argc, char **argv)
{
    size_t mutations;

    if (argc < 3) {
        fprintf(stderr, "usage: %s CORPUS MUTATIONS [SEED]\n", argv[0]);
        return 64;
    }
    mutations = strtoul(argv[2], NULL, 10);
    state = argc > 3 ? (uint64_t)strtoull(argv[3], NULL, 10)
                     : (uint64_t)time(NULL) * UINT64_C(1000003) ^ (uint64_t)getpid();
    (void)snprintf(kept, sizeof(kept), "%s.input", argv[0]);
    printf("%s: seed %" PRIu64 "; a failing input goes to %s\n", argv[0], state, kept);
    (void)fflush(stdout);
    (void)signal(SIGABRT, keep);
    read_corpus(argv[1]);
    for (size_t i = 0; i < inputs_count; i++)
        run(inputs[i].bytes, inputs[i].count);
    for (size_t i = 0; i < mutations; i++)
        mutate_and_run();
    printf("%zu inputs, %zu mutations\n", inputs_count, mutations);
    for (size_t i = 0; i < inputs_count; i++)
        free(inputs[i].bytes);
    return 0;
}
