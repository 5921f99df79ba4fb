#include <sqlite3.h>

/* Swift does not import C functions with a variable number of arguments. */
static inline int csqlite_set_defensive(sqlite3 *database, int *is_on)
{
    return sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, is_on);
}
