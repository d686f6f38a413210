/* core/rng.h -- counter-based random numbers: Philox4x64-10.
 *
 * A stream is named by what it is for (seed, purpose, epoch, sample), never by a thread or the time, so that
 * any number can be made again, alone, in any order. Source: Salmon, Moraes, Dror & Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011; Random123. */
#ifndef CC_CORE_RNG_H
#define CC_CORE_RNG_H

#include <stdint.h>

/* What a stream is for. Values are part of every result's bytes: append, never renumber. */
typedef enum cc_purpose {
    CC_PURPOSE_TEST = 0,
    CC_PURPOSE_WEIGHTS = 1,      /* epoch 0, sample = the parameter's number */
    CC_PURPOSE_SPLIT = 2,        /* epoch 0, sample 0 */
    CC_PURPOSE_SHUFFLE = 3,      /* sample 0 */
    CC_PURPOSE_AUGMENT = 4,      /* sample = the item's number * 16 + the kind (augment_random.h) */
    CC_PURPOSE_PHANTOM = 5,      /* epoch = patient, sample = the structure */
    CC_PURPOSE_BOOTSTRAP = 6,    /* sample = the resample */
    CC_PURPOSE_DROP_PATH = 7,    /* sample = the block */
    CC_PURPOSE_EMPTY = 8,        /* sample = the slice: whether one without truth is trained on */
    CC_PURPOSE_SEARCH = 9,       /* points of a search: core/sobol.h, experiments/config/config_search.c */
    CC_PURPOSE_TRAIN_SHARE = 10, /* epoch 0, sample 0: which training patients a share of them has */
    CC_PURPOSE_PATCH = 12,       /* sample = its number in the epoch (datasets/patches.h) */
} cc_purpose;

typedef struct cc_rng {
    uint64_t key[2], counter[4], block[4]; /* private */
    unsigned used;                         /* private: numbers of `block` already given */
} cc_rng;

cc_rng cc_rng_init(uint64_t seed, cc_purpose purpose, uint64_t epoch, uint64_t sample);

uint64_t cc_rng_u64(cc_rng *rng);
/* Uniform in [0, 1), 53 bits. */
double cc_rng_uniform(cc_rng *rng);
/* Uniform in [low, high). */
double cc_rng_between(cc_rng *rng, double low, double high);
/* Uniform integer in [0, bound), without bias; bound > 0. */
uint64_t cc_rng_below(cc_rng *rng, uint64_t bound);
/* Standard normal (Box-Muller; uses two numbers). */
double cc_rng_normal(cc_rng *rng);
/* Fills order[0..count) with a random permutation of 0..count-1 (Fisher-Yates). */
void cc_rng_permutation(cc_rng *rng, uint32_t *order, uint32_t count);

#endif
