/* experiments/training/paper_counts.h -- how many pictures the paper says it trained, validated and tested
 * on, beside those of a run on the same dataset.
 *
 * Source: the paper, section 3.1. Its training pictures count each slice once and once more for each of three
 * augmentations. */
#ifndef CC_EXPERIMENTS_TRAINING_PAPER_COUNTS_H
#define CC_EXPERIMENTS_TRAINING_PAPER_COUNTS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct cc_run_counts {
    const char *source, *stage, *by; /* data.source, stage, data.split.by */
    size_t patients, slices;         /* of the dataset */
    size_t train_items;              /* pictures of one epoch, augmented ones included */
    size_t validation, test;         /* slices of the split */
} cc_run_counts;

enum { CC_PAPER_COUNTS_BYTES = 512 };

/* One line that compares; false, and nothing written, where the paper says nothing of such a run: another
 * dataset, or stage, than its own. */
bool cc_paper_counts_describe(char line[CC_PAPER_COUNTS_BYTES], const cc_run_counts *run);

#endif
