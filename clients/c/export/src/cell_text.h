#ifndef KHACH_EXPORT_CELL_TEXT_H
#define KHACH_EXPORT_CELL_TEXT_H

/* A text as a cell of a workbook can hold it. */

#include "text.h"

/* Most UTF-16 units of a cell. */
#define KHACH_CELL_UNITS_MAX 32767

/* Makes `cell` a string in place: what XML cannot hold is dropped, line ends are line feeds, what
 * looks like an escape of the format is escaped, and the end is cut off where it is too long. */
void khach__cell_text_clean(khach__text *cell, khach__text *spare);

#endif
