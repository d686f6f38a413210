/* results/layout.c -- the tables of a run file, and what a writer and a reader both refuse.
 *
 * A table is an array of columns: the name in the file, the type, the place in the C struct (results/run.h),
 * and whether a file may lack it. Reading, writing and comparing all walk these arrays. */
#include "results/layout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "results/masks.h"
#include "results/paths.h"

#define COLUMN(row, field, kind, required)                                                                   \
    { #field, CC_HDF_##kind, offsetof(row, field), required, 0 }
/* A count that is not known in every file. */
#define MAYBE(row, field)                                                                                    \
    { #field, CC_HDF_INTEGER, offsetof(row, field), false, -1 }
#define TABLE(path, row, columns)                                                                            \
    { path, columns, sizeof columns / sizeof *columns, sizeof(row) }

static const cc_hdf_column history[] = {
    COLUMN(cc_run_epoch, epoch, INTEGER, true),
    COLUMN(cc_run_epoch, train_loss, REAL, true),
    COLUMN(cc_run_epoch, validation_loss, REAL, false),
    COLUMN(cc_run_epoch, validation_f1, REAL, false),
    COLUMN(cc_run_epoch, validation_precision, REAL, false),
    COLUMN(cc_run_epoch, validation_recall, REAL, false),
    COLUMN(cc_run_epoch, learning_rate, REAL, false),
    COLUMN(cc_run_epoch, seconds, REAL, false),
};
const cc_hdf_table cc_layout_history = TABLE("history", cc_run_epoch, history);

static const cc_hdf_column slices[] = {
    COLUMN(cc_run_slice, patient, NAME, true),       COLUMN(cc_run_slice, slice, INTEGER, true),
    COLUMN(cc_run_slice, tp, INTEGER, true),         COLUMN(cc_run_slice, fp, INTEGER, true),
    COLUMN(cc_run_slice, fn, INTEGER, true),         COLUMN(cc_run_slice, tn, INTEGER, true),
    COLUMN(cc_run_slice, soft_overlap, REAL, false), COLUMN(cc_run_slice, soft_prediction, REAL, false),
    COLUMN(cc_run_slice, soft_truth, REAL, false),
};
const cc_hdf_table cc_layout_slices = TABLE("slices", cc_run_slice, slices);

static const cc_hdf_column patients[] = {
    COLUMN(cc_run_patient, patient, NAME, true),
    COLUMN(cc_run_patient, slices, INTEGER, false),
    COLUMN(cc_run_patient, tp, INTEGER, true),
    COLUMN(cc_run_patient, fp, INTEGER, true),
    COLUMN(cc_run_patient, fn, INTEGER, true),
    COLUMN(cc_run_patient, tn, INTEGER, true),
    MAYBE(cc_run_patient, lesions_true),
    MAYBE(cc_run_patient, lesions_found),
    MAYBE(cc_run_patient, lesions_predicted),
    MAYBE(cc_run_patient, lesions_false),
    COLUMN(cc_run_patient, volume_true_mm3, REAL, false),
    COLUMN(cc_run_patient, volume_predicted_mm3, REAL, false),
    COLUMN(cc_run_patient, agatston_true, REAL, false),
    COLUMN(cc_run_patient, agatston_predicted, REAL, false),
    COLUMN(cc_run_patient, hausdorff_mm, REAL, false),
    COLUMN(cc_run_patient, hausdorff95_mm, REAL, false),
    COLUMN(cc_run_patient, assd_mm, REAL, false),
    COLUMN(cc_run_patient, nsd_1mm, REAL, false),
};
const cc_hdf_table cc_layout_patients = TABLE("patients", cc_run_patient, patients);

static const cc_hdf_column stages[] = {
    COLUMN(cc_run_stage, stage, NAME, true), COLUMN(cc_run_stage, patient, NAME, true),
    COLUMN(cc_run_stage, tp, INTEGER, true), COLUMN(cc_run_stage, fp, INTEGER, true),
    COLUMN(cc_run_stage, fn, INTEGER, true), COLUMN(cc_run_stage, tn, INTEGER, true),
    MAYBE(cc_run_stage, lesions_true),       MAYBE(cc_run_stage, lesions_found),
    MAYBE(cc_run_stage, lesions_false),
};
const cc_hdf_table cc_layout_stages = TABLE("stages", cc_run_stage, stages);

static const cc_hdf_column baselines[] = {
    COLUMN(cc_run_baseline, name, NAME, true),  COLUMN(cc_run_baseline, patient, NAME, true),
    COLUMN(cc_run_baseline, tp, INTEGER, true), COLUMN(cc_run_baseline, fp, INTEGER, true),
    COLUMN(cc_run_baseline, fn, INTEGER, true), COLUMN(cc_run_baseline, tn, INTEGER, true),
};
const cc_hdf_table cc_layout_baselines = TABLE("baselines", cc_run_baseline, baselines);

static const cc_hdf_column challenge[] = {
    COLUMN(cc_run_challenge, patient, NAME, true),
    COLUMN(cc_run_challenge, artery, INTEGER, true),
    COLUMN(cc_run_challenge, lesions_true, INTEGER, true),
    COLUMN(cc_run_challenge, lesions_found, INTEGER, true),
    MAYBE(cc_run_challenge, lesions_predicted),
    MAYBE(cc_run_challenge, lesions_false),
    COLUMN(cc_run_challenge, volume_found_mm3, REAL, true),
    COLUMN(cc_run_challenge, volume_missed_mm3, REAL, true),
    COLUMN(cc_run_challenge, volume_added_mm3, REAL, false),
    MAYBE(cc_run_challenge, voxels_relabelled_true),
    MAYBE(cc_run_challenge, voxels_relabelled_predicted),
};
const cc_hdf_table cc_layout_challenge = TABLE("challenge", cc_run_challenge, challenge);

static const cc_hdf_column calibration[] = {
    COLUMN(cc_run_calibration, pixels_of, NAME, true),
    COLUMN(cc_run_calibration, bin, INTEGER, true),
    COLUMN(cc_run_calibration, pixels, INTEGER, true),
    COLUMN(cc_run_calibration, truth, INTEGER, true),
    COLUMN(cc_run_calibration, probability, REAL, true),
    COLUMN(cc_run_calibration, squared_error, REAL, true),
};
const cc_hdf_table cc_layout_calibration = TABLE("calibration", cc_run_calibration, calibration);

static const cc_hdf_column masks[] = {
    COLUMN(cc_run_mask, scan, INTEGER, true),      COLUMN(cc_run_mask, whole, INTEGER, true),
    COLUMN(cc_run_mask, height, INTEGER, true),    COLUMN(cc_run_mask, width, INTEGER, true),
    COLUMN(cc_run_mask, region_y0, INTEGER, true), COLUMN(cc_run_mask, region_x0, INTEGER, true),
    COLUMN(cc_run_mask, region_y1, INTEGER, true), COLUMN(cc_run_mask, region_x1, INTEGER, true),
    COLUMN(cc_run_mask, spacing_x_mm, REAL, true), COLUMN(cc_run_mask, spacing_y_mm, REAL, true),
    COLUMN(cc_run_mask, spacing_z_mm, REAL, true), COLUMN(cc_run_mask, start, INTEGER, true),
    COLUMN(cc_run_mask, bytes, INTEGER, true),
};
const cc_hdf_table cc_layout_masks = TABLE("slices", cc_run_mask, masks); /* of the group /masks */

#define TEXT(field)                                                                                          \
    { #field, offsetof(cc_run_provenance, field) }
#define UPSTREAM(kind, name)                                                                                 \
    { "upstream_" name, offsetof(cc_run_provenance, upstream[kind]) }
const cc_layout_text cc_layout_provenance[] = {
    UPSTREAM(0, "reference"),
    UPSTREAM(1, "roi"),
    UPSTREAM(2, "calcification"),
    UPSTREAM(3, "false_positive"),
    TEXT(upstream_out_of_fold),
    TEXT(upstream_members),
    TEXT(landmarks),
    TEXT(identity),
    TEXT(request),
    TEXT(machine),
    TEXT(data_digest),
    TEXT(weights_digest),
    TEXT(split_digest),
    TEXT(commit),
    TEXT(version),
    TEXT(build),
    TEXT(compiler),
    TEXT(device),
    TEXT(precision),
    TEXT(algorithms),
    TEXT(log_variance),
    TEXT(started),
    TEXT(finished),
    {NULL, 0},
};

/* A slice and where it stood, to sort by patient and come back to the order of first sight. */
typedef struct place {
    const cc_run_slice *slice;
    size_t at;
} place;

static int by_patient(const void *a, const void *b) {
    const place *p = a, *q = b;
    int order = strcmp(p->slice->patient, q->slice->patient);
    return order ? order : p->at < q->at ? -1 : p->at > q->at;
}

typedef struct summed {
    cc_run_patient patient;
    size_t first;
} summed;

static int by_first(const void *a, const void *b) {
    size_t p = ((const summed *)a)->first, q = ((const summed *)b)->first;
    return p < q ? -1 : p > q;
}

/* A patient of whom only the slices are known: calcium is not. */
static const cc_run_patient unmeasured = {.lesions_true = -1,
                                          .lesions_found = -1,
                                          .lesions_predicted = -1,
                                          .lesions_false = -1,
                                          .volume_true_mm3 = NAN,
                                          .volume_predicted_mm3 = NAN,
                                          .agatston_true = NAN,
                                          .agatston_predicted = NAN,
                                          .hausdorff_mm = NAN,
                                          .hausdorff95_mm = NAN,
                                          .assd_mm = NAN,
                                          .nsd_1mm = NAN};

/* Sums slices that are sorted by patient, and remembers where each patient was first seen. */
static size_t sum_sorted(summed *sums, const place *places, size_t count) {
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        const cc_run_slice *slice = places[i].slice;
        if (i == 0 || strcmp(sums[used - 1].patient.patient, slice->patient) != 0) {
            sums[used].patient = unmeasured;
            memcpy(sums[used].patient.patient, slice->patient, CC_RUN_NAME_MAX);
            sums[used++].first = places[i].at;
        }
        /* Still of the patient before it, as the slices are sorted. */
        cc_run_patient *sum = &sums[used - 1].patient;
        sum->slices++;
        sum->tp += slice->tp;
        sum->fp += slice->fp;
        sum->fn += slice->fn;
        sum->tn += slice->tn;
    }
    return used;
}

cc_status cc_layout_sum_patients(const cc_run_patient **out, size_t *count, const cc_run_slice *rows,
                                 size_t slice_count, cc_arena *arena) {
    place *places = cc_arena_get_array(arena, slice_count + 1, sizeof *places);
    summed *sums = cc_arena_get_array(arena, slice_count + 1, sizeof *sums);
    if (!places || !sums) return CC_ENOMEM;
    /* Sorted by patient, then by first sight: n log n, where looking each name up would cost n^2. */
    for (size_t i = 0; i < slice_count; i++) places[i] = (place){&rows[i], i};
    qsort(places, slice_count, sizeof *places, by_patient);
    *count = sum_sorted(sums, places, slice_count);
    qsort(sums, *count, sizeof *sums, by_first);
    cc_run_patient *packed = cc_arena_get_array(arena, *count + 1, sizeof *packed);
    if (!packed) return CC_ENOMEM;
    for (size_t i = 0; i < *count; i++) packed[i] = sums[i].patient;
    *out = packed;
    return CC_OK;
}

/* A count above 2^40 is no slice's and no patient's; the bound keeps sums over 2^20 of them in range. */
static cc_status check_counts(const char *table, size_t row, const char *patient, const int64_t counts[4]) {
    if (!patient[0]) return cc_fail(CC_EINVAL, table, NULL, "row %zu names no patient", row);
    for (int c = 0; c < 4; c++)
        if (counts[c] < 0 || counts[c] > (int64_t)1 << 40)
            return cc_fail(CC_EINVAL, table, NULL, "row %zu (%s): %lld is no count", row, patient,
                           (long long)counts[c]);
    return CC_OK;
}

/* Refuses rows without names and counts that no scan has. */
static cc_status check_rows(const cc_run *run) {
    for (size_t i = 0; i < run->slice_count; i++) {
        const cc_run_slice *s = &run->slices[i];
        CC_TRY(check_counts("slices", i, s->patient, (int64_t[]){s->tp, s->fp, s->fn, s->tn}));
    }
    for (size_t i = 0; i < run->stage_count; i++) {
        const cc_run_stage *s = &run->stages[i];
        if (!s->stage[0]) return cc_fail(CC_EINVAL, "stages", NULL, "row %zu names no stage", i);
        CC_TRY(check_counts("stages", i, s->patient, (int64_t[]){s->tp, s->fp, s->fn, s->tn}));
    }
    for (size_t i = 0; i < run->baseline_count; i++) {
        const cc_run_baseline *b = &run->baselines[i];
        CC_TRY(check_counts("baselines", i, b->patient, (int64_t[]){b->tp, b->fp, b->fn, b->tn}));
    }
    for (size_t i = 0; i < run->challenge_count; i++) {
        const cc_run_challenge *c = &run->challenge[i];
        const int64_t counts[] = {c->artery, c->lesions_true, c->lesions_found, 0};
        CC_TRY(check_counts("challenge", i, c->patient, counts));
        if (c->artery > 3 || c->lesions_found > c->lesions_true || !(c->volume_found_mm3 >= 0) ||
            !(c->volume_missed_mm3 >= 0))
            return cc_fail(CC_EINVAL, "challenge", NULL,
                           "row %zu (%s) has another artery, finds more lesions than there are, or a volume "
                           "that is none",
                           i, c->patient);
    }
    for (size_t i = 0; i < run->calibration_count; i++) {
        const cc_run_calibration *c = &run->calibration[i];
        CC_TRY(check_counts("calibration", i, c->pixels_of,
                            (int64_t[]){c->bin, c->pixels, c->truth, c->pixels - c->truth}));
        /* Of p and of (p - g)^2, which are at most 1 each. */
        const double most = (double)c->pixels * (1 + 1e-9);
        if (!(c->probability >= 0 && c->probability <= most) ||
            !(c->squared_error >= 0 && c->squared_error <= most))
            return cc_fail(CC_EINVAL, "calibration", NULL, "row %zu holds sums that no %lld pixels have", i,
                           (long long)c->pixels);
    }
    return CC_OK;
}

cc_status cc_layout_check_tensor(const cc_run_tensor *tensor) {
    size_t count = 1, bad = 0;
    for (int d = 0; d < tensor->rank; d++) count *= (size_t)tensor->dims[d];
    for (size_t i = 0; i < count; i++) bad += !isfinite(tensor->data[i]);
    if (bad == 0) return CC_OK;
    return cc_fail(CC_EINVAL, tensor->name,
                   "its training diverged: lower optimizer.lr, or set optimizer.clip_norm",
                   "%zu of its %zu weights are NaN or infinite", bad, count);
}

/* A higher threshold marks no more than a lower one, and none more than there is. */
static bool falls(const int64_t *counts, size_t count, int64_t most) {
    for (size_t k = 0; k < count; k++) {
        if (counts[k] < 0 || counts[k] > most) return false;
        most = counts[k];
    }
    return true;
}

cc_status cc_layout_check_cuts(const cc_run_cuts *cuts, const cc_run_patient *rows, size_t count) {
    for (size_t k = 0; k < cuts->count; k++) /* Rising, within (0, 1). */
        if (!(cuts->thresholds[k] > (k ? cuts->thresholds[k - 1] : 0) && cuts->thresholds[k] < 1))
            return cc_fail(CC_EINVAL, "cuts/thresholds", NULL, "must rise, above 0 and below 1");
    if (cuts->count && cuts->patient_count != count)
        return cc_fail(CC_EINVAL, "cuts", NULL, "are of %zu patients, not of the %zu that were tested",
                       cuts->patient_count, count);
    for (size_t p = 0; cuts->count && p < count; p++) {
        const cc_run_patient *of = &rows[p];
        /* tp can be at most all that is true, fp at most all that is not. */
        if (!falls(cuts->tp + p * cuts->count, cuts->count, of->tp + of->fn) ||
            !falls(cuts->fp + p * cuts->count, cuts->count, of->fp + of->tn))
            return cc_fail(CC_EINVAL, "cuts", NULL, "counts of %s rise, or exceed its pixels", of->patient);
    }
    return CC_OK;
}

cc_status cc_layout_check(const cc_run *run) {
    char path[CC_PATH_MAX];
    if (!run->experiment || !run->variant || !run->stage || !run->stage[0] || !run->config)
        return cc_fail(CC_EINVAL, "run", NULL, "experiment, variant, stage and config must be there");
    /* Whatever has no path has a bad name, fold or seed. */
    CC_TRY(cc_run_path(path, "", run->experiment, run->variant, run->fold, run->seed));
    CC_TRY(check_rows(run));
    return cc_run_masks_check(&run->masks, run->slice_count);
}
