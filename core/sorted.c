/* core/sorted.c -- qsort and bsearch with the comparisons that many places need. Both may be asked for
 * nothing, which the C library does not promise to take with a null pointer. */
#include "core/sorted.h"

#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void cc_sorted_numbers(double *values, size_t count) {
    if (count) qsort(values, count, sizeof *values, by_value);
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t cc_sorted_names(const char **names, size_t count) {
    size_t kept = 0;
    if (count) qsort(names, count, sizeof *names, by_text);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || strcmp(names[i], names[kept - 1]) != 0) names[kept++] = names[i];
    return kept;
}

size_t cc_sorted_find(const char *const *names, size_t count, const char *name) {
    const char *const *found = count ? bsearch(&name, names, count, sizeof *names, by_text) : NULL;
    return found ? (size_t)(found - names) : count;
}
