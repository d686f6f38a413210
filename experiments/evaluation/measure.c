/* experiments/evaluation/measure.c -- from masks of slices to what is known of scans and patients.
 *
 * Lesions and scores are of whole scans, so that a scan's slices are read together: HU, truth, and one
 * mask that each stage fills in turn. Slices of a scan, and scans of a patient, are neighbours in the test
 * part. */
#include "experiments/evaluation/measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "experiments/cascade/regions.h"
#include "metrics/calcium.h"
#include "metrics/lesions.h"

enum { STAGES = CC_STAGE_FALSE_POSITIVE + 1 };

/* A scan's test slices, concatenated. */
typedef struct scan {
    const uint32_t *slices; /* [depth], indices into the base */
    int depth, height, width;
    size_t pixels; /* of all slices */
    bool whole;    /* all of the scan's slices, of one size */
    bool spaced;   /* spacing_mm is known */
    double spacing_mm[3];
    float *hu;             /* [pixels], as the following */
    uint8_t *truth, *mask; /* mask: of the stage that is being counted */
} scan;

/* The rows of one patient, which all of its scans add to. */
typedef struct patient_rows {
    cc_run_patient *patient;
    cc_run_stage *stages[STAGES]; /* NULL: the run has no such stage */
    cc_run_baseline *threshold;   /* NULL: the run has no region */
} patient_rows;

static size_t pixels_of(const cc_slice_set *base, size_t slice) {
    const cc_slice *s = cc_slice_set_get(base, slice);
    return (size_t)s->height * (size_t)s->width;
}

/* The scan whose first slice is number `at` of the test part, read; to be freed on failure too. */
static cc_status open_scan(scan *out, const cc_dataset *d, size_t at) {
    const cc_split_part *test = &d->split.test;
    const cc_slice *first = cc_slice_set_get(d->base, test->slices[at]);
    size_t start, end, offset = 0;
    scan s = {.slices = test->slices + at, .height = first->height, .width = first->width, .whole = true};
    for (size_t i = at; i < test->count; i++, s.depth++) {
        const cc_slice *slice = cc_slice_set_get(d->base, test->slices[i]);
        if (slice->scan != first->scan) break;
        s.pixels += pixels_of(d->base, test->slices[i]);
        s.whole = s.whole && slice->height == s.height && slice->width == s.width;
    }
    cc_scan_of(&start, &end, d->base, s.slices[0]);
    s.whole = s.whole && end - start == (size_t)s.depth;
    s.spaced = cc_slice_set_spacing(s.spacing_mm, d->base, s.slices[0]);
    s.hu = malloc(s.pixels * sizeof *s.hu);
    s.truth = malloc(s.pixels);
    s.mask = malloc(s.pixels);
    *out = s;
    if (!s.hu || !s.truth || !s.mask) return cc_fail_memory("a scan", s.pixels * 6);
    for (int z = 0; z < s.depth; z++) {
        CC_TRY(cc_slice_set_read(d->base, s.slices[z], s.hu + offset, s.truth + offset));
        offset += pixels_of(d->base, s.slices[z]);
    }
    return CC_OK;
}

static void close_scan(scan *s) {
    free(s->hu);
    free(s->truth);
    free(s->mask);
}

/* Sums over scans stay unknown (-1) once a part of them is. */
static void add_known(int64_t *sum, bool known, int64_t value) {
    *sum = known && *sum >= 0 ? *sum + value : -1;
}

/* A row of stage_count. The roi stage does not claim that its region is calcification: nothing in it is
 * false. */
static void add_stage(cc_run_stage *row, const scan *s, bool region, const cc_lesion_counts *l) {
    cc_counts counts = cc_counts_from_masks(s->mask, s->truth, s->pixels);
    row->tp += counts.tp;
    row->fn += counts.fn;
    row->fp += region ? 0 : counts.fp;
    row->tn += region ? 0 : counts.tn;
    add_known(&row->lesions_true, s->whole, l->truth);
    add_known(&row->lesions_found, s->whole, l->found);
    add_known(&row->lesions_false, s->whole, region ? 0 : l->spurious);
}

/* What a threshold alone finds in the region that the mask holds; the mask becomes what it finds. */
static void add_threshold(cc_run_baseline *row, scan *s) {
    const double threshold_hu = cc_calcium_defaults().threshold_hu;
    for (size_t i = 0; i < s->pixels; i++) s->mask[i] = s->mask[i] && s->hu[i] > threshold_hu;
    cc_counts counts = cc_counts_from_masks(s->mask, s->truth, s->pixels);
    row->tp += counts.tp;
    row->fp += counts.fp;
    row->fn += counts.fn;
    row->tn += counts.tn;
}

/* Adds volume and Agatston score of one mask of the scan; NaN where they cannot be known. */
static cc_status add_calcium(double *volume_mm3, double *agatston, const scan *s, const uint8_t *mask) {
    cc_calcium calcium = {0};
    cc_calcium_options options = cc_calcium_defaults();
    if (!s->whole || !s->spaced) {
        *volume_mm3 = *agatston = NAN;
        return CC_OK;
    }
    CC_TRY(cc_calcium_measure(&calcium, s->hu, mask, s->depth, s->height, s->width, s->spacing_mm, &options));
    *volume_mm3 += calcium.volume_mm3;
    *agatston += calcium.agatston;
    cc_calcium_deinit(&calcium);
    return CC_OK;
}

/* The patient's own row; the scan's mask is the last stage's. */
static cc_status add_patient(cc_run_patient *p, const scan *s, const cc_lesion_counts *l) {
    cc_counts counts = cc_counts_from_masks(s->mask, s->truth, s->pixels);
    p->slices += s->depth;
    p->tp += counts.tp;
    p->fp += counts.fp;
    p->fn += counts.fn;
    p->tn += counts.tn;
    add_known(&p->lesions_true, s->whole, l->truth);
    add_known(&p->lesions_found, s->whole, l->found);
    add_known(&p->lesions_predicted, s->whole, l->predicted);
    add_known(&p->lesions_false, s->whole, l->spurious);
    CC_TRY(add_calcium(&p->volume_true_mm3, &p->agatston_true, s, s->truth));
    return add_calcium(&p->volume_predicted_mm3, &p->agatston_predicted, s, s->mask);
}

/* Counts one scan, stage by stage: of stages without a row only the last is looked at. */
static cc_status measure_scan(const patient_rows *rows, scan *s, const cc_test *test) {
    const cc_slice_set *base = test->view->dataset->base;
    const int last = (int)test->view->cascade->stage;
    for (int stage = 0; stage <= last; stage++) {
        cc_lesion_counts lesions = {0};
        size_t offset = 0;
        if (!rows->stages[stage] && stage != last) continue;
        for (int z = 0; z < s->depth; z++) {
            cc_testing_stage_mask(s->mask + offset, test, (cc_cascade_stage)stage, s->slices[z]);
            offset += pixels_of(base, s->slices[z]);
        }
        if (s->whole)
            CC_TRY(cc_lesions_count(&lesions, s->hu, s->truth, s->mask, s->depth, s->height, s->width,
                                    cc_calcium_defaults().threshold_hu));
        if (rows->stages[stage]) add_stage(rows->stages[stage], s, stage == CC_STAGE_ROI, &lesions);
        if (rows->threshold && stage == CC_STAGE_ROI) add_threshold(rows->threshold, s);
        if (stage == last) CC_TRY(add_patient(rows->patient, s, &lesions));
    }
    return CC_OK;
}

static bool has_stage(const cc_cascade *c, int stage) {
    return stage == CC_STAGE_ROI ? c->roi != NULL : stage <= (int)c->stage;
}

/* Rows of all patients, zeroed but for their names; patient p's are at p, and of stages at p + k *
 * patients for the k-th stage that the run has. */
static cc_status make_rows(cc_measures *out, const cc_dataset *d, const cc_cascade *c, cc_arena *arena) {
    const cc_split_part *test = &d->split.test;
    uint32_t last = UINT32_MAX;
    size_t most = cc_slice_set_patient_count(d->base) + 1;
    out->patients = cc_arena_get_array(arena, most, sizeof *out->patients);
    out->baselines = cc_arena_get_array(arena, most, sizeof *out->baselines);
    out->stages = cc_arena_get_array(arena, STAGES * most, sizeof *out->stages);
    if (!out->patients || !out->baselines || !out->stages) return CC_ENOMEM;
    for (size_t i = 0; i < test->count; i++) {
        const uint32_t patient = cc_slice_set_get(d->base, test->slices[i])->patient;
        if (patient == last) continue;
        last = patient;
        snprintf(out->patients[out->patient_count++].patient, CC_RUN_NAME_MAX, "%s",
                 cc_slice_set_patient(d->base, patient));
    }
    for (size_t p = 0; has_stage(c, CC_STAGE_ROI) && p < out->patient_count; p++) {
        cc_run_baseline *row = &out->baselines[out->baseline_count++];
        snprintf(row->name, sizeof row->name, "roi_threshold");
        snprintf(row->patient, sizeof row->patient, "%s", out->patients[p].patient);
    }
    for (int stage = 0; stage < STAGES; stage++)
        for (size_t p = 0; has_stage(c, stage) && p < out->patient_count; p++) {
            cc_run_stage *row = &out->stages[out->stage_count++];
            snprintf(row->stage, sizeof row->stage, "%s", cc_cascade_stage_name((cc_cascade_stage)stage));
            snprintf(row->patient, sizeof row->patient, "%s", out->patients[p].patient);
        }
    return CC_OK;
}

cc_status cc_measure_patients(cc_measures *out, const cc_test *test, cc_arena *arena) {
    const cc_dataset *d = test->view->dataset;
    const cc_cascade *c = test->view->cascade;
    const cc_split_part *part = &d->split.test;
    *out = (cc_measures){0};
    if (c->stage == CC_STAGE_ROI) return CC_OK; /* no calcium is looked for */
    CC_TRY(make_rows(out, d, c, arena));
    for (size_t p = 0, at = 0; p < out->patient_count; p++) {
        const uint32_t patient = cc_slice_set_get(d->base, part->slices[at])->patient;
        patient_rows rows = {.patient = &out->patients[p],
                             .threshold = out->baseline_count ? &out->baselines[p] : NULL};
        for (size_t stage = 0, row = p; stage < STAGES; stage++) {
            if (!has_stage(c, (int)stage)) continue;
            rows.stages[stage] = &out->stages[row];
            row += out->patient_count;
        }
        while (at < part->count && cc_slice_set_get(d->base, part->slices[at])->patient == patient) {
            scan s;
            cc_status status = open_scan(&s, d, at);
            if (status == CC_OK) status = measure_scan(&rows, &s, test);
            close_scan(&s);
            CC_TRY(status);
            at += (size_t)s.depth;
        }
    }
    return CC_OK;
}
