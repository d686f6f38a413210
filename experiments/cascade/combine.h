/* experiments/cascade/combine.h -- what several nets say of the same slices, combined into one prediction of
 * each.
 *
 *     mean       the mean of the probabilities; of several classes the one whose mean is largest
 *     majority   what more than half of the members mark
 *     labels     the class that most members name; where two share the first place, background
 *     staple     the probability by STAPLE of the members' masks, all slices of a scan at once
 *
 * A prediction's probability is the mean or STAPLE's, which the threshold cuts; of votes it is the share of
 * the members that mark the pixel as anything but background, and the mask is the vote's whatever the
 * threshold. Source: metrics/consensus.h. */
#ifndef CC_EXPERIMENTS_CASCADE_COMBINE_H
#define CC_EXPERIMENTS_CASCADE_COMBINE_H

#include "experiments/cascade/evaluate.h"

/* Predicts some slices (of the base, ascending) by one member and hands them to the sink in their order; with
 * `by_class` the sink is given the probability of each class, of nets with several. */
typedef cc_status cc_member_predict(void *context, int member, const cc_split_part *slices, bool by_class,
                                    cc_prediction_sink *sink, void *to);

typedef struct cc_combination { /* all borrowed */
    const char *combine;        /* "mean", "majority", "labels", "staple" */
    int members, classes;       /* classes: of the nets' outputs, 1 or with the background */
    cc_member_predict *predict;
    void *context; /* of predict */
    const bool *
        takes; /* [members][slices of the base]: who predicts which slice, of a scan all or none; NULL: all */
    const cc_slice_set *base;
    const cc_split_part *slices; /* ascending: what is predicted */
    size_t bytes;                /* that members' predictions may take at one time; 0: 512 MiB */
    double threshold;
    bool only_above; /* as cc_evaluation_source */
    double above_hu;
} cc_combination;

/* Predicts every slice, in order; the sink is called with each. Members follow each other, over as many
 * slices at a time as there are bytes for, but one (by staple: one scan) at least. How many these are
 * changes no prediction.
 *   CC_EINVAL  nobody predicts a slice; more than CC_CONSENSUS_READERS_MAX members
 *   CC_ENOMEM; others as `predict`, cc_slice_set_read and the sink */
cc_status cc_combination_run(const cc_combination *combination, cc_prediction_sink *sink, void *context);

#endif
