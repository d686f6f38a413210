/* datasets/split.h -- which slices train, validate and test.
 *
 * by patient  Patients, permuted by the seed, are dealt out by largest remainder: 20/4/8 of 32 patients are
 *             20, 4 and 8; 60/20/20 of 19 are 11, 4 and 4. Every part with a share gets at least one. A
 *             patient never lies in two parts. Stratified, each group (scanner's vendor) is spread over the
 *             parts as evenly as whole patients allow, the parts' sizes staying what they are; with one group
 *             it is the same split.
 *
 * by slice    The same with single slices: slices of one patient lie in several parts, so that scores leak.
 *             60/20/20 of 2532 are 1519, 507 and 506; the paper (dataset section) prints 1519, 506 and 506,
 *             which adds up to 2531: it cut every share down and lost a slice, which here goes to the largest
 *             remainder (of equal ones to the first).
 *
 * by slab     Slabs of `slab` neighbouring slices of a scan are dealt in rotation, over all scans: with
 * 5/1/1
 *             five go to training, one to validation, one to test, and so on. No seed. Neighbouring slabs
 *             leak.
 *
 * k folds     By patient: patient i of the permutation is in fold i mod `folds`; fold `fold` is the test
 *             part, and the rest is divided between training and validation by their shares (the test share
 *             is not used).
 *
 * inner folds By patient, within any of these: the patients of training and validation are dealt once more,
 *             into `inner_folds`, as folds are; of them fold `inner_fold` is the test part, the others share
 *             training and validation, and who was the test part before is in none. (Nested cross-validation:
 *             Varma & Simon, BMC Bioinformatics 7 (2006), 91.)
 *
 * a share     By patient, at the end of any of these: of the training patients the first round(share n), at
 *             least one, in an order that the seed gives (CC_PURPOSE_TRAIN_SHARE); the others are in no part.
 *             So those of a smaller share are among those of a larger one, and validation and test stay.
 *             Stratified, each group keeps about its share.
 *
 * by a table  By patient: each goes where a file says (datasets/split_file.h); those whom it leaves to be
 *             dealt are divided between training and validation as in a fold.
 *
 * Source: largest remainder (Hamilton's method), Balinski & Young, Fair Representation (1982), chapter 2; on
 * leaks between slices of a patient, Yagis et al., Scientific Reports 11 (2021), 22544. */
#ifndef CC_DATASETS_SPLIT_H
#define CC_DATASETS_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/status.h"
#include "datasets/slices.h"
#include "datasets/split_file.h"

/* The ways to split: X(NAME, whether it makes folds). split.c defines split_by_NAME; `data.split.by: NAME`
 * chooses it. */
#define CC_SPLIT_WAY_LIST(X) X(patient, true) X(slice, false) X(slab, false)

#define CC_SPLIT_SHARE_MAX 1e6 /* shares are 0 or more */
enum { CC_SPLIT_FOLDS_MAX = 100, CC_SPLIT_SLAB_MAX = 10000 };

typedef struct cc_split_spec {
    double train, validation, test; /* shares: only their ratio counts; whole numbers by slab */
    const char *by;                 /* a name of CC_SPLIT_WAY_LIST */
    int slab;                       /* by slab: slices of a slab, 1 to CC_SPLIT_SLAB_MAX */
    bool stratify;                  /* by patient: every part, or fold, gets its share of each group */
    int folds;                      /* 2 to CC_SPLIT_FOLDS_MAX; means nothing without a fold */
    int fold;                       /* 0 to folds - 1, or CC_SPLIT_NO_FOLD: one split by shares */
    int inner_folds;                /* 0: none; else by patient, 2 to CC_SPLIT_FOLDS_MAX */
    int inner_fold;                 /* 0 to inner_folds - 1; means nothing without them */
    double train_share;             /* by patient: of the training patients, those trained on; 0: all */
    const cc_split_table *table;    /* by patient: who goes where, in place of shares and folds; or NULL */
} cc_split_spec;

typedef struct cc_split_part {
    uint32_t *slices; /* indices into the set, ascending; owned by the split */
    size_t count;
} cc_split_part;

typedef struct cc_split {
    cc_split_part train, validation, test; /* a slice lies in one part, or in none */
} cc_split;

/* Same set, spec and seed: same split. Uses CC_PURPOSE_SPLIT. `out` is zeroed; on failure it stays so.
 *   CC_ECONFIG  a share is negative, all are zero, or too few patients, slices or slabs are there for every
 *               part with a share to get one; the message names the key ("data.split.train", "data.fold") */
cc_status cc_split_make(cc_split *out, const cc_slice_set *set, const cc_split_spec *spec, uint64_t seed);
/* The fold of each patient, folds[patient_count], whatever spec->fold is: what cc_split_make tests in turn.
 * CC_ECONFIG  fewer patients than folds */
cc_status cc_split_folds(int *folds, const cc_slice_set *set, const cc_split_spec *spec, uint64_t seed);
/* Every slice of the set. The caller frees out->slices, or the split that it is a part of. */
cc_status cc_split_all(cc_split_part *out, const cc_slice_set *set);
/* Frees the lists and clears the struct; takes a zeroed one. */
void cc_split_deinit(cc_split *split);

/* Whether a patient has slices in two parts: scores of such a split are marked wherever they are shown. */
bool cc_split_leaks(const cc_split *split, const cc_slice_set *set);

#endif
