/* core/sorted.h -- lists of numbers and of names in ascending order, and names found in one.
 *
 * Names are compared byte by byte, so that an order does not depend on the locale. */
#ifndef CC_CORE_SORTED_H
#define CC_CORE_SORTED_H

#include <stddef.h>

/* Sorts values[count], none of them NaN. */
void cc_sorted_numbers(double *values, size_t count);

/* Sorts names[count] and keeps each once, at the front; returns how many those are. */
size_t cc_sorted_names(const char **names, size_t count);
/* The place of a name in names[count], as sorted above; `count` where it is none of them. */
size_t cc_sorted_find(const char *const *names, size_t count, const char *name);

#endif
