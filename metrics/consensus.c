/* metrics/consensus.c -- votes, means and STAPLE.
 *
 * STAPLE sees nothing of a voxel but which readers marked it: voxels with the same pattern of readers have
 * the same probability. The patterns that occur (a few dozen, of millions of voxels) are counted once, and
 * the rounds run over them. */
#include "metrics/consensus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS_MAX = 10000, SLOTS_FIRST = 256 };
#define STILL 1e-7 /* as ITK has it */

static cc_status check(size_t readers) {
    if (readers >= 1 && readers <= CC_CONSENSUS_READERS_MAX) return CC_OK;
    return cc_fail(CC_EINVAL, "consensus", NULL, "%zu masks; it takes 1 to %d", readers,
                   CC_CONSENSUS_READERS_MAX);
}

cc_status cc_consensus_majority(uint8_t *out, const uint8_t *const *masks, size_t readers, size_t voxels) {
    CC_TRY(check(readers));
    for (size_t i = 0; i < voxels; i++) {
        size_t votes = 0;
        for (size_t r = 0; r < readers; r++) votes += masks[r][i] != 0;
        out[i] = 2 * votes > readers;
    }
    return CC_OK;
}

cc_status cc_consensus_labels(uint8_t *out, const uint8_t *const *labels, size_t readers, size_t voxels) {
    CC_TRY(check(readers));
    for (size_t i = 0; i < voxels; i++) {
        uint8_t votes[UINT8_MAX + 1] = {0}; /* at most 64 each */
        uint8_t most = labels[0][i];
        bool tie = false;
        for (size_t r = 0; r < readers; r++) votes[labels[r][i]]++;
        for (size_t r = 0; r < readers; r++) {
            const uint8_t label = labels[r][i];
            if (label == most) continue;
            if (votes[label] > votes[most])
                most = label, tie = false;
            else if (votes[label] == votes[most])
                tie = true;
        }
        out[i] = tie ? CC_CONSENSUS_TIE : most;
    }
    return CC_OK;
}

cc_status cc_consensus_mean(float *out, const float *const *probabilities, size_t readers, size_t voxels) {
    CC_TRY(check(readers));
    for (size_t i = 0; i < voxels; i++) {
        double sum = 0;
        for (size_t r = 0; r < readers; r++) sum += (double)probabilities[r][i];
        out[i] = (float)(sum / (double)readers);
    }
    return CC_OK;
}

/* --- STAPLE --- */

/* Which readers marked a voxel, as bits; how many voxels have that pattern; and W, the probability of
 * theirs. */
typedef struct pattern {
    uint64_t readers;
    size_t voxels; /* 0: the slot is free */
    double w;
} pattern;

/* An open-addressing hash table with linear probing; a power of two of slots, at most half of them taken. */
typedef struct pattern_set {
    pattern *slots;
    size_t capacity, count;
} pattern_set;

static uint64_t pattern_of(const uint8_t *const *masks, size_t readers, size_t voxel) {
    uint64_t bits = 0;
    for (size_t r = 0; r < readers; r++) bits |= (uint64_t)(masks[r][voxel] != 0) << r;
    return bits;
}

/* The slot of a pattern, or the free one where it belongs. */
static pattern *find(const pattern_set *set, uint64_t readers) {
    const uint64_t mixed = (readers ^ readers >> 32) * 0x9E3779B97F4A7C15; /* Knuth's multiplicative hash */
    size_t i = (size_t)(mixed >> 20) & (set->capacity - 1);
    while (set->slots[i].voxels && set->slots[i].readers != readers) i = (i + 1) & (set->capacity - 1);
    return &set->slots[i];
}

static cc_status grow(pattern_set *set) {
    pattern_set larger = {.capacity = set->capacity ? 2 * set->capacity : SLOTS_FIRST, .count = set->count};
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    if (!larger.slots) return cc_fail_memory("consensus", larger.capacity * sizeof *larger.slots);
    for (size_t i = 0; i < set->capacity; i++)
        if (set->slots[i].voxels) *find(&larger, set->slots[i].readers) = set->slots[i];
    free(set->slots);
    *set = larger;
    return CC_OK;
}

static cc_status count_patterns(pattern_set *set, const uint8_t *const *masks, size_t readers,
                                size_t voxels) {
    CC_TRY(grow(set));
    for (size_t i = 0; i < voxels; i++) {
        const uint64_t bits = pattern_of(masks, readers, i);
        pattern *slot = find(set, bits);
        if (!slot->voxels) {
            if (2 * (set->count + 1) > set->capacity) {
                CC_TRY(grow(set));
                slot = find(set, bits);
            }
            slot->readers = bits;
            set->count++;
        }
        slot->voxels++;
    }
    return CC_OK;
}

/* The maximisation step, equations 18 and 19: the share of the foreground that a reader marked, and of the
 * background that he left. Returns by how much any number changed. */
static double estimate_readers(cc_staple *s, const pattern *patterns, size_t count, size_t readers) {
    double foreground = 0, background = 0, change = 0;
    for (size_t i = 0; i < count; i++) {
        foreground += patterns[i].w * (double)patterns[i].voxels;
        background += (1 - patterns[i].w) * (double)patterns[i].voxels;
    }
    for (size_t r = 0; r < readers; r++) {
        double marked = 0, left = 0;
        for (size_t i = 0; i < count; i++) {
            const double voxels = (double)patterns[i].voxels;
            if (patterns[i].readers >> r & 1)
                marked += patterns[i].w * voxels;
            else
                left += (1 - patterns[i].w) * voxels;
        }
        const double p = marked / foreground, q = left / background; /* 0/0 is NaN: nothing is known of it */
        if (!isnan(p)) change = fmax(change, fabs(p - s->sensitivity[r]));
        if (!isnan(q)) change = fmax(change, fabs(q - s->specificity[r]));
        s->sensitivity[r] = p, s->specificity[r] = q;
    }
    return change;
}

/* The expectation step, equations 14 to 16: W = a / (a + b), with a = prior * product of p or 1 - p, and b =
 * (1 - prior) * product of q or 1 - q; in logarithms, as the products of 64 readers leave double's range. */
static void estimate_patterns(pattern *patterns, size_t count, const cc_staple *s, size_t readers) {
    for (size_t i = 0; i < count; i++) {
        double a = log(s->prior), b = log1p(-s->prior);
        for (size_t r = 0; r < readers; r++) {
            const bool marked = patterns[i].readers >> r & 1;
            a += marked ? log(s->sensitivity[r]) : log1p(-s->sensitivity[r]);
            b += marked ? log1p(-s->specificity[r]) : log(s->specificity[r]);
        }
        /* Both are 0 only where rounding made perfect readers of two who contradict each other: then W
         * stays. */
        if (!(a == -INFINITY && b == -INFINITY)) patterns[i].w = 1 / (1 + exp(b - a));
    }
}

static int by_readers(const void *a, const void *b) {
    const uint64_t x = ((const pattern *)a)->readers, y = ((const pattern *)b)->readers;
    return (x > y) - (x < y);
}

cc_status cc_consensus_staple(double *probability, cc_staple *out, const uint8_t *const *masks,
                              size_t readers, size_t voxels) {
    pattern_set set = {0};
    pattern *patterns = NULL;
    cc_staple s = {.converged = false};
    size_t count = 0;
    double sum = 0;
    cc_status status;
    CC_TRY(check(readers));
    if (voxels == 0) return cc_fail(CC_EINVAL, "consensus", NULL, "the masks have no voxels");
    CC_CHECK(count_patterns(&set, masks, readers, voxels));
    if (!(patterns = malloc(set.count * sizeof *patterns)))
        CC_CHECK(cc_fail_memory("consensus", set.count * sizeof *patterns));
    for (size_t i = 0; i < set.capacity; i++)
        if (set.slots[i].voxels) patterns[count++] = set.slots[i];
    /* In an order of their own, so that sums do not depend on where the table had room. */
    qsort(patterns, count, sizeof *patterns, by_readers);
    for (size_t i = 0; i < count; i++) {
        patterns[i].w = __builtin_popcountll(patterns[i].readers) / (double)readers;
        sum += patterns[i].w * (double)patterns[i].voxels;
    }
    s.prior = sum / (double)voxels;
    /* Readers from the probabilities, then these from the readers. Where all agree that nothing is marked, or
     * that everything is, the start is the answer. */
    while (!s.converged && s.rounds < ROUNDS_MAX) {
        const bool agreed = s.prior == 0 || s.prior == 1;
        s.converged = estimate_readers(&s, patterns, count, readers) <= STILL || agreed;
        if (!agreed) estimate_patterns(patterns, count, &s, readers);
        s.rounds++;
    }
    for (size_t i = 0; i < count; i++) find(&set, patterns[i].readers)->w = patterns[i].w;
    for (size_t i = 0; i < voxels; i++) probability[i] = find(&set, pattern_of(masks, readers, i))->w;
    *out = s;
done:
    free(patterns);
    free(set.slots);
    return status;
}
