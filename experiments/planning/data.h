/* experiments/planning/data.h -- the slices that a config names, how it splits them, and the size at which
 * its net sees them. */
#ifndef CC_EXPERIMENTS_PLANNING_DATA_H
#define CC_EXPERIMENTS_PLANNING_DATA_H

#include <stdbool.h>
#include "datasets/fit.h"
#include "datasets/slices.h"
#include "datasets/split.h"
#include "experiments/config/config.h"

/* To be closed by cc_slice_set_close. */
cc_status cc_data_open(cc_slice_set **out, const cc_experiment_config *config);

/* Whether two configs name the same dataset. */
bool cc_data_is_same(const cc_experiment_config *a, const cc_experiment_config *b);
/* The same, and of it the same slices with the same truth. */
bool cc_data_has_same_slices(const cc_experiment_config *a, const cc_experiment_config *b);

/* To be given back by cc_split_deinit. CC_ECONFIG as cc_split_make, and where a part has no slice. */
cc_status cc_data_split(cc_split *out, const cc_slice_set *set, const cc_experiment_config *config);

/* The canvas, in pixels, onto which the slices of a set are brought: preprocess.size, or the longer side
 * of the set's largest slice, rounded up to what the net needs. CC_ECONFIG where the size does not suit
 * the net. */
cc_status cc_data_canvas(cc_fit *out, const cc_slice_set *set, const cc_experiment_config *config);

/* Whether the set can be split as the config asks, and its slices brought onto the net's canvas: what can be
 * wrong with a run's data, found before a slice is decoded. */
cc_status cc_data_check(const cc_slice_set *set, const cc_experiment_config *config);

#endif
