/* experiments/config/targets.h -- what each output of a config's net learns, and which of them decides what
 * is predicted.
 *
 * One output learns from the mask (`calcium`, `arteries` or `labels` of data.targets): it is scored. Of a net
 * with several outputs another one may learn `regions`. Where the first tells calcium alone, the regions are
 * territories of the arteries, and say in which of them a predicted lesion lies. */
#ifndef CC_EXPERIMENTS_CONFIG_TARGETS_H
#define CC_EXPERIMENTS_CONFIG_TARGETS_H

#include "datasets/label_classes.h"
#include "experiments/config/experiment.h"

enum { CC_NO_OUTPUT = -1 };

typedef struct cc_net_targets {
    int count; /* outputs of the net, which are in the order of net.heads; at least 1 */
    cc_label_classes of[CC_HEADS_MAX]; /* what each learns */
    int scored;                        /* the one that learns from the mask */
    int regions;                       /* the one that learns regions, or CC_NO_OUTPUT */
} cc_net_targets;

/* Those of the net of a config, whose `stage` trains one, for labels chosen by data.labels: its own, or those
 * of other data that it is shown.
 *   CC_ECONFIG  under "data.targets" an output without a target, a target without its output, a word that is
 *               none, or not exactly one output that learns from the mask; under "net.heads" another number
 *               of classes than the target has; under "data.labels" as cc_label_classes_init */
cc_status cc_net_targets_init(cc_net_targets *out, const cc_experiment_config *net, const int *labels,
                              int label_count);

/* Whether an output learns regions, so that the data must have them. */
bool cc_config_learns_regions(const cc_experiment_config *config);

#endif
