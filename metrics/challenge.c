/* metrics/challenge.c -- groups of voxels by majority, or components of what is marked, into counts of
 * lesions and volumes (metrics/challenge.h).
 *
 * Groups are those of the whole scan, bone and all, as what is joined to a lesion decides over it. Marked
 * lesions depend on marked voxels alone, so that the box around both masks is enough: with arteries there are
 * eight sets of components to find. */
#include "metrics/challenge.h"

#include <math.h>
#include <stdlib.h>
#include "metrics/bounds.h"

enum { CHALLENGE = 6, LABELS = CC_ARTERIES + 1 }; /* neighbours; labels with 0, none */

/* What is measured, as cc_challenge_measure was given it. */
typedef struct scan {
    const float *hu;
    const uint8_t *truth, *prediction;
    int depth, height, width;
    size_t voxels;
    double threshold_hu;
    cc_challenge_labels labels;
} scan;

static cc_status check_labels(const uint8_t *mask, size_t voxels, const char *name) {
    for (size_t i = 0; i < voxels; i++)
        if (mask[i] > CC_ARTERIES)
            return cc_fail(CC_EINVAL, "arteries", "1 LAD, 2 LCX, 3 RCA",
                           "the %s has the label %d at voxel %zu", name, mask[i], i);
    return CC_OK;
}

/* The label of a group of `size` voxels, of which votes[a] have the label a > 0; how many have another one,
 * or none, is added to *changed. */
static int majority(int64_t *changed, const uint32_t votes[LABELS], size_t size) {
    int label = 0;
    size_t most = size;
    for (int a = 1; a < LABELS; a++) most -= votes[a]; /* without a label */
    for (int a = 1; a < LABELS; a++)
        if (votes[a] > most || (votes[a] == most && !label)) { /* before none, but not before a lower label */
            most = votes[a];
            label = a;
        }
    *changed += (int64_t)(size - most);
    return label;
}

/* One group of `size` voxels: whether it is a lesion of the truth, and of the prediction. Volumes are whole
 * numbers of voxels until cc_challenge_measure scales them. */
static void tally_group(cc_challenge_tally *t, bool real, bool predicted, size_t size) {
    t->lesions.truth += real;
    t->lesions.found += real && predicted;
    t->lesions.predicted += predicted;
    t->lesions.spurious += predicted && !real;
    if (real && predicted) t->tp_mm3 += (double)size;
    if (real && !predicted) t->fn_mm3 += (double)size;
    if (!real && predicted) t->fp_mm3 += (double)size;
}

/* Each group of the scan's voxels above the threshold is one lesion, or none, of each mask. */
static cc_status measure_groups(cc_challenge *out, const scan *s) {
    cc_components groups = {0};
    uint32_t(*votes)[2][LABELS] = NULL; /* [groups]: of the truth, of the prediction; of label 0 none */
    cc_status status;
    CC_CHECK(
        cc_lesions_find(&groups, s->hu, NULL, s->depth, s->height, s->width, s->threshold_hu, CHALLENGE));
    votes = calloc(groups.count + 1, sizeof *votes);
    if (!votes) CC_CHECK(cc_fail_memory("votes of lesions", (groups.count + 1) * sizeof *votes));
    /* A mask that names no artery votes for its one kind of lesion, which is label 1 here. */
    const bool named[2] = {s->labels != CC_CHALLENGE_NO_ARTERIES, s->labels == CC_CHALLENGE_ARTERIES};
    const uint8_t *const masks[2] = {s->truth, s->prediction};
    for (int m = 0; m < 2; m++)
        for (size_t i = 0; i < s->voxels; i++)
            if (masks[m][i] && groups.labels[i]) votes[groups.labels[i] - 1][m][named[m] ? masks[m][i] : 1]++;
    /* With both labels a group is a hit, a miss, an addition or nothing, in all and for each artery. */
    int64_t changed[2] = {0};
    for (size_t g = 0; g < groups.count; g++) {
        const size_t size = groups.sizes[g];
        int label[2];
        for (int m = 0; m < 2; m++) label[m] = majority(&changed[m], votes[g][m], size);
        tally_group(&out->all, label[0] != 0, label[1] != 0, size);
        for (int a = 1; a < LABELS && named[0]; a++) {
            /* A prediction without arteries finds a lesion whatever its artery is. */
            const bool real = label[0] == a, predicted = named[1] ? label[1] == a : real && label[1] != 0;
            tally_group(&out->artery[a - 1], real, predicted, size);
        }
    }
    out->truth_changed = changed[0];
    out->prediction_changed = changed[1];
done:
    cc_components_deinit(&groups);
    free(votes);
    return status;
}

/* Lesions and volumes, in voxels, of what has the label `artery` (0: any) in the truth and, where it names
 * arteries, in the prediction. truth and prediction are room for what is marked. */
static cc_status measure_marked(cc_challenge_tally *out, uint8_t *truth, uint8_t *prediction, const scan *s,
                                int artery) {
    const bool named = artery && s->labels == CC_CHALLENGE_ARTERIES;
    size_t tp = 0, fn = 0, fp = 0;
    for (size_t i = 0; i < s->voxels; i++) {
        const bool calcium = s->hu[i] > s->threshold_hu;
        truth[i] = calcium && (artery ? s->truth[i] == artery : s->truth[i] != 0);
        prediction[i] = calcium && (named ? s->prediction[i] == artery : s->prediction[i] != 0);
        tp += truth[i] && prediction[i];
        fn += truth[i] && !prediction[i];
        fp += !truth[i] && prediction[i];
    }
    CC_TRY(cc_lesions_count(&out->lesions, s->hu, truth, prediction, s->depth, s->height, s->width,
                            s->threshold_hu));
    out->tp_mm3 = (double)tp;
    out->fn_mm3 = (double)fn;
    out->fp_mm3 = (double)fp;
    return CC_OK;
}

/* In all and for each artery, in the box around both masks. */
static cc_status measure_all_marked(cc_challenge *out, const scan *whole) {
    const int height = whole->height, width = whole->width;
    const cc_bounds b = cc_bounds_find(whole->truth, whole->prediction, whole->depth, height, width);
    const size_t voxels = cc_bounds_voxels(&b);
    if (!voxels) return CC_OK;
    float *hu = malloc(voxels * sizeof *hu);
    uint8_t *masks = malloc(4 * voxels); /* truth, prediction, and room for those of an artery */
    cc_status status = CC_OK;
    if (!hu || !masks) CC_CHECK(cc_fail_memory("masks of lesions", voxels * (sizeof *hu + 4)));
    uint8_t *truth = masks, *prediction = masks + voxels, *room = masks + 2 * voxels;
    cc_bounds_copy(hu, &b, whole->hu, sizeof *hu, height, width);
    cc_bounds_copy(truth, &b, whole->truth, 1, height, width);
    cc_bounds_copy(prediction, &b, whole->prediction, 1, height, width);
    scan s = *whole;
    s.hu = hu;
    s.truth = truth;
    s.prediction = prediction;
    s.depth = b.size[0];
    s.height = b.size[1];
    s.width = b.size[2];
    s.voxels = voxels;
    CC_CHECK(measure_marked(&out->all, room, room + voxels, &s, 0));
    for (int a = 1; a < LABELS && s.labels != CC_CHALLENGE_NO_ARTERIES; a++)
        CC_CHECK(measure_marked(&out->artery[a - 1], room, room + voxels, &s, a));
done:
    free(hu);
    free(masks);
    return status;
}

cc_status cc_challenge_measure(cc_challenge *out, const float *hu, const uint8_t *truth,
                               const uint8_t *prediction, int depth, int height, int width, double voxel_mm3,
                               double threshold_hu, cc_challenge_rule rule, cc_challenge_labels labels) {
    scan s = {.hu = hu,
              .truth = truth,
              .prediction = prediction,
              .depth = depth,
              .height = height,
              .width = width,
              .threshold_hu = threshold_hu,
              .labels = labels};
    CC_TRY(cc_components_voxels(&s.voxels, depth, height, width));
    if (!(voxel_mm3 > 0) || !isfinite(voxel_mm3))
        return cc_fail(CC_EINVAL, "lesions", NULL, "a voxel of %g mm3 makes no sense", voxel_mm3);
    if (labels != CC_CHALLENGE_NO_ARTERIES) CC_TRY(check_labels(truth, s.voxels, "truth"));
    if (labels == CC_CHALLENGE_ARTERIES) CC_TRY(check_labels(prediction, s.voxels, "prediction"));
    cc_challenge c = {0};
    CC_TRY(rule == CC_CHALLENGE_GROUPS ? measure_groups(&c, &s) : measure_all_marked(&c, &s));
    /* Nothing that such a prediction adds belongs to an artery. */
    for (int a = 0; a < CC_ARTERIES && labels == CC_CHALLENGE_TRUTH_ARTERIES; a++) {
        cc_challenge_tally *t = &c.artery[a];
        t->lesions.predicted = t->lesions.spurious = 0;
        t->fp_mm3 = 0;
        t->one_sided = true;
    }
    /* From voxels to mm3. */
    for (int a = -1; a < CC_ARTERIES; a++) {
        cc_challenge_tally *t = a < 0 ? &c.all : &c.artery[a];
        t->tp_mm3 *= voxel_mm3;
        t->fn_mm3 *= voxel_mm3;
        t->fp_mm3 *= voxel_mm3;
    }
    *out = c;
    return CC_OK;
}

static void add_tally(cc_challenge_tally *sum, const cc_challenge_tally *other) {
    sum->lesions.truth += other->lesions.truth;
    sum->lesions.found += other->lesions.found;
    sum->lesions.predicted += other->lesions.predicted;
    sum->lesions.spurious += other->lesions.spurious;
    sum->tp_mm3 += other->tp_mm3;
    sum->fn_mm3 += other->fn_mm3;
    sum->fp_mm3 += other->fp_mm3;
    sum->one_sided |= other->one_sided;
}

void cc_challenge_add(cc_challenge *sum, const cc_challenge *other) {
    add_tally(&sum->all, &other->all);
    for (int a = 0; a < CC_ARTERIES; a++) add_tally(&sum->artery[a], &other->artery[a]);
    sum->truth_changed += other->truth_changed;
    sum->prediction_changed += other->prediction_changed;
}

static double ratio(double numerator, double denominator, cc_empty empty) {
    return denominator > 0 ? numerator / denominator : cc_empty_value(empty);
}

/* 2 / (1/sensitivity + 1/PPV), which of TP, FN and FP is 2 TP / (2 TP + FN + FP): 0 where nothing is found
 * though there is something to find or predicted, whichever of the two is 0/0. */
static double harmonic_mean(double found, double truth, double right, double predicted, cc_empty empty) {
    if (found > 0 && right > 0) return 2 / (truth / found + predicted / right);
    return ratio(0, truth + predicted, empty);
}

cc_challenge_scores cc_challenge_score_sums(const cc_challenge_sums *s, cc_empty empty) {
    const double right = s->predicted - s->spurious, real_mm3 = s->tp_mm3 + s->fn_mm3,
                 predicted_mm3 = s->tp_mm3 + s->fp_mm3;
    cc_challenge_scores scores = {
        .lesion_sensitivity = ratio(s->found, s->truth, empty),
        .volume_sensitivity = ratio(s->tp_mm3, real_mm3, empty),
        .lesion_ppv = NAN,
        .lesion_f1 = NAN,
        .volume_ppv = NAN,
        .volume_f1 = NAN,
    };
    if (s->one_sided) return scores;
    scores.lesion_ppv = ratio(right, s->predicted, empty);
    scores.lesion_f1 = harmonic_mean(s->found, s->truth, right, s->predicted, empty);
    scores.volume_ppv = ratio(s->tp_mm3, predicted_mm3, empty);
    scores.volume_f1 = harmonic_mean(s->tp_mm3, real_mm3, s->tp_mm3, predicted_mm3, empty);
    return scores;
}

cc_challenge_scores cc_challenge_score(const cc_challenge_tally *tally, cc_empty empty) {
    const cc_challenge_sums sums = {.truth = (double)tally->lesions.truth,
                                    .found = (double)tally->lesions.found,
                                    .predicted = (double)tally->lesions.predicted,
                                    .spurious = (double)tally->lesions.spurious,
                                    .tp_mm3 = tally->tp_mm3,
                                    .fn_mm3 = tally->fn_mm3,
                                    .fp_mm3 = tally->fp_mm3,
                                    .one_sided = tally->one_sided};
    return cc_challenge_score_sums(&sums, empty);
}
