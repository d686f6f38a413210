/* experiments/planning/gpus.h -- one run a GPU: which of a machine's GPUs a worker process of `calcade run
 * --jobs` is to see.
 *
 * CUDA shows a process the GPUs that CUDA_VISIBLE_DEVICES lists (CUDA C++ Programming Guide, "CUDA
 * Environment Variables"), by number or by UUID, and takes the first: so a worker is given a list of one.
 * Schedulers set the same variable for a job, so that only GPUs of the job are shared out. nnU-Net's guide
 * trains several folds so: one process a GPU, not one training over all. */
#ifndef CC_EXPERIMENTS_PLANNING_GPUS_H
#define CC_EXPERIMENTS_PLANNING_GPUS_H

#include <stdbool.h>
#include <stddef.h>

/* The GPU of a worker, counted from 0: those of the list `visible` in turn; where it is NULL, those of
 * numbers below `installed`. False where there are fewer than two, or `capacity` bytes do not hold the
 * name: nothing is to be shared out. */
bool cc_gpus_pick(char *out, size_t capacity, const char *visible, int installed, int worker);

/* Sets CUDA_VISIBLE_DEVICES of this process for that worker. To be called before CUDA is. */
void cc_gpus_take(int worker);

#endif
