/* experiments/evaluation/measure.c -- from packed masks of slices to what is known of scans and patients.
 *
 * Lesions, scores and surfaces are of whole scans, so that a scan's slices are unpacked together: density,
 * truth, and one mask that each stage fills in turn. Slices of a scan, and scans of a patient, are
 * neighbours. */
#include "experiments/evaluation/measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "metrics/calcium.h"
#include "metrics/challenge.h"
#include "metrics/lesions.h"
#include "metrics/overlap.h"
#include "metrics/surfaces.h"
#include "results/masks.h"

enum { STAGES = CC_STAGE_FALSE_POSITIVE + 1 };

/* A scan's test slices, concatenated. */
typedef struct scan {
    const cc_run_mask *slices; /* [depth] */
    int depth, height, width;
    size_t pixels; /* of all slices */
    bool whole;    /* all of the scan's slices, of one size */
    bool spaced;   /* spacing_mm is known */
    double spacing_mm[3];
    uint8_t *bytes;        /* [pixels], as packed; as long are the following */
    float *hu;             /* a value of the density's class: thresholds alone are asked of it */
    uint8_t *truth, *mask; /* truth: labels; mask: of the stage that is being counted */
    uint8_t *classes;      /* that the last stage predicts; NULL: it tells none apart */
} scan;

/* The mean over the scans of a patient. */
typedef struct mean {
    double sum;
    int count;
} mean;

/* What all scans of one patient add to. */
typedef struct patient_rows {
    cc_run_patient *patient;
    cc_run_stage *stages[STAGES]; /* NULL: the run has no such stage */
    cc_run_baseline *threshold;   /* NULL: the run has no region */
    mean hausdorff, hausdorff95, assd, nsd;
    cc_challenge challenge;
    bool measured; /* surfaces and challenge are known of every scan so far */
} patient_rows;

static size_t pixels_of(const cc_run_mask *m) {
    return (size_t)m->height * (size_t)m->width;
}

/* The scan whose first slice is number `at`, unpacked; to be closed on failure too. */
static cc_status open_scan(scan *out, const cc_measure_source *source, size_t at) {
    const cc_run_mask *first = &source->masks->slices[at];
    scan s = {
        .slices = first, .height = (int)first->height, .width = (int)first->width, .whole = first->whole};
    for (size_t i = at; i < source->slice_count; i++, s.depth++) {
        const cc_run_mask *m = &source->masks->slices[i];
        if (m->scan != first->scan || strcmp(source->slices[i].patient, source->slices[at].patient) != 0)
            break;
        s.pixels += pixels_of(m);
        s.whole = s.whole && m->height == first->height && m->width == first->width;
    }
    s.spacing_mm[0] = first->spacing_x_mm;
    s.spacing_mm[1] = first->spacing_y_mm;
    s.spacing_mm[2] = first->spacing_z_mm;
    s.spaced = s.spacing_mm[0] > 0 && s.spacing_mm[1] > 0 && s.spacing_mm[2] > 0;
    const size_t deep = cc_run_masks_depth(source->masks);
    s.bytes = malloc(s.pixels * deep);
    if (deep > 1) s.classes = malloc(s.pixels);
    s.hu = malloc(s.pixels * sizeof *s.hu);
    s.truth = malloc(s.pixels);
    s.mask = malloc(s.pixels);
    *out = s;
    if (!s.bytes || !s.hu || !s.truth || !s.mask || (deep > 1 && !s.classes))
        return cc_fail_memory("a scan", s.pixels * (6 + 2 * deep));
    for (size_t z = 0, offset = 0; z < (size_t)s.depth; z++) {
        const size_t pixels = pixels_of(&s.slices[z]);
        /* The classes of a slice lie behind its first bytes, where those of the next one go. */
        CC_TRY(cc_run_masks_unpack(s.bytes + offset, source->masks, at + z));
        if (s.classes) memcpy(s.classes + offset, s.bytes + offset + pixels, pixels);
        offset += pixels;
    }
    for (size_t i = 0; i < s.pixels; i++) {
        s.hu[i] = cc_density_hu(s.bytes[i] >> CC_PIXEL_DENSITY_SHIFT & CC_PIXEL_DENSITY_MASK);
        s.truth[i] = s.bytes[i] >> CC_PIXEL_TRUTH_SHIFT;
    }
    return CC_OK;
}

static void close_scan(scan *s) {
    free(s->bytes);
    free(s->hu);
    free(s->truth);
    free(s->mask);
    free(s->classes);
}

/* Fills the scan's mask with what a stage marks: the last one its prediction, the roi stage before others the
 * whole region, slice by slice. */
static void fill_mask(scan *s, cc_cascade_stage stage, cc_cascade_stage last) {
    const uint8_t bit = stage == last ? CC_PIXEL_PREDICTED : CC_PIXEL_STAGE_2;
    if (stage == last || stage != CC_STAGE_ROI) {
        for (size_t i = 0; i < s->pixels; i++) s->mask[i] = (s->bytes[i] & bit) != 0;
        return;
    }
    memset(s->mask, 0, s->pixels);
    uint8_t *slice = s->mask;
    for (int z = 0; z < s->depth; slice += pixels_of(&s->slices[z++])) {
        const cc_run_mask *m = &s->slices[z];
        for (int64_t y = m->region_y0; y < m->region_y1; y++)
            memset(slice + y * m->width + m->region_x0, 1, (size_t)(m->region_x1 - m->region_x0));
    }
}

/* Sums over scans stay unknown (-1) once a part of them is. */
static void add_known(int64_t *sum, bool known, int64_t value) {
    *sum = known && *sum >= 0 ? *sum + value : -1;
}

/* A row of a stage. The roi stage does not claim that its region is calcification: nothing in it is
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

/* The patient's own row; the scan's mask is the last stage's. Of the roi stage its calcium stays unknown. */
static cc_status add_patient(cc_run_patient *p, const scan *s, bool region, const cc_lesion_counts *l) {
    cc_counts counts = cc_counts_from_masks(s->mask, s->truth, s->pixels);
    p->slices += s->depth;
    p->tp += counts.tp;
    p->fp += counts.fp;
    p->fn += counts.fn;
    p->tn += counts.tn;
    if (region) return CC_OK;
    add_known(&p->lesions_true, s->whole, l->truth);
    add_known(&p->lesions_found, s->whole, l->found);
    add_known(&p->lesions_predicted, s->whole, l->predicted);
    add_known(&p->lesions_false, s->whole, l->spurious);
    CC_TRY(add_calcium(&p->volume_true_mm3, &p->agatston_true, s, s->truth));
    return add_calcium(&p->volume_predicted_mm3, &p->agatston_predicted, s, s->mask);
}

static void add_mean(mean *m, double value) {
    if (isnan(value)) return;
    m->sum += value;
    m->count++;
}

static double mean_of(const mean *m) {
    return m->count ? m->sum / m->count : NAN;
}

/* How the last stage's mask agrees with the truth in space: distances of surfaces and, but for the roi stage,
 * what the challenge counts. */
static cc_status add_agreement(patient_rows *rows, const scan *s, const cc_measure_source *source) {
    cc_surface_distances distances;
    cc_surface_scores scores;
    rows->measured = rows->measured && s->whole && s->spaced;
    if (!rows->measured) return CC_OK;
    CC_TRY(cc_surface_distances_init(&distances, s->mask, s->truth, s->depth, s->height, s->width,
                                     s->spacing_mm));
    cc_status status = cc_surface_scores_make(&scores, &distances, source->nsd_tolerance_mm);
    cc_surface_distances_deinit(&distances);
    CC_TRY(status);
    add_mean(&rows->hausdorff, scores.hausdorff);
    add_mean(&rows->hausdorff95, scores.hausdorff95);
    add_mean(&rows->assd, scores.assd);
    add_mean(&rows->nsd, scores.nsd);
    if (source->stage == CC_STAGE_ROI) return CC_OK;

    /* Where both name arteries a lesion's is the majority of its voxels' (metrics/challenge.h). */
    cc_challenge challenge;
    const bool named = source->masks->arteries && s->classes && source->masks->classes == CC_ARTERIES;
    const cc_challenge_labels labels = named                     ? CC_CHALLENGE_ARTERIES
                                       : source->masks->arteries ? CC_CHALLENGE_TRUTH_ARTERIES
                                                                 : CC_CHALLENGE_NO_ARTERIES;
    const double voxel_mm3 = s->spacing_mm[0] * s->spacing_mm[1] * s->spacing_mm[2];
    CC_TRY(cc_challenge_measure(&challenge, s->hu, s->truth, named ? s->classes : s->mask, s->depth,
                                s->height, s->width, voxel_mm3, cc_calcium_defaults().threshold_hu,
                                CC_CHALLENGE_GROUPS, labels));
    cc_challenge_add(&rows->challenge, &challenge);
    return CC_OK;
}

/* Counts one scan, stage by stage: of stages without a row only the last is looked at. */
static cc_status measure_scan(patient_rows *rows, scan *s, const cc_measure_source *source) {
    const int last = (int)source->stage;
    for (int stage = 0; stage <= last; stage++) {
        cc_lesion_counts lesions = {0};
        if (!rows->stages[stage] && stage != last) continue;
        fill_mask(s, (cc_cascade_stage)stage, source->stage);
        if (s->whole && last != CC_STAGE_ROI)
            CC_TRY(cc_lesions_count(&lesions, s->hu, s->truth, s->mask, s->depth, s->height, s->width,
                                    cc_calcium_defaults().threshold_hu));
        if (rows->stages[stage]) add_stage(rows->stages[stage], s, stage == CC_STAGE_ROI, &lesions);
        if (rows->threshold && stage == CC_STAGE_ROI) add_threshold(rows->threshold, s);
        if (stage == last) CC_TRY(add_patient(rows->patient, s, last == CC_STAGE_ROI, &lesions));
    }
    return source->has_truth ? add_agreement(rows, s, source) : CC_OK;
}

static bool has_stage(const cc_measure_source *source, int stage) {
    if (source->stage == CC_STAGE_ROI) return false;
    return stage == CC_STAGE_ROI ? source->has_region : stage <= (int)source->stage;
}

/* Whether slice i is the first of its patient. */
static bool is_first(const cc_measure_source *source, size_t i) {
    return i == 0 || strcmp(source->slices[i].patient, source->slices[i - 1].patient) != 0;
}

/* Rows of all patients, zeroed but for their names; patient p's are at p, and of stages at p + k *
 * patients for the k-th stage that the run has. */
static cc_status make_rows(cc_measures *out, const cc_measure_source *source, cc_arena *arena) {
    size_t most = 1;
    for (size_t i = 0; i < source->slice_count; i++) most += is_first(source, i);
    out->patients = cc_arena_get_array(arena, most, sizeof *out->patients);
    out->baselines = cc_arena_get_array(arena, most, sizeof *out->baselines);
    out->stages = cc_arena_get_array(arena, STAGES * most, sizeof *out->stages);
    out->challenge = cc_arena_get_array(arena, (1 + CC_ARTERIES) * most, sizeof *out->challenge);
    if (!out->patients || !out->baselines || !out->stages || !out->challenge) return CC_ENOMEM;
    for (size_t i = 0; i < source->slice_count; i++) {
        if (!is_first(source, i)) continue;
        cc_run_patient *p = &out->patients[out->patient_count++];
        memcpy(p->patient, source->slices[i].patient, CC_RUN_NAME_MAX);
        p->hausdorff_mm = p->hausdorff95_mm = p->assd_mm = p->nsd_1mm = NAN;
        if (source->stage != CC_STAGE_ROI) continue;
        p->lesions_true = p->lesions_found = p->lesions_predicted = p->lesions_false = -1;
        p->volume_true_mm3 = p->volume_predicted_mm3 = p->agatston_true = p->agatston_predicted = NAN;
    }
    for (size_t p = 0; has_stage(source, CC_STAGE_ROI) && p < out->patient_count; p++) {
        cc_run_baseline *row = &out->baselines[out->baseline_count++];
        snprintf(row->name, sizeof row->name, "roi_threshold");
        memcpy(row->patient, out->patients[p].patient, CC_RUN_NAME_MAX);
    }
    for (int stage = 0; stage < STAGES; stage++)
        for (size_t p = 0; has_stage(source, stage) && p < out->patient_count; p++) {
            cc_run_stage *row = &out->stages[out->stage_count++];
            snprintf(row->stage, sizeof row->stage, "%s", cc_cascade_stage_name((cc_cascade_stage)stage));
            memcpy(row->patient, out->patients[p].patient, CC_RUN_NAME_MAX);
        }
    return CC_OK;
}

/* The challenge's rows of one patient: all arteries, then each, of which a net that names none has no false
 * lesions. */
static void put_challenge(cc_measures *out, const patient_rows *rows, bool arteries) {
    for (int a = 0; a <= (arteries ? CC_ARTERIES : 0); a++) {
        const cc_challenge *c = &rows->challenge;
        const cc_challenge_tally *t = a ? &c->artery[a - 1] : &c->all;
        cc_run_challenge *row = &out->challenge[out->challenge_count++];
        memcpy(row->patient, rows->patient->patient, CC_RUN_NAME_MAX);
        row->artery = a;
        row->lesions_true = t->lesions.truth;
        row->lesions_found = t->lesions.found;
        row->lesions_predicted = t->one_sided ? -1 : t->lesions.predicted;
        row->lesions_false = t->one_sided ? -1 : t->lesions.spurious;
        row->volume_found_mm3 = t->tp_mm3;
        row->volume_missed_mm3 = t->fn_mm3;
        row->volume_added_mm3 = t->one_sided ? NAN : t->fp_mm3;
        row->voxels_relabelled_true = a ? -1 : c->truth_changed;
        row->voxels_relabelled_predicted = a ? -1 : c->prediction_changed;
    }
}

cc_status cc_measure_patients(cc_measures *out, const cc_measure_source *source, cc_arena *arena) {
    *out = (cc_measures){0};
    CC_TRY(make_rows(out, source, arena));
    for (size_t p = 0, at = 0; p < out->patient_count; p++) {
        patient_rows rows = {.patient = &out->patients[p],
                             .threshold = out->baseline_count ? &out->baselines[p] : NULL,
                             .measured = source->has_truth};
        for (size_t stage = 0, row = p; stage < STAGES; stage++) {
            if (!has_stage(source, (int)stage)) continue;
            rows.stages[stage] = &out->stages[row];
            row += out->patient_count;
        }
        do {
            scan s;
            cc_status status = open_scan(&s, source, at);
            if (status == CC_OK) status = measure_scan(&rows, &s, source);
            close_scan(&s);
            CC_TRY(status);
            at += (size_t)s.depth;
        } while (at < source->slice_count && !is_first(source, at));
        if (!rows.measured) continue;
        rows.patient->hausdorff_mm = mean_of(&rows.hausdorff);
        rows.patient->hausdorff95_mm = mean_of(&rows.hausdorff95);
        rows.patient->assd_mm = mean_of(&rows.assd);
        rows.patient->nsd_1mm = mean_of(&rows.nsd);
        if (source->stage != CC_STAGE_ROI) put_challenge(out, &rows, source->masks->arteries);
    }
    return CC_OK;
}

cc_status cc_measure_slices(cc_run_slice *out, const cc_measure_source *source) {
    size_t most = 0;
    cc_status status = CC_OK;
    for (size_t i = 0; i < source->slice_count; i++) {
        const size_t pixels = pixels_of(&source->masks->slices[i]);
        if (pixels > most) most = pixels;
    }
    most *= cc_run_masks_depth(source->masks);
    uint8_t *bytes = malloc(most + 1);
    if (!bytes) return cc_fail_memory("a mask", most + 1);
    for (size_t i = 0; i < source->slice_count; i++) {
        cc_run_slice *row = &out[i];
        *row = source->slices[i];
        row->tp = row->fp = row->fn = row->tn = 0;
        CC_CHECK(cc_run_masks_unpack(bytes, source->masks, i));
        for (size_t k = 0; k < pixels_of(&source->masks->slices[i]); k++) {
            const bool predicted = bytes[k] & CC_PIXEL_PREDICTED, real = bytes[k] >> CC_PIXEL_TRUTH_SHIFT;
            row->tp += predicted && real;
            row->fp += predicted && !real;
            row->fn += !predicted && real;
            row->tn += !predicted && !real;
        }
    }
done:
    free(bytes);
    return status;
}
