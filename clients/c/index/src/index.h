#ifndef KHACH_INDEX_SRC_INDEX_H
#define KHACH_INDEX_SRC_INDEX_H

/* What the rooms of the index share: statements, what SQL functions consult, rows of answers. */

#include "days.h"
#include "khach_index.h"

#include <stdbool.h>

/* Rows of a token's counts that are added to tell its cost. */
#define SIZE_ROWS_MAX 30000
/* Names that are counted to tell whether to read each. */
#define NAMES_SIZE_MAX 10000
/* khach.v1.NameStatus of who has no name. */
#define NAME_STATUS_PLACEHOLDER 4
/* Bytes of a folded text, and the code point above all that may follow it. */
#define TOKEN_BYTES_MAX 18100

/* Every statement; each is prepared when it is first used. index.c has the SQL. */
typedef enum khach_index_sql {
    SQL_COUNT_ADD,
    SQL_COUNT_TAKE,
    SQL_TOKEN_ADD,
    SQL_TOKEN_DROP,
    SQL_TOKEN_COUNT_ADD,
    SQL_TOKEN_COUNT_TAKE,
    SQL_TOKEN_COUNT_DROP,
    SQL_DAY_PUT,
    SQL_DAY_DROP,
    SQL_DAILY_GET,
    SQL_DAILY_ALL,
    SQL_DAILY_PUT,
    SQL_DAILY_DROP,
    SQL_DAILY_FILL,
    SQL_CONTACT_FIRST,
    SQL_CONTACT_MARK,
    SQL_CONTACT_ADD,
    SQL_CONTACT_DROP,
    SQL_BLOCK_ADD,
    SQL_BLOCK_DROP,
    SQL_ROW,
    SQL_KEY,
    SQL_RECORD,
    SQL_SCAN,
    SQL_BY_TOKEN,
    SQL_IDS_BY_TOKEN,
    SQL_BY_NAME,
    SQL_IDS_BY_CREATED,
    SQL_BY_CREATED,
    SQL_BY_RUN,
    SQL_TOKENS_SIZE,
    SQL_NAMES_SIZE,
    SQL_CREATED_SIZE,
    SQL_CREATED_FIRST,
    SQL_CREATED_LAST,
    SQL_RUN_SIZE,
    SQL_TRAITS_OF_BUSINESS,
    SQL_TRAITS_OF_PAGE,
    SQL_DAYS_SIZE,
    SQL_DAY_CREATED,
    SQL_DAYS_FIRST,
    SQL_DAYS_LAST,
    SQL_COUNT_RUN,
    SQL_COUNT_NAMES,
    SQL_TALLY_DAYS,
    SQL_TALLY_CREATED,
    SQL_TALLY_RECORDED,
    SQL_TALLY_INBOUND,
    SQL_TALLY_CONTACTS,
    SQL_TALLY_BLOCKS,
    SQL_CHECK_RECORDS,
    /* Tables in the order in which check.c walks them. */
    SQL_CHECK_TOKEN,
    SQL_CHECK_TOKENS,
    SQL_CHECK_DAY,
    SQL_CHECK_DAYS,
    SQL_CHECK_CONTACT,
    SQL_CHECK_BLOCK,
    SQL_CHECK_CUSTOMERS,
    SQL_MEND_TOKENS,
    SQL_MEND_DAYS,
    SQL_MEND_CONTACTS,
    SQL_MEND_BLOCKS,
    SQL_MEND_RECORDS,
    /* Cursors: walk, run or day; order; ties or rest: see cursor_sql(). */
    SQL_CURSORS,
    SQL_CURSORS_END = SQL_CURSORS + 18,
    SQL_COUNT_OF_STATEMENTS = SQL_CURSORS_END
} khach_index_sql;

/* Sorted, without repetition. */
typedef struct id_set {
    int64_t *ids;
    size_t count;
    size_t room;
} id_set;

/* By hash, for what is asked of many rows. */
typedef struct id_hash {
    int64_t *ids; /* 0 is nobody */
    size_t count;
    size_t room; /* a power of two */
} id_hash;

/* What is asked of the rows of days, beside pages, traits and names: who wrote in the filter's
 * range and is met on the first such day, or who may have written in it and is met on a later
 * one. */
typedef enum day_question { DAYS_FIRST, DAYS_LATEST } day_question;

/* What the SQL functions consult while a statement runs. */
typedef struct judge {
    const khach_index_filter *filter;
    bool traits[KHACH_TRAITS_COUNT];
    const id_set *ids;     /* NULL: every id */
    const id_hash *wanted; /* of khach_wanted(); NULL: everyone */
    bool are_days_known;   /* only who wrote on days of the filter is looked up */
    uint64_t name_mask;    /* bits that a name has which answers */
    day_question asked_of_days;
    int32_t day;     /* whose rows are asked for, for DAYS_LATEST */
    uint64_t passed; /* rows of days that were judged */
    uint64_t patience; /* at 0, a row of a day comes though it is refused: `is_refused` tells */
    bool is_refused;
    int rank_max;          /* names of worse rank are not wanted */
    uint64_t rows_left;    /* at 0, rows are accepted unseen and `is_spent` says so */
    bool is_spent;
    int64_t created_before; /* of the filter, or the end of its days */
    /* The query's token that the fewest rows have, once it was looked for. */
    const char *token;
    size_t token_bytes;
    int64_t token_rows;
    double matches; /* the product of what its tokens have */
} judge;

/* What decides which way a question goes; its answer does not depend on them. Costs are in
 * nanoseconds, as measured over a million customers in memory. */
typedef struct bounds {
    double pass_cost;   /* a row of an index of which only the id is looked at */
    double day_cost;    /* a row of a day, refused where it is */
    double row_cost;    /* a row of an index, judged where it is */
    double lookup_cost; /* a customer's row, by its id */
    double probe_cost;  /* the same, and a look into its record */
    double run_cost;    /* to open a run of an index */
    double cheap_cost;  /* what costs no more is done without looking for better */
    size_t chunk;       /* rows of a run that are read at a time, at most */
    size_t refused;     /* of a day, for each row that is wanted, before others take their turn */
    size_t days;        /* more are not merged */
    size_t ids;         /* customers of a range of days that are kept */
} bounds;

typedef struct tally tally;
typedef struct derived_sums derived_sums;

struct khach_index {
    sqlite3 *db;
    char *table;
    bool is_ready;
    int (*should_stop)(void *);
    void *stop_context;
    sqlite3_stmt *statements[SQL_COUNT_OF_STATEMENTS];
    bounds bounds;
    judge judge;
    tally *tally; /* while statistics are read */
    const derived_sums *check; /* while what differs is made anew: khach_due() */
};

/* --- index.c --- */

/* The statement, reset and ready to bind; NULL when it cannot be prepared. */
sqlite3_stmt *khach__index_statement(khach_index *index, khach_index_sql sql);
/* Runs a bound statement that gives no rows. */
khach_index_status khach__index_run(khach_index *index, sqlite3_stmt *statement);
/* Runs a bound statement that gives one number. */
khach_index_status khach__index_number(
    khach_index *index, sqlite3_stmt *statement, int64_t *out);
/* What went wrong last in the database. */
khach_index_status khach__index_failure(sqlite3 *db);
bool khach__index_must_stop(const khach_index *index);
/* Runs SQL in which every $ stands for the table. */
khach_index_status khach__index_execute(sqlite3 *db, const char *table, const char *sql);

/* --- judge.c: the SQL functions khach_accept(), khach_day(), khach_wanted(), khach_rank() --- */

khach_index_status khach__judge_register(khach_index *index);
/* Makes the judge ready for a filter; unlimited rows, every id. */
void khach__judge_open(khach_index *index, const khach_index_filter *filter);
/* Whether the filter has a page and traits among its own. */
bool khach__judge_has_run(const khach_index *index, int64_t page, int64_t traits);
/* Everything but names, days and ids. */
bool khach__judge_accepts(
    const khach_index *index, int64_t page, int64_t traits, int64_t created);
/* The best rank of a folded name; 1 when there is no query, or it has no tokens. */
int khach__judge_rank(const khach_index *index, const char *folded, size_t folded_bytes);
bool khach__judge_has_page(const khach_index_filter *filter, int64_t page);

/* --- ids.c --- */

bool khach__id_set_has(const id_set *set, int64_t id);
/* False when there is no memory. */
bool khach__id_set_add(id_set *set, int64_t id);
void khach__id_set_sort(id_set *set);
/* Adds everyone of a sorted set. */
khach_index_status khach__id_hash_fill(id_hash *set, const id_set *ids);
khach_index_status khach__id_hash_add(id_hash *set, int64_t id, bool *is_new);
bool khach__id_hash_has(const id_hash *set, int64_t id);
void khach__id_hash_free(id_hash *set);

/* --- record.c: fields of a record without decoding it --- */

void khach__record_name(
    const uint8_t *record, size_t record_bytes, const char **name, size_t *name_bytes);
/* Whether the customer did one of `kinds` on a day of the range. */
bool khach__record_has_day(const uint8_t *record, size_t record_bytes, uint32_t kinds,
    int32_t from, int32_t to);

/* --- parts.c: the table-valued function khach_parts(what, source, folded) --- */

enum { PARTS_TOKENS = 1, PARTS_DAYS = 2, PARTS_CONTACTS = 3, PARTS_BLOCKS = 4, PARTS_SIGNS = 5 };

khach_index_status khach__parts_register(khach_index *index);

/* --- top.c: the best rows so far --- */

typedef struct top {
    khach_index_position *rows; /* the caller's room */
    size_t count;
    size_t room;
    khach_index_order order;
    const khach_index_position *after;
    int complete_rank; /* all names of this rank and better are among them */
} top;

/* Negative when `left` comes before `right`. */
int khach__position_compare(khach_index_order order, const khach_index_position *left,
    const khach_index_position *right);
/* False for a row that would not be kept, whose rank may be worse than it is said to be here. */
bool khach__top_wants(const top *list, const khach_index_position *row);
/* Whether it is full, and cannot be bettered by rows with keys below `bound`, or, without a bound
 * (INT64_MIN), by any behind those that it was given in its order. */
bool khach__top_is_settled(const top *list, int64_t bound);
/* Adds a row that comes behind the place where the list goes on, when it is good enough. */
void khach__top_add(top *list, const khach_index_position *row);

/* --- runs.c: which (page, traits) there are that a filter accepts --- */

typedef struct run {
    int64_t page;
    int64_t traits;
    uint64_t customers;
} run;

typedef struct run_list {
    run *runs;
    size_t count;
    size_t room;
    uint64_t customers;     /* in the runs */
    uint64_t customers_all; /* of the business, or of the pages when they were read alone */
    bool is_partial;
} run_list;

khach_index_status khach__runs_read(khach_index *index, run_list *list);
void khach__runs_free(run_list *list);
/* Whether the filter says anything of pages or traits. */
bool khach__filter_has_traits(const khach_index_filter *filter);

/* --- cursor.c: rows in the order of a list --- */

typedef struct cursor cursor;

/* The whole business by created date, its runs for (page, traits), or its days in the range of the
 * filter. */
typedef enum cursor_kind { CURSOR_WALK, CURSOR_RUNS, CURSOR_DAYS } cursor_kind;

/* `runs` are merged; a day is one of (business, day). `rows_wanted` is how many rows are looked at,
 * as far as that is known. Rows that the filter refuses are not given, where the index tells. */
khach_index_status khach__cursor_open(cursor **out, khach_index *index, cursor_kind kind,
    khach_index_order order, const khach_index_position *after, const run_list *runs,
    uint64_t rows_wanted);
/* KHACH_INDEX_OK with `*has_row`; the end of the judge's rows is an end too, with is_spent. */
khach_index_status khach__cursor_next(cursor *rows, khach_index_position *row, bool *has_row);
void khach__cursor_free(cursor *rows);

/* --- rows.c, sources.c: customers one by one, in any order --- */

/* What becomes of each customer that the filter accepts: kept in `list`, or only counted. */
typedef struct verdict {
    top *list;
    uint64_t count;
    uint64_t count_max;
} verdict;

/* Steps a statement of SQL_ROW's columns and judges every row. */
khach_index_status khach__source_read(
    khach_index *index, sqlite3_stmt *statement, verdict *out);
khach_index_status khach__source_scan(khach_index *index, verdict *out);
khach_index_status khach__source_tokens(khach_index *index, verdict *out);
/* Names equal to the query, or (`is_prefix`) beginning with it. */
khach_index_status khach__source_names(khach_index *index, bool is_prefix, verdict *out);
khach_index_status khach__source_created(khach_index *index, verdict *out);
khach_index_status khach__source_runs(khach_index *index, const run_list *runs, verdict *out);
khach_index_status khach__source_ids(khach_index *index, const id_set *ids, verdict *out);
/* Whether the customer of a row answers what only its own row says, and may come into the list;
 * gives its place if it does. */
khach_index_status khach__source_probe(
    khach_index *index, const top *list, khach_index_position *row, bool *is_accepted);

/* The customers of the rarest token's rows. */
khach_index_status khach__ids_of_tokens(khach_index *index, id_set *out);

/* Those who were created when the filter says, with its pages and traits. */
khach_index_status khach__ids_of_created(khach_index *index, id_set *out);

/* Rows of a source. `matches` is a guess of how many of `customers` names answer. */
khach_index_status khach__size_of_tokens(
    khach_index *index, int64_t *rows, double customers, double *matches);
khach_index_status khach__size_of_names(khach_index *index, bool is_prefix, int64_t *rows);

/* --- recent.c: the latest writers --- */

/* What it may cost, and what it did. */
typedef struct recent_walk {
    int32_t from; /* days, the last one first */
    int32_t to;
    double budget;
    bool is_partial; /* some who answer are not met: only a settled list is done */
    bool is_done;    /* nobody who was not met comes into the list */
} recent_walk;

khach_index_status khach__recent_take(khach_index *index, top *list, recent_walk *walk);

/* --- days.c: who wrote in a range of days --- */

/* The days of a business, and of those the ones of the filter. */
typedef struct days_known {
    int32_t first;
    int32_t last;
    int32_t from;
    int32_t to;
} days_known;

khach_index_status khach__days_clip(khach_index *index, days_known *out);
/* Collects those whom the filter accepts, as far as masks tell of names; at `customers_max` it
 * stops, and `*is_whole` is false. */
typedef struct day_range {
    int32_t from;
    int32_t to;
    size_t customers_max;
} day_range;

khach_index_status khach__days_collect(
    khach_index *index, const day_range *range, id_set *out, bool *is_whole);

/* --- sizes.c: about how many rows there are --- */

/* Those who were created when the filter says. */
khach_index_status khach__size_of_created(khach_index *index, double *rows);
/* Those of a day with dates of creation in a range. */
khach_index_status khach__day_size(khach_index *index, int32_t day, int64_t created_from,
    int64_t created_before, int64_t *rows);
/* Those of a range of days, created when the filter says. */
khach_index_status khach__days_size(khach_index *index, int32_t from, int32_t to, int64_t *rows);

/* --- mend.c --- */

khach_index_status khach__mend_register(khach_index *index);

/* --- statistics.c --- */

khach_index_status khach__tally_register(khach_index *index);

#endif
