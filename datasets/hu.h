/* datasets/hu.h -- whether the values of a scan can be HU of a CT.
 *
 * A CT's HU: air -1000, lung about -800, fat -100, soft tissue 0 to 80, calcium and bone above 130. A chest
 * CT holds all of them; a piece cut from it about the heart still has fat and soft tissue. Scans that were
 * scaled, or whose rescale intercept was lost on the way, do not. */
#ifndef CC_DATASETS_HU_H
#define CC_DATASETS_HU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cc_hu_tally {
    double min, max;
    uint64_t count, soft, dense; /* values in all; where soft tissue lies; where hardly any but bone does */
} cc_hu_tally;

/* An empty tally, of no value yet. */
cc_hu_tally cc_hu_tally_none(void);
static inline void cc_hu_tally_add(cc_hu_tally *t, double hu) {
    if (hu < t->min) t->min = hu;
    if (hu > t->max) t->max = hu;
    t->soft += hu > -200 && hu < 200;
    t->dense += hu > 600;
    t->count++;
}

/* A range of HU in which a CT's values do not all lie. */
enum { CC_HU_NARROW = 100 };

/* Why the values are hardly HU ("they seem to be scaled"), into `out`; false, and "", where they may well
 * be. */
bool cc_hu_doubt(char *out, size_t capacity, const cc_hu_tally *tally);

#endif
