/* core/rng.c -- Philox4x64-10 by Random123, and the distributions that are drawn from it.
 *
 * Philox is a block cipher with few rounds: block n of a stream is a function of (key, counter n), so a
 * stream costs nothing to start and any part of it can be made alone. The key is (seed, purpose), the
 * counter (n, epoch, sample, 0): two streams that differ in any of the four never meet, however many
 * numbers are drawn from either. The words are used in order, v[0] to v[3]; that order, the 53 bits of a
 * uniform number, the rejection in cc_rng_below and the pairing in cc_rng_normal are part of every
 * result's bytes.
 *
 * Source: Salmon, Moraes, Dror & Shaw, SC 2011; Box & Muller, Ann. Math. Stat. 29 (1958), 610-611;
 * Durstenfeld, CACM 7 (1964), 420 (the shuffle of Fisher & Yates). */
#include "core/rng.h"

#include <assert.h>
#include <math.h>
#include <Random123/philox.h>

cc_rng cc_rng_init(uint64_t seed, cc_purpose purpose, uint64_t epoch, uint64_t sample) {
    /* used = 4: the first number makes the first block. */
    return (cc_rng){.key = {seed, (uint64_t)purpose}, .counter = {0, epoch, sample, 0}, .used = 4};
}

void cc_rng_four(uint64_t out[4], const cc_rng *rng, uint64_t index) {
    philox4x64_ctr_t counter = {{index, rng->counter[1], rng->counter[2], rng->counter[3]}};
    philox4x64_key_t key = {{rng->key[0], rng->key[1]}};
    philox4x64_ctr_t block = philox4x64(counter, key);
    for (int i = 0; i < 4; i++) out[i] = block.v[i];
}

uint64_t cc_rng_u64(cc_rng *rng) {
    if (rng->used == 4) {
        cc_rng_four(rng->block, rng, rng->counter[0]++);
        rng->used = 0;
    }
    return rng->block[rng->used++];
}

double cc_rng_uniform(cc_rng *rng) {
    /* The upper 53 bits as a multiple of 2^-53: every double in [0, 1) that can come up is equally likely. */
    return (double)(cc_rng_u64(rng) >> 11) * 0x1.0p-53;
}

double cc_rng_between(cc_rng *rng, double low, double high) {
    return low + (high - low) * cc_rng_uniform(rng);
}

uint64_t cc_rng_below(cc_rng *rng, uint64_t bound) {
    assert(bound > 0);
    /* Numbers from `limit` on, the incomplete last run of `bound`, are drawn again: without that, low
     * results would be more likely. */
    uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
    uint64_t value;
    do value = cc_rng_u64(rng);
    while (value >= limit);
    return value % bound;
}

double cc_rng_normal(cc_rng *rng) {
    /* 1 - u lies in (0, 1]: the logarithm is finite. The second normal number of the pair is not used, so
     * that a stream has no state beside its counter. */
    double radius = sqrt(-2.0 * log(1.0 - cc_rng_uniform(rng)));
    return radius * cos(2.0 * M_PI * cc_rng_uniform(rng));
}

void cc_rng_permutation(cc_rng *rng, uint32_t *order, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) order[i] = i;
    for (uint32_t i = count; i > 1; i--) {
        /* From the end: place i - 1 takes one of the i that are left. */
        uint32_t j = (uint32_t)cc_rng_below(rng, i), kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}
