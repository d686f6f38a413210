/* experiments/evaluation/testing.c -- the test part through the last net, slice by slice.
 *
 * Masks are kept, packed; probabilities are kept for no slice. So that a report can draw precision against
 * recall, true and false positives are counted at 19 thresholds while the probabilities are at hand, a row a
 * patient; and for a reliability curve they are summed in 10 bins.
 *
 * Of a net that tells regions, a lesion's class is the region that most of its pixels are in. Lesions are of
 * whole scans, so that the slices of one wait until all are there. */
#include "experiments/evaluation/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "experiments/cascade/regions.h"
#include "metrics/calcium.h"
#include "metrics/calibration.h"
#include "metrics/challenge.h"

enum { CUTS = 19, BINS = 10 };

/* Whose reliability is looked at: all pixels, nearly all of which are background that is easily told; and
 * those that calcium can be in. */
enum { ALL_PIXELS, DENSE_PIXELS, PIXEL_SETS };
static const char *const set_names[PIXEL_SETS] = {"all", "above_130_hu"};

/* Slices of one scan, of one size, that are not packed yet. */
typedef struct waiting {
    cc_run_mask *rows;                 /* [capacity] */
    uint8_t *bytes, *regions, *result; /* [capacity][pixels]: as they are packed; votes; classes of lesions */
    size_t count, capacity, pixels;    /* pixels: of the capacity's slices */
} waiting;

typedef struct collection {
    cc_test *test;
    int64_t *tp, *fp; /* of test->cuts: [patients][CUTS] */
    uint32_t patient; /* whose row is the last */
    cc_calibration calibration[PIXEL_SETS];
    uint8_t *pixels, *set; /* of the largest slice: as they are packed; those of a set */
    size_t scan_end;       /* behind the slices of the base that are of the scan at hand */
    bool whole;            /* all of them are tested, and of one size */
    int regions;           /* that name a lesion's class; 0: none do */
    waiting waiting;
} collection;

/* Thresholds 0.05, 0.10, ..., 0.95, and rows of zeros. */
static cc_status start_cuts(collection *c, cc_arena *arena) {
    const size_t most = cc_slice_set_patient_count(c->test->view->dataset->base);
    double *thresholds = cc_arena_get_array(arena, CUTS, sizeof *thresholds);
    c->tp = cc_arena_get_array(arena, most * CUTS, sizeof *c->tp);
    c->fp = cc_arena_get_array(arena, most * CUTS, sizeof *c->fp);
    if (!thresholds || !c->tp || !c->fp) return CC_ENOMEM;
    for (int k = 0; k < CUTS; k++) thresholds[k] = (k + 1) / (CUTS + 1.0);
    c->test->cuts = (cc_run_cuts){.thresholds = thresholds, .count = CUTS, .tp = c->tp, .fp = c->fp};
    return CC_OK;
}

/* The test part is in the order of patients. Pixels are counted by how many thresholds they reach, from
 * reached[truth][0] (none) to reached[truth][CUTS] (all); those at or above threshold k have reached more
 * than k of them, so that the counts are added up from the top. */
static void add_cuts(collection *c, const cc_prediction *p) {
    const uint32_t patient = cc_slice_set_get(c->test->view->dataset->base, p->slice)->patient;
    const double *thresholds = c->test->cuts.thresholds;
    int64_t reached[2][CUTS + 1] = {{0}};
    if (c->test->cuts.patient_count == 0 || patient != c->patient) c->test->cuts.patient_count++;
    c->patient = patient;
    for (size_t i = 0; i < (size_t)p->height * (size_t)p->width; i++) {
        int k = 0;
        while (k < CUTS && p->probability[i] >= thresholds[k]) k++;
        reached[p->truth[i]][k]++;
    }
    const size_t row = (c->test->cuts.patient_count - 1) * CUTS;
    for (int k = CUTS - 1; k >= 0; k--) {
        reached[0][k] += reached[0][k + 1];
        reached[1][k] += reached[1][k + 1];
        c->fp[row + (size_t)k] += reached[0][k + 1];
        c->tp[row + (size_t)k] += reached[1][k + 1];
    }
}

/* The probabilities of one slice, for the reliability curve. */
static cc_status add_calibration(collection *c, const cc_prediction *p) {
    const size_t count = (size_t)p->height * (size_t)p->width;
    const double threshold_hu = cc_calcium_defaults().threshold_hu;
    CC_TRY(cc_calibration_add(&c->calibration[ALL_PIXELS], p->probability, p->truth, NULL, count));
    if (c->test->view->cascade->stage == CC_STAGE_ROI) return CC_OK;
    for (size_t i = 0; i < count; i++) c->set[i] = p->image_hu[i] > threshold_hu;
    return cc_calibration_add(&c->calibration[DENSE_PIXELS], p->probability, p->truth, c->set, count);
}

/* Lesions are of whole scans, whose slices are neighbours, in the base as in the test part: looks, at the
 * first of them, whether all are there. */
static void find_scan(collection *c, size_t slice) {
    const cc_dataset *d = c->test->view->dataset;
    const cc_split_part *test = &d->split.test;
    const cc_slice *one = cc_slice_set_get(d->base, slice);
    size_t first, in_test = 0;
    cc_scan_of(&first, &c->scan_end, d->base, slice);
    /* The slices before this one in the test part have been kept: it is number slice_count - 1. */
    for (size_t i = c->test->slice_count - 1; i < test->count && test->slices[i] < c->scan_end; i++)
        in_test++;
    c->whole = in_test == c->scan_end - first;
    for (size_t i = first; i < c->scan_end; i++) {
        const cc_slice *other = cc_slice_set_get(d->base, i);
        c->whole = c->whole && other->height == one->height && other->width == one->width;
    }
}

/* Room for the slices of a scan that wait: all of them, or one where the scan is not whole. */
static cc_status make_room(waiting *w, size_t slices, size_t pixels) {
    if (slices <= w->capacity && pixels == w->pixels) return CC_OK;
    free(w->rows);
    free(w->bytes);
    *w = (waiting){.capacity = slices, .pixels = pixels};
    w->rows = malloc(slices * sizeof *w->rows);
    w->bytes = malloc(3 * slices * pixels);
    if (!w->rows || !w->bytes) return cc_fail_memory("a scan's masks", 3 * slices * pixels);
    w->regions = w->bytes + slices * pixels;
    w->result = w->regions + slices * pixels;
    return CC_OK;
}

/* Packs the slices that wait, each lesion with one class. */
static cc_status pack_waiting(collection *c) {
    waiting *w = &c->waiting;
    const int height = (int)w->rows[0].height, width = (int)w->rows[0].width;
    const size_t pixels = w->pixels;
    uint8_t *mask = w->result; /* becomes the classes, voxel by voxel */
    for (size_t i = 0; i < w->count * pixels; i++) mask[i] = w->bytes[i] & CC_PIXEL_PREDICTED;
    CC_TRY(cc_lesions_classify(w->result, mask, w->regions, (int)w->count, height, width));
    for (size_t k = 0; k < w->count; k++) {
        memcpy(c->pixels, w->bytes + k * pixels, pixels);
        memcpy(c->pixels + pixels, w->result + k * pixels, pixels);
        CC_TRY(cc_run_masks_pack(&c->test->packed, &w->rows[k], c->pixels));
    }
    w->count = 0;
    return CC_OK;
}

/* A slice whose lesions' classes are not known before the last slice of its scan. Of a scan in part its own
 * pixels are all that there is. */
static cc_status hold_slice(collection *c, const cc_run_mask *row, const cc_prediction *p) {
    waiting *w = &c->waiting;
    size_t first, end;
    const size_t pixels = (size_t)p->height * (size_t)p->width;
    cc_scan_of(&first, &end, c->test->view->dataset->base, p->slice);
    if (w->count == 0) CC_TRY(make_room(w, c->whole ? end - first : 1, pixels));
    w->rows[w->count] = *row;
    memcpy(w->bytes + w->count * pixels, c->pixels, pixels);
    memcpy(w->regions + w->count * pixels, p->regions, pixels);
    w->count++;
    return !c->whole || p->slice + 1 == end ? pack_waiting(c) : CC_OK;
}

/* Bytes of a slice's pixels as results/masks.h has them, and one more for the class where the net tells
 * several apart: the truth's label is then its class too. */
static cc_status make_pixels(collection *c, const cc_prediction *p) {
    const cc_dataset *d = c->test->view->dataset;
    const cc_cascade *cascade = c->test->view->cascade;
    const cc_slice *slice = cc_slice_set_get(d->base, p->slice);
    const bool roi = cascade->stage == CC_STAGE_ROI, two = cascade->stage == CC_STAGE_FALSE_POSITIVE;
    const size_t count = (size_t)p->height * (size_t)p->width;
    const cc_label_classes *classes = cc_net_view_classes(c->test->view);
    if (two) cc_masks_get(c->set, cascade->calcification, p->slice);
    for (size_t i = 0; i < count; i++) {
        const unsigned class = classes->of[p->labels[i]];
        if (class == CC_LABEL_CLASS_NONE)
            return cc_fail(CC_EFORMAT, cc_slice_set_patient(d->base, slice->patient), "check data.labels",
                           "slice %d has the label %d, which is no class of data.targets", (int)slice->number,
                           p->labels[i]);
        const unsigned label = classes->count > 1                  ? class
                               : p->labels[i] < CC_PIXEL_LABEL_MAX ? p->labels[i]
                                                                   : CC_PIXEL_LABEL_MAX;
        const unsigned density = roi ? 0 : cc_density_of(p->image_hu[i]);
        const unsigned marked =
            (p->mask[i] ? CC_PIXEL_PREDICTED : 0) | (two && c->set[i] ? CC_PIXEL_STAGE_2 : 0);
        c->pixels[i] = (uint8_t)(marked | density << CC_PIXEL_DENSITY_SHIFT | label << CC_PIXEL_TRUTH_SHIFT);
        c->test->arteries = c->test->arteries && label <= CC_ARTERIES;
    }
    if (classes->count > 1) memcpy(c->pixels + count, p->classes, count);
    return CC_OK;
}

/* Packs one slice with what it is counted by: what the stages mark, truth, density, place and spacing. */
static cc_status pack(collection *c, const cc_prediction *p) {
    const cc_dataset *d = c->test->view->dataset;
    const cc_cascade *cascade = c->test->view->cascade;
    const bool roi = cascade->stage == CC_STAGE_ROI;
    double mm[3];
    if (p->slice >= c->scan_end) find_scan(c, p->slice);
    const cc_box whole = {0, 0, p->height, p->width}, *region = roi ? &whole : &cascade->regions[p->slice];
    cc_slice_set_spacing(mm, d->base, p->slice); /* zeros where it is not known */
    const cc_run_mask row = {.scan = cc_slice_set_get(d->base, p->slice)->scan,
                             .whole = c->whole,
                             .height = p->height,
                             .width = p->width,
                             .region_y0 = region->y0,
                             .region_x0 = region->x0,
                             .region_y1 = region->y1,
                             .region_x1 = region->x1,
                             .spacing_x_mm = mm[0],
                             .spacing_y_mm = mm[1],
                             .spacing_z_mm = mm[2]};
    CC_TRY(make_pixels(c, p));
    return c->regions ? hold_slice(c, &row, p) : cc_run_masks_pack(&c->test->packed, &row, c->pixels);
}

/* Keeps counts and mask of one predicted slice. */
static cc_status collect(void *context, const cc_prediction *p) {
    collection *c = context;
    const cc_slice *slice = cc_slice_set_get(c->test->view->dataset->base, p->slice);
    cc_run_slice *row = &c->test->slices[c->test->slice_count++];
    _Static_assert((int)CC_PATIENT_NAME_BYTES == CC_RUN_NAME_MAX - 1, "what results hold of a name");
    snprintf(row->patient, sizeof row->patient, "%s",
             cc_slice_set_patient(c->test->view->dataset->base, slice->patient));
    row->slice = slice->number;
    row->tp = p->counts.tp;
    row->fp = p->counts.fp;
    row->fn = p->counts.fn;
    row->tn = p->counts.tn;
    row->soft_overlap = p->soft_overlap;
    row->soft_prediction = p->soft_prediction;
    row->soft_truth = p->soft_truth;
    cc_masks_put(c->test->masks, p->slice, p->mask);
    add_cuts(c, p);
    CC_TRY(add_calibration(c, p));
    return pack(c, p);
}

/* What is needed before the first slice: sums of zero and room for the largest slice. Labels are arteries
 * where the source's layout says so, orCaScore's and COCA's, or data.targets. */
static cc_status start(collection *c, cc_arena *arena) {
    int height, width;
    const cc_dataset *d = c->test->view->dataset;
    const char *source = d->run->config->data.source;
    const cc_label_classes *classes = cc_net_view_classes(c->test->view);
    const bool named = strcmp(source, "orcascore") == 0 || strcmp(source, "coca") == 0;
    c->test->arteries = classes->arteries || (named && classes->count == 1);
    c->regions = cc_net_view_regions(c->test->view);
    c->test->packed.classes = c->regions ? c->regions : classes->count;
    cc_slice_set_largest(&height, &width, d->base);
    c->pixels = cc_arena_get_array(arena, 2 * (size_t)height, (size_t)width);
    c->set = cc_arena_get_array(arena, (size_t)height, (size_t)width);
    if (!c->pixels || !c->set) return CC_ENOMEM;
    for (int s = 0; s < PIXEL_SETS; s++) CC_TRY(cc_calibration_init(&c->calibration[s], BINS));
    return start_cuts(c, arena);
}

/* The bins as rows, of the sets that have pixels. */
static cc_status keep_calibration(const collection *c, cc_arena *arena) {
    cc_run_calibration *rows = cc_arena_get_array(arena, PIXEL_SETS * BINS, sizeof *rows);
    if (!rows) return CC_ENOMEM;
    c->test->calibration = rows;
    for (int s = 0; s < PIXEL_SETS; s++) {
        if (s == DENSE_PIXELS && c->test->view->cascade->stage == CC_STAGE_ROI) continue;
        for (int b = 0; b < BINS; b++) {
            const cc_calibration_bin *bin = &c->calibration[s].bin[b];
            cc_run_calibration *row = &rows[c->test->calibration_count++];
            snprintf(row->pixels_of, sizeof row->pixels_of, "%s", set_names[s]);
            row->bin = b;
            row->pixels = bin->pixels;
            row->truth = bin->truth;
            row->probability = bin->probability;
            row->squared_error = bin->squared_error;
        }
    }
    return CC_OK;
}

/* A net that marks nothing, or everything, has mostly learned nothing. In a scan without truth there may
 * be no calcification to find, but a heart there is. */
static void warn_of_one_class(const cc_test *test) {
    char name[160];
    int64_t marked = 0, left = 0;
    const cc_planned_run *run = test->view->dataset->run;
    const bool of_dataset = run->data_digest.hex[0] != 0;
    for (size_t i = 0; i < test->slice_count; i++) {
        marked += test->slices[i].tp + test->slices[i].fp;
        left += test->slices[i].fn + test->slices[i].tn;
    }
    if (marked > 0 && left > 0) return;
    if (marked == 0 && !of_dataset && test->view->cascade->stage != CC_STAGE_ROI) return;
    cc_planned_run_name(name, sizeof name, run);
    cc_log(CC_LOG_WARNING,
           "%s: every pixel of the %zu slices is predicted as %s: the net tells nothing apart", name,
           test->slice_count, marked ? "foreground" : "background");
}

cc_status cc_testing_run(cc_test *out, const cc_predictor *predictor, cc_arena *arena) {
    cc_status status = CC_OK;
    const cc_net_view *view = predictor->view;
    collection c = {.test = out};
    *out = (cc_test){.view = view};
    out->slices = cc_arena_get_array(arena, view->test.slices->count, sizeof *out->slices);
    if (!out->slices) return CC_ENOMEM;
    CC_CHECK(cc_masks_create(&out->masks, view->dataset->base));
    CC_CHECK(start(&c, arena));
    CC_CHECK(cc_predictor_run(predictor, view->test.slices, collect, &c));
    CC_CHECK(keep_calibration(&c, arena));
    warn_of_one_class(out);
done:
    free(c.waiting.rows);
    free(c.waiting.bytes);
    if (status != CC_OK) cc_testing_deinit(out);
    return status;
}

void cc_testing_deinit(cc_test *test) {
    cc_masks_destroy(test->masks);
    cc_run_masks_packer_deinit(&test->packed);
    *test = (cc_test){0};
}

cc_measure_source cc_testing_measured(cc_run_masks *masks, const cc_test *test) {
    *masks = cc_run_masks_get(&test->packed, test->arteries);
    return (cc_measure_source){.stage = test->view->cascade->stage,
                               .has_region = test->view->cascade->roi != NULL,
                               .has_truth = test->view->dataset->run->data_digest.hex[0] != 0,
                               .nsd_tolerance_mm = CC_NSD_TOLERANCE_MM,
                               .slices = test->slices,
                               .slice_count = test->slice_count,
                               .masks = masks};
}

cc_status cc_testing_classes(uint8_t *classes, const cc_test *test, size_t number) {
    const cc_run_masks masks = cc_run_masks_get(&test->packed, test->arteries);
    const size_t pixels = (size_t)masks.slices[number].height * (size_t)masks.slices[number].width;
    uint8_t *bytes = malloc(2 * pixels);
    if (!bytes) return cc_fail_memory("a mask", 2 * pixels);
    const cc_status status = cc_run_masks_unpack(bytes, &masks, number);
    if (status == CC_OK) memcpy(classes, bytes + pixels, pixels);
    free(bytes);
    return status;
}

void cc_testing_stage_mask(uint8_t *out, const cc_test *test, cc_cascade_stage stage, size_t slice) {
    const cc_cascade *c = test->view->cascade;
    const cc_slice *s = cc_slice_set_get(c->dataset->base, slice);
    const cc_box *region = &c->regions[slice];
    if (stage == c->stage) {
        cc_masks_get(out, test->masks, slice);
    } else if (stage == CC_STAGE_CALCIFICATION) {
        cc_masks_get(out, c->calcification, slice);
    } else {
        memset(out, 0, (size_t)s->height * (size_t)s->width);
        for (int y = region->y0; y < region->y1; y++)
            memset(out + (size_t)y * (size_t)s->width + (size_t)region->x0, 1,
                   (size_t)(region->x1 - region->x0));
    }
}
