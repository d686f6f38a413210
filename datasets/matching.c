/* datasets/matching.c -- histogram matching by two cumulative histograms.
 *
 * With F the share of the source's pixels at or below a value, and G that of the reference, a value v
 * becomes G^-1(F(v)), linear between the values that the reference holds. Both are counted in bins of 1 HU
 * over int16, so the work is linear in pixels and needs no sorting. The interpolation is that of
 * numpy.interp, with its operations in its order, so that rounded results equal those of
 * skimage.exposure.match_histograms. */
#include "datasets/matching.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { BINS = 1 << 16 };

/* The values that the reference holds, ascending, and the share of its pixels at or below each. */
struct cc_matching {
    size_t count;
    double value[BINS], share[BINS]; /* the first `count` are used */
};

static int bin_of(float hu) {
    float whole = rintf(hu);
    /* rintf rounds halves to even, as numpy does. */
    if (whole < INT16_MIN) return 0;
    if (whole > INT16_MAX) return BINS - 1;
    return (int)whole - INT16_MIN;
}

/* bins[BINS]; the caller frees *bins. */
static cc_status count_values(size_t **bins, const float *hu, size_t count) {
    if (count == 0) return cc_fail(CC_EINVAL, "histogram matching", NULL, "there are no pixels");
    for (size_t i = 0; i < count; i++)
        if (isnan(hu[i]))
            return cc_fail(CC_EINVAL, "histogram matching", NULL, "pixel %zu is not a number", i);
    *bins = calloc(BINS, sizeof **bins);
    if (!*bins) return cc_fail_memory("histogram matching", BINS * sizeof **bins);
    for (size_t i = 0; i < count; i++) (*bins)[bin_of(hu[i])]++;
    return CC_OK;
}

cc_status cc_matching_create(cc_matching **out, const float *reference_hu, size_t count) {
    size_t *bins, below = 0;
    CC_TRY(count_values(&bins, reference_hu, count));
    cc_matching *matching = malloc(sizeof *matching);
    cc_status status = matching ? CC_OK : cc_fail_memory("histogram matching", sizeof *matching);
    if (status != CC_OK) goto done;
    matching->count = 0;
    for (int bin = 0; bin < BINS; bin++) {
        if (bins[bin] == 0) continue;
        below += bins[bin];
        /* empty bins are left out: interpolation goes between values that occur */
        matching->value[matching->count] = bin + INT16_MIN;
        matching->share[matching->count++] = (double)below / (double)count;
    }
    *out = matching;
done:
    free(bins);
    return status;
}

void cc_matching_destroy(cc_matching *matching) {
    free(matching);
}

/* The reference's value at a share; `next` is the first of its values with at least that share. */
static double value_at(const cc_matching *m, size_t next, double share) {
    /* Below the lowest share the lowest value; at a share that is met exactly, its value without
     * arithmetic. */
    if (next == 0 || m->share[next] == share) return m->value[next];
    double slope = (m->value[next] - m->value[next - 1]) / (m->share[next] - m->share[next - 1]);
    return slope * (share - m->share[next - 1]) + m->value[next - 1];
}

cc_status cc_matching_apply(float *out_hu, const cc_matching *matching, const float *source_hu,
                            size_t count) {
    size_t *bins, below = 0, next = 0;
    cc_status status = count_values(&bins, source_hu, count);
    if (status != CC_OK) return status;
    float *map = malloc(BINS * sizeof *map);
    if (!map) CC_CHECK(cc_fail_memory("histogram matching", BINS * sizeof *map));
    for (int bin = 0; bin < BINS; bin++) {
        if (bins[bin] == 0) continue;
        below += bins[bin];
        double share = (double)below / (double)count; /* at most 1, the last share of the reference */
        /* Shares of the source ascend, so the place in the reference only moves on: linear in all. */
        while (matching->share[next] < share) next++;
        map[bin] = (float)value_at(matching, next, share);
    }
    for (size_t i = 0; i < count; i++) out_hu[i] = map[bin_of(source_hu[i])];
done:
    free(map);
    free(bins);
    return status;
}
