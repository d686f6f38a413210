/* nets/engine/hyperparameter.c -- numbers of a spec against the ranges that their owners declare. */
#include "nets/engine/hyperparameter.h"

#include <stdio.h>

/* "optimizer.betas[1]: 1.5 is out of range (from 0 to below 1)": the words of the config's own messages. */
static cc_status fail_range(const cc_hyperparameter *h, int item, double value, const char *where) {
    char place[256], range[96], index[16] = "";
    if (h->count) snprintf(index, sizeof index, "[%d]", item);
    snprintf(place, sizeof place, "%s.%s%s", where, h->name, index);
    snprintf(range, sizeof range, "%s %g%s%g", h->above_min ? "above" : "from", h->min,
             h->above_min && h->below_max ? " and below "
             : h->above_min               ? " and up to "
             : h->below_max               ? " to below "
                                          : " to ",
             h->max);
    return cc_fail(CC_ECONFIG, place, range, "%g is out of range", value);
}

cc_status cc_hyperparameters_check(const cc_hyperparameter *const *list, const void *spec,
                                   const char *where) {
    for (; list && *list; list++) {
        const cc_hyperparameter *h = *list;
        if (h->flag) continue; /* true or false: always in range */
        const double *values = (const double *)((const char *)spec + h->offset);
        /* One number, a list of a fixed length, or one as long as is said beside it. */
        int count = h->count ? h->count : 1;
        if (h->count_offset) {
            count = *(const int *)((const char *)spec + h->count_offset);
            if (count < 0 || count > h->count)
                return cc_fail(CC_ECONFIG, where, NULL, "%s has %d numbers, not 0 to %d", h->name, count,
                               h->count);
        }
        for (int i = 0; i < count; i++) {
            const double v = values[i];
            if (!h->initial && !h->count_offset && v == 0) continue; /* not given */
            /* Written so that NaN, which compares with nothing, is outside. */
            if (!(h->above_min ? v > h->min : v >= h->min) || !(h->below_max ? v < h->max : v <= h->max))
                return fail_range(h, i, v, where);
        }
    }
    return CC_OK;
}

bool cc_hyperparameters_hold(const cc_hyperparameter *const *list, const cc_hyperparameter *one) {
    while (list && *list && *list != one) list++;
    return list && *list;
}
