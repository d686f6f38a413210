/* datasets/landmarks.c -- a scan's landmarks from its histogram, and the piecewise linear map between two
 * scales.
 *
 * The histogram has a bin for each value of int16, so that percentiles are exact and nothing is sorted. */
#include "datasets/landmarks.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { BINS = 1 << 16 };

static const double percentiles[CC_LANDMARKS] = {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99.8};

/* Rounded to the nearest whole number, halves to even, within int16. */
static int bin_of(float hu) {
    const float whole = rintf(hu);
    return whole < INT16_MIN ? 0 : whole > INT16_MAX ? BINS - 1 : (int)whole - INT16_MIN;
}

/* Counts the values of all slices of a scan. */
static cc_status count_scan(uint64_t *bins, const cc_slice_set *set, size_t index) {
    cc_status status = CC_OK;
    const uint32_t scan = cc_slice_set_get(set, index)->scan;
    int height, width;
    size_t first = index; /* slices of one scan are neighbours */
    while (first > 0 && cc_slice_set_get(set, first - 1)->scan == scan) first--;
    cc_slice_set_largest(&height, &width, set);
    float *hu = malloc((size_t)height * (size_t)width * sizeof *hu);
    if (!hu) return cc_fail_memory("a slice", (size_t)height * (size_t)width * sizeof *hu);
    for (size_t i = first; i < cc_slice_set_count(set) && cc_slice_set_get(set, i)->scan == scan; i++) {
        const cc_slice *slice = cc_slice_set_get(set, i);
        CC_CHECK(cc_slice_set_read(set, i, hu, NULL));
        for (size_t k = 0; k < (size_t)slice->height * (size_t)slice->width; k++) bins[bin_of(hu[k])]++;
    }
done:
    free(hu);
    return status;
}

/* The value of rank `rank`, from 0, of the bins from `from` on. */
static double value_of_rank(const uint64_t *bins, int from, uint64_t rank) {
    uint64_t below = 0;
    int bin = from;
    while (below + bins[bin] <= rank) below += bins[bin++];
    return bin + INT16_MIN;
}

cc_status cc_landmarks_find(cc_landmarks *out, const cc_slice_set *set, size_t index) {
    cc_status status = CC_OK;
    double sum = 0;
    uint64_t all = 0, count = 0;
    uint64_t *bins = calloc(BINS, sizeof *bins);
    if (!bins) return cc_fail_memory("landmarks", BINS * sizeof *bins);
    CC_CHECK(count_scan(bins, set, index));
    for (int bin = 0; bin < BINS; bin++) {
        all += bins[bin];
        sum += (double)bins[bin] * (bin + INT16_MIN);
    }
    /* The foreground: what lies above the mean. */
    int from = 0;
    while (from < BINS && !(from + INT16_MIN > sum / (double)all)) from++;
    for (int bin = from; bin < BINS; bin++) count += bins[bin];
    if (count == 0) CC_CHECK(cc_fail(CC_EINVAL, "landmarks", NULL, "all voxels of a scan have one value"));
    /* Percentile p lies at rank p / 100 (n - 1), from 0: between two ranks on the line between their values.
     */
    for (int i = 0; i < CC_LANDMARKS; i++) {
        const double rank = percentiles[i] / 100 * (double)(count - 1);
        const uint64_t below = (uint64_t)rank, above = below + 1 < count ? below + 1 : below;
        const double low = value_of_rank(bins, from, below), high = value_of_rank(bins, from, above);
        out->hu[i] = low + (rank - (double)below) * (high - low);
    }
    if (!(out->hu[0] < out->hu[CC_LANDMARKS - 1]))
        CC_CHECK(cc_fail(CC_EINVAL, "landmarks", NULL, "all voxels of a scan above its mean have one value"));
done:
    free(bins);
    return status;
}

void cc_landmarks_learn(cc_landmarks *standard, const cc_landmarks *scans, size_t count) {
    enum { LAST = CC_LANDMARKS - 1 };
    /* The standard's ends; then each scan's landmarks, linearly with its ends on these, averaged. */
    double low = 0, high = 0;
    for (size_t s = 0; s < count; s++) {
        low += scans[s].hu[0] / (double)count;
        high += scans[s].hu[LAST] / (double)count;
    }
    for (int i = 0; i < CC_LANDMARKS; i++) {
        double sum = 0;
        for (size_t s = 0; s < count; s++) {
            const double *hu = scans[s].hu;
            sum += low + (hu[i] - hu[0]) / (hu[LAST] - hu[0]) * (high - low);
        }
        standard->hu[i] = sum / (double)count;
    }
}

void cc_landmarks_apply(float *hu, const cc_landmarks *scan, const cc_landmarks *standard, size_t count) {
    /* The corners of the map; one for landmarks that coincide, whose pair would have no slope. */
    double from[CC_LANDMARKS], to[CC_LANDMARKS];
    int kept = 0;
    for (int i = 0; i < CC_LANDMARKS; i++) {
        if (kept > 0 && scan->hu[i] <= from[kept - 1]) continue;
        from[kept] = scan->hu[i];
        to[kept++] = standard->hu[i];
    }
    /* At least two are left: a scan's ends differ. */
    for (size_t p = 0; p < count; p++) {
        const double v = hu[p];
        int i = 0; /* the pair around v, or the first or last one */
        while (i + 2 < kept && v >= from[i + 1]) i++;
        hu[p] = (float)(to[i] + (v - from[i]) / (from[i + 1] - from[i]) * (to[i + 1] - to[i]));
    }
}

void cc_landmarks_format(char out[CC_LANDMARKS_BYTES], const cc_landmarks *landmarks) {
    size_t used = 0;
    for (int i = 0; i < CC_LANDMARKS; i++)
        used += (size_t)snprintf(out + used, CC_LANDMARKS_BYTES - used, "%s%.17g", i ? " " : "",
                                 landmarks->hu[i]);
}

bool cc_landmarks_parse(cc_landmarks *out, const char *text) {
    for (int i = 0; i < CC_LANDMARKS; i++) {
        char *end;
        out->hu[i] = strtod(text, &end);
        if (end == text || !isfinite(out->hu[i]) || (i > 0 && out->hu[i] < out->hu[i - 1])) return false;
        text = end;
    }
    return *text == 0;
}
