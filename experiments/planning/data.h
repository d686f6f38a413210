/* experiments/planning/data.h -- the slices that a config names, how it splits them, and the size at which
 * its net sees them. */
#ifndef CC_EXPERIMENTS_PLANNING_DATA_H
#define CC_EXPERIMENTS_PLANNING_DATA_H

#include <stdbool.h>
#include "datasets/channels.h"
#include "datasets/fit.h"
#include "datasets/slices.h"
#include "datasets/split.h"
#include "experiments/config/config.h"
#include "experiments/config/targets.h"

/* To be closed by cc_slice_set_close. */
cc_status cc_data_open(cc_slice_set **out, const cc_experiment_config *config);

/* The same with cc_slice_options.checking: what is broken is left out and listed, and nothing remembered is
 * believed. */
cc_status cc_data_open_to_check(cc_slice_set **out, const cc_experiment_config *config);

/* Whether two configs name the same dataset. */
bool cc_data_is_same(const cc_experiment_config *a, const cc_experiment_config *b);
/* The same, and of it the same slices with the same truth. */
bool cc_data_has_same_slices(const cc_experiment_config *a, const cc_experiment_config *b);
/* What the files of its dataset look like from outside (datasets/folder_stamp.h): where that is as it was,
 * its digest is. "" for a source that remembers the digests of its scans itself (list, nnunet, decathlon),
 * and so digests its set at the same cost. As cc_folder_stamp. */
cc_status cc_data_stamp(cc_digest_text *out, const cc_experiment_config *config);
/* Whether the dataset is what `digest` was made of, when *stamp was that of its files: they look as they did,
 * or give the same digest; *stamp is then what they look like now. As cc_data_stamp and cc_data_open. */
cc_status cc_data_is_unchanged(bool *out, cc_digest_text *stamp, const cc_experiment_config *config,
                               const char *digest);

/* The first key by which two configs on the same dataset split patients differently, folds apart; NULL: none.
 * With a fold the share of the test part counts for nothing. */
const char *cc_data_other_split(const cc_experiment_config *a, const cc_experiment_config *b, int fold);
/* Whether two configs on the same slices put each of them in the same part. */
bool cc_data_has_same_split(const cc_experiment_config *a, const cc_experiment_config *b);

/* The file that says who is in which part (datasets/split_file.h); NULL: the shares and the seed deal. */
const char *cc_data_split_file(const cc_experiment_config *config);
/* The digest of what that file says for the config's fold; "" without one. */
cc_status cc_data_split_digest(cc_digest_text *out, const cc_experiment_config *config);

/* How the config splits, without the table of that file. */
cc_split_spec cc_data_split_spec(const cc_experiment_config *config);

/* To be given back by cc_split_deinit. CC_ECONFIG as cc_split_make, and where a part has no slice; CC_EFORMAT
 * for what is wrong with a file that says who is in which part. */
cc_status cc_data_split(cc_split *out, const cc_slice_set *set, const cc_experiment_config *config);

/* Whether the net of a config sees volumes (data.items), and how many slices of them at a time: 0 for a net
 * of images. */
bool cc_data_has_volumes(const cc_experiment_config *config);
/* Whether the net of a config can be averaged over mirror images along some axes (datasets/mirror.h; 0:
 * none). CC_ECONFIG of volumes. */
cc_status cc_data_check_mirrors(const cc_experiment_config *net, unsigned axes);
int cc_data_depth(const cc_experiment_config *net);

/* The canvas, in pixels, onto which the slices of a set are brought: preprocess.size, or the longer side
 * of the set's largest slice, rounded up to what the net needs. Of volumes: height and width of
 * volumes.patch. CC_ECONFIG where the size, or what data.items says, does not suit the net. */
cc_status cc_data_canvas(cc_fit *out, const cc_slice_set *set, const cc_experiment_config *config);

/* The channels that the net of a config is shown. */
cc_status cc_data_channels(cc_channels *out, const cc_experiment_config *net);
/* What the outputs of that net tell apart in another config's data, or in its own. CC_ECONFIG as
 * cc_net_targets_init, and where the net tells labels apart and the two choose other ones. */
cc_status cc_data_targets(cc_net_targets *out, const cc_experiment_config *net,
                          const cc_experiment_config *data);

/* Whether the set has what the channels of a config's net are made of: HU for masks, neighbours for several
 * slices, and slices of a scan of one size; for volumes scans without a gap. CC_EUNSUPPORTED, CC_EFORMAT in
 * one line. */
cc_status cc_data_check_channels(const cc_slice_set *set, const cc_experiment_config *net);

/* Labels without a class, and arteries that no mask tells apart, where opening the set has read all labels.
 * Else they are found when they are met (datasets/loader.h). CC_EFORMAT in one line. */
cc_status cc_data_check_classes(const cc_slice_set *set, const cc_experiment_config *config);

/* Whether the set can be split as the config asks, its slices brought onto the net's canvas, and its labels
 * are classes, as far as opening the set has read them: what can be wrong with a run's data, found before a
 * slice is decoded. */
cc_status cc_data_check(const cc_slice_set *set, const cc_experiment_config *config);

#endif
