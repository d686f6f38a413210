#include "experiments/evaluation/measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "experiments/cascade/regions.h"
#include "metrics/calcium.h"
#include "metrics/lesions.h"

enum { STAGES = CC_STAGE_FALSE_POSITIVE + 1 };

/* A scan's test slices, one behind the other. */
typedef struct scan {
    const uint32_t *slices; /* [depth], indices into the base */
    int depth, height, width;
    size_t pixels; /* of all slices */
    bool whole;    /* all of the scan's slices, of one size */
    bool spaced;
    double spacing_mm[3];
    float *hu;
    uint8_t *truth, *mask;
} scan;

typedef struct measurer {
    cc_test *test;
    const cc_dataset *dataset;
    cc_run_patient *patient;
    cc_run_stage *stages[STAGES]; /* the patient's rows; NULL: the run has no such stage */
    cc_run_baseline *threshold;   /* the patient's row; NULL: the run has no region */
} measurer;

static size_t pixels_of(const cc_dataset *d, size_t slice) {
    const cc_slice *s = cc_slice_set_get(d->base, slice);
    return (size_t)s->height * (size_t)s->width;
}

/* The scan whose first slice is number `at` of the test part. */
static scan describe_scan(const cc_dataset *d, size_t at) {
    const cc_split_part *test = &d->split.test;
    const cc_slice *first = cc_slice_set_get(d->base, test->slices[at]);
    size_t start, end;
    scan s = {.slices = test->slices + at, .height = first->height, .width = first->width, .whole = true};
    for (size_t i = at; i < test->count; i++, s.depth++) {
        const cc_slice *slice = cc_slice_set_get(d->base, test->slices[i]);
        if (slice->scan != first->scan) break;
        s.pixels += pixels_of(d, test->slices[i]);
        s.whole = s.whole && slice->height == s.height && slice->width == s.width;
    }
    cc_scan_of(&start, &end, d->base, s.slices[0]);
    s.whole = s.whole && end - start == (size_t)s.depth;
    s.spaced = cc_slice_set_spacing(s.spacing_mm, d->base, s.slices[0]);
    return s;
}

static cc_status read_scan(scan *s, const cc_dataset *d) {
    s->hu = malloc(s->pixels * sizeof *s->hu);
    s->truth = malloc(s->pixels);
    s->mask = malloc(s->pixels);
    if (!s->hu || !s->truth || !s->mask) return cc_fail_memory("a scan", s->pixels * 6);
    size_t at = 0;
    for (int z = 0; z < s->depth; z++) {
        CC_TRY(cc_slice_set_read(d->base, s->slices[z], s->hu + at, s->truth + at));
        at += pixels_of(d, s->slices[z]);
    }
    return CC_OK;
}

static void free_scan(scan *s) {
    free(s->hu);
    free(s->truth);
    free(s->mask);
}

/* Sums stay unknown once a part of them is. */
static void add_known(int64_t *sum, bool known, int64_t value) {
    *sum = known && *sum >= 0 ? *sum + value : -1;
}

static void add_stage(cc_run_stage *row, const scan *s, bool region, bool known, const cc_lesion_counts *l) {
    cc_counts counts = cc_counts_from_masks(s->mask, s->truth, s->pixels);
    row->tp += counts.tp;
    row->fn += counts.fn;
    row->fp += region ? 0 : counts.fp;
    row->tn += region ? 0 : counts.tn;
    add_known(&row->lesions_true, known, l->truth);
    add_known(&row->lesions_found, known, l->found);
    add_known(&row->lesions_false, known, region ? 0 : l->spurious);
}

/* What a threshold alone finds in the region that the mask holds. */
static void add_threshold(cc_run_baseline *row, scan *s) {
    const double threshold_hu = cc_calcium_defaults().threshold_hu;
    for (size_t i = 0; i < s->pixels; i++) s->mask[i] = s->mask[i] && s->hu[i] > threshold_hu;
    cc_counts counts = cc_counts_from_masks(s->mask, s->truth, s->pixels);
    row->tp += counts.tp;
    row->fp += counts.fp;
    row->fn += counts.fn;
    row->tn += counts.tn;
}

static cc_status measure_calcium(double *volume_mm3, double *agatston, const scan *s, const uint8_t *mask) {
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

/* The scan's mask is the last stage's. */
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
    CC_TRY(measure_calcium(&p->volume_true_mm3, &p->agatston_true, s, s->truth));
    return measure_calcium(&p->volume_predicted_mm3, &p->agatston_predicted, s, s->mask);
}

static void fill_mask(scan *s, const measurer *m, cc_stage stage) {
    size_t at = 0;
    for (int z = 0; z < s->depth; z++) {
        cc_test_stage_mask(s->mask + at, m->test, m->dataset, stage, s->slices[z]);
        at += pixels_of(m->dataset, s->slices[z]);
    }
}

static cc_status measure_scan(const measurer *m, scan *s) {
    cc_stage last = m->dataset->chain.stage;
    CC_TRY(read_scan(s, m->dataset));
    for (int stage = 0; stage <= (int)last; stage++) {
        cc_lesion_counts lesions = {0};
        if (!m->stages[stage] && stage != (int)last) continue;
        fill_mask(s, m, (cc_stage)stage);
        if (s->whole)
            CC_TRY(cc_lesions_count(&lesions, s->hu, s->truth, s->mask, s->depth, s->height, s->width,
                                    cc_calcium_defaults().threshold_hu));
        if (m->stages[stage]) add_stage(m->stages[stage], s, stage == CC_STAGE_ROI, s->whole, &lesions);
        if (m->threshold && stage == CC_STAGE_ROI) add_threshold(m->threshold, s);
        if (stage == (int)last) CC_TRY(add_patient(m->patient, s, &lesions));
    }
    return CC_OK;
}

/* All of a patient's scans; *at moves behind them. */
static cc_status measure_patient(const measurer *m, size_t *at) {
    const cc_split_part *test = &m->dataset->split.test;
    const cc_slice_set *base = m->dataset->base;
    uint32_t patient = cc_slice_set_get(base, test->slices[*at])->patient;
    while (*at < test->count && cc_slice_set_get(base, test->slices[*at])->patient == patient) {
        scan s = describe_scan(m->dataset, *at);
        cc_status status = measure_scan(m, &s);
        free_scan(&s);
        CC_TRY(status);
        *at += (size_t)s.depth;
    }
    return CC_OK;
}

static bool has_stage(const cc_dataset *d, int stage) {
    return stage == CC_STAGE_ROI ? d->chain.roi != NULL : stage <= (int)d->chain.stage;
}

/* A row of each stage for every patient: stage by stage, each in the order of patients. */
static cc_status make_rows(cc_run_stage **out, size_t *rows, const cc_dataset *d, size_t patients,
                           cc_arena *arena) {
    *rows = 0;
    *out = cc_arena_get_array(arena, STAGES * (patients + 1), sizeof **out);
    if (!*out) return CC_ENOMEM;
    for (int stage = 0; stage < STAGES; stage++)
        for (size_t p = 0; has_stage(d, stage) && p < patients; p++)
            snprintf((*out)[(*rows)++].stage, CC_RUN_STAGE_MAX, "%s", cc_stage_name((cc_stage)stage));
    return CC_OK;
}

/* A patient's row of what the threshold finds; NULL where there is no region. */
static cc_run_baseline *add_baseline(cc_test *test, const cc_dataset *d, const char *patient) {
    if (!has_stage(d, CC_STAGE_ROI)) return NULL;
    cc_run_baseline *row = &test->baselines[test->baseline_count++];
    snprintf(row->name, sizeof row->name, "roi_threshold");
    snprintf(row->patient, sizeof row->patient, "%s", patient);
    return row;
}

static size_t count_patients(const cc_dataset *d) {
    size_t count = 0;
    uint32_t last = UINT32_MAX;
    for (size_t i = 0; i < d->split.test.count; i++) {
        uint32_t patient = cc_slice_set_get(d->base, d->split.test.slices[i])->patient;
        count += patient != last;
        last = patient;
    }
    return count;
}

cc_status cc_measure_patients(cc_test *test, const cc_dataset *d, cc_arena *arena) {
    cc_run_stage *stages;
    size_t count = count_patients(d), at = 0;
    cc_run_patient *patients = cc_arena_get_array(arena, count + 1, sizeof *patients);
    test->baselines = cc_arena_get_array(arena, count + 1, sizeof *test->baselines);
    if (!patients || !test->baselines) return CC_ENOMEM;
    CC_TRY(make_rows(&stages, &test->stage_count, d, count, arena));
    for (size_t p = 0; p < count; p++) {
        const cc_slice *slice = cc_slice_set_get(d->base, d->split.test.slices[at]);
        const char *name = cc_slice_set_patient(d->base, slice->patient);
        measurer m = {.test = test, .dataset = d, .patient = &patients[p]};
        snprintf(patients[p].patient, CC_RUN_NAME_MAX, "%s", name);
        m.threshold = add_baseline(test, d, name);
        size_t row = p;
        for (int stage = 0; stage < STAGES; stage++) {
            if (!has_stage(d, stage)) continue;
            m.stages[stage] = &stages[row];
            snprintf(stages[row].patient, CC_RUN_NAME_MAX, "%s", name);
            row += count;
        }
        CC_TRY(measure_patient(&m, &at));
    }
    test->patients = patients;
    test->patient_count = count;
    test->stages = stages;
    return CC_OK;
}
