/* experiments/planning/data_review.h -- everything that is to be seen of a config's dataset and split before
 * a training: what each scan holds, in which part it lies, and what is wrong.
 *
 * Faults: an image or a mask that cannot be read, with its patient; values that are hardly HU
 * (datasets/hu.h); an image whose voxels another scan has too; a patient in two parts; a split that cannot be
 * made; a part without a labelled voxel. A scan without labels is none: patients without calcification
 * are. */
#ifndef CC_EXPERIMENTS_PLANNING_DATA_REVIEW_H
#define CC_EXPERIMENTS_PLANNING_DATA_REVIEW_H

#include "datasets/scan_facts.h"
#include "datasets/split.h"
#include "experiments/config/config.h"

typedef enum cc_review_part {
    CC_REVIEW_TRAIN,
    CC_REVIEW_VALIDATION,
    CC_REVIEW_TEST,
    CC_REVIEW_PARTS
} cc_review_part;

typedef struct cc_review_scan {
    const char *patient;
    int number;     /* among the patient's scans, from 1 */
    unsigned parts; /* bit 1 << part of each that has slices of it, in the first split */
    cc_scan_facts facts;
    uint64_t labelled; /* voxels of the labels that data.labels chooses */
    bool is_hu;
    const char *wrong; /* "" where nothing is, else its faults in a few words */
} cc_review_scan;

typedef struct cc_review_count {
    size_t patients, scans, slices, labelled; /* the last: scans with a label */
} cc_review_count;

/* A split of one or several of the configs. */
typedef struct cc_review_split {
    const cc_experiment_config *config; /* the first that has it; borrowed */
    cc_review_count parts[CC_REVIEW_PARTS];
    bool made; /* else why there is none is a fault */
} cc_review_split;

typedef struct cc_review {
    cc_review_scan *scans; /* by patient */
    size_t scan_count;
    cc_review_split *splits;
    size_t split_count;
    const char **faults; /* a line each */
    size_t fault_count, fault_capacity;
} cc_review;

enum { CC_REVIEW_NAME = 128 };
/* "fold 2: ", "a, inner fold 1 of 4: "; "" where there is but one split. */
void cc_review_split_name(char out[CC_REVIEW_NAME], const cc_review *review, const cc_review_split *split);

/* "train", "validation", "test". */
const char *cc_review_part_name(cc_review_part part);

/* Opens anew the dataset that all configs have (cc_data_has_same_slices), reads every slice, and splits as
 * each of them says, and as the runs out of fold of stage 3 do (upstream.out_of_fold). The arena owns what is
 * in `out`.
 *   CC_OK  whatever the faults · others: the dataset as a whole cannot be looked at (no such folder) */
cc_status cc_review_make(cc_review *out, const cc_experiment_config *const *configs, int count,
                         cc_arena *arena);

#endif
