/* experiments/cascade/evaluate.c -- a net over slices: validation while it trains, the test, upstream
 * predictions.
 *
 * Items (slices, regions, windows) run in batches; a batch runs on the device while the host puts the one
 * before back into its slices. Slices are composed one after another, since items come in the order of
 * slices: one is complete once an item of a later slice arrives, and is then counted. */
#include "experiments/cascade/evaluate.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "datasets/view.h"
#include "experiments/cascade/loading.h"
#include "experiments/cascade/probabilities.h"
#include "experiments/cascade/scan_windows.h"
#include "experiments/planning/data.h"
#include "experiments/planning/interrupt.h"
#include "nets/engine/finite.h"
#include "nets/engine/memory.h"

/* A batch that runs: kept here, since the loader reuses its own memory for the next. */
typedef struct batch_notes {
    int count;
    uint32_t *items; /* [count] */
    float *targets;  /* [count][canvas] */
} batch_notes;

struct cc_evaluator {
    cc_evaluation_source source;
    cc_loader *loader;              /* NULL: there are no items, or ... */
    cc_scan_windows *windows;       /* ... the net sees volumes */
    size_t canvas;                  /* pixels */
    size_t channels, classes;       /* of the net's input and output */
    float *input, *probability;     /* [batch][channels][canvas]; [classes][canvas] */
    batch_notes batches[2];         /* one is run while the host counts the other */
    void *scratch;                  /* of the loss */
    size_t at;                      /* of source.slices: the one that is being composed */
    float *composed;                /* its probabilities; of the largest slice, as what follows */
    float *placed, *image;          /* placed: [classes] of them */
    uint8_t *predicted;             /* of several classes: the most probable one */
    uint8_t *labels, *truth, *mask; /* labels: the dataset's; truth: the same as 0 and 1 */
    cc_prediction_sink *sink;
    void *context;
};

static size_t pixels_of(const cc_evaluator *e, size_t slice) {
    const cc_slice *s = cc_slice_set_get(e->source.base, slice);
    return (size_t)s->height * (size_t)s->width;
}

static size_t largest_slice(const cc_evaluator *e) {
    size_t most = 0;
    for (size_t i = 0; i < e->source.slices->count; i++) {
        size_t pixels = pixels_of(e, e->source.slices->slices[i]);
        if (pixels > most) most = pixels;
    }
    return most;
}

static cc_loss_shape loss_shape(const cc_evaluator *e, int count) {
    return (cc_loss_shape){count, (int64_t)e->classes, (int64_t)e->canvas};
}

static const char purpose[] = "evaluation";

/* What items, and their batches, pass through. */
static cc_status allocate_batches(cc_evaluator *e) {
    int batch = e->source.net->train.batch;
    CC_TRY(
        cc_memory_get((void **)&e->input, (size_t)batch * e->channels * e->canvas * sizeof(float), purpose));
    CC_TRY(cc_memory_get((void **)&e->probability, e->classes * e->canvas * sizeof(float), purpose));
    for (int i = 0; i < 2; i++) {
        CC_TRY(cc_memory_get((void **)&e->batches[i].items, (size_t)batch * sizeof(uint32_t), purpose));
        CC_TRY(cc_memory_get((void **)&e->batches[i].targets, (size_t)batch * e->canvas * sizeof(float),
                             purpose));
    }
    return cc_memory_get(&e->scratch, cc_loss_scratch_bytes(&e->source.net->loss, loss_shape(e, batch)),
                         purpose);
}

/* What a slice is composed in. */
static cc_status allocate_slice(cc_evaluator *e) {
    const size_t pixels = largest_slice(e);
    CC_TRY(cc_memory_get((void **)&e->composed, pixels * sizeof(float), purpose));
    CC_TRY(cc_memory_get((void **)&e->placed, e->classes * pixels * sizeof(float), purpose));
    if (e->classes > 1) CC_TRY(cc_memory_get((void **)&e->predicted, pixels, purpose));
    CC_TRY(cc_memory_get((void **)&e->image, pixels * sizeof(float), purpose));
    CC_TRY(cc_memory_get((void **)&e->labels, pixels, purpose));
    CC_TRY(cc_memory_get((void **)&e->truth, pixels, purpose));
    return cc_memory_get((void **)&e->mask, pixels, purpose);
}

cc_status cc_evaluator_create(cc_evaluator **out, const cc_evaluation_source *source) {
    cc_status status = CC_OK;
    cc_evaluator *e = calloc(1, sizeof *e);
    if (!e) return cc_fail_memory("evaluation", sizeof *e);
    *e = (cc_evaluator){.source = *source,
                        .canvas = (size_t)source->fit.height * (size_t)source->fit.width,
                        .channels = (size_t)source->net->net.in_channels,
                        .classes = (size_t)source->net->net.classes};
    CC_CHECK(allocate_slice(e));
    if (cc_data_has_volumes(source->net)) {
        const cc_scan_volume_source volumes = {.set = source->set,
                                               .net = source->net,
                                               .classes = source->classes,
                                               .regions = source->regions,
                                               .marked = source->marked};
        CC_CHECK(cc_scan_windows_create(&e->windows, source->plan, &volumes));
    } else if (source->items->count > 0) {
        CC_CHECK(allocate_batches(e));
        cc_loader_options options;
        cc_channels channels;
        CC_CHECK(
            cc_loading_options(&options, &channels, source->set, source->items, &source->fit, source->net));
        options.classes = source->classes;
        CC_CHECK(cc_loader_create(&e->loader, &options));
    }
    *out = e;
    e = NULL;
done:
    cc_evaluator_destroy(e);
    return status;
}

void cc_evaluator_destroy(cc_evaluator *e) {
    if (!e) return;
    cc_loader_destroy(e->loader);
    cc_scan_windows_destroy(e->windows);
    cc_memory_free(e->input);
    cc_memory_free(e->probability);
    for (int i = 0; i < 2; i++) {
        cc_memory_free(e->batches[i].items);
        cc_memory_free(e->batches[i].targets);
    }
    cc_memory_free(e->scratch);
    cc_memory_free(e->composed);
    cc_memory_free(e->placed);
    cc_memory_free(e->predicted);
    cc_memory_free(e->image);
    cc_memory_free(e->labels);
    cc_memory_free(e->truth);
    cc_memory_free(e->mask);
    free(e);
}

/* The place of an item in its slice. */
static cc_view_item item_of(const cc_evaluator *e, size_t index) {
    if (e->source.set != e->source.base) return *cc_view_get(e->source.set, index);
    const cc_slice *slice = cc_slice_set_get(e->source.base, index);
    const cc_box all = {0, 0, slice->height, slice->width};
    return (cc_view_item){.base = (uint32_t)index, .box = all, .keep = all};
}

/* Outside all items the probability is 0. */
static void start_slice(cc_evaluator *e) {
    if (e->at == e->source.slices->count) return;
    const size_t pixels = pixels_of(e, e->source.slices->slices[e->at]);
    memset(e->composed, 0, pixels * sizeof(float));
    if (e->predicted) memset(e->predicted, 0, pixels);
}

/* Sums over pixels of p g, p and g, from which soft Dice scores are computed. */
static void add_soft_sums(cc_prediction *p) {
    for (size_t i = 0; i < (size_t)p->height * (size_t)p->width; i++) {
        p->soft_overlap += p->truth[i] ? p->probability[i] : 0;
        p->soft_prediction += p->probability[i];
        p->soft_truth += p->truth[i];
    }
}

/* The slice is composed: counts it. */
static cc_status finish_slice(cc_evaluation *out, cc_evaluator *e) {
    size_t index = e->source.slices->slices[e->at++], pixels = pixels_of(e, index);
    const cc_slice *slice = cc_slice_set_get(e->source.base, index);
    if (e->source.within) {
        cc_masks_get(e->mask, e->source.within, index);
        for (size_t i = 0; i < pixels; i++)
            if (!e->mask[i]) e->composed[i] = 0;
    }
    CC_TRY(cc_slice_set_read(e->source.base, index, e->image, e->labels));
    for (size_t i = 0; i < pixels && e->source.only_above; i++)
        if (!(e->image[i] > e->source.above_hu)) e->composed[i] = 0;
    /* What was taken away above is of no class any more. */
    for (size_t i = 0; i < pixels && e->predicted; i++)
        if (e->composed[i] == 0) e->predicted[i] = 0;
    for (size_t i = 0; i < pixels; i++) {
        e->mask[i] = e->predicted ? e->predicted[i] != 0 : e->composed[i] >= e->source.threshold;
        e->truth[i] = e->labels[i] != 0;
    }
    cc_prediction p = {.slice = index,
                       .height = slice->height,
                       .width = slice->width,
                       .image_hu = e->image,
                       .probability = e->composed,
                       .labels = e->labels,
                       .truth = e->truth,
                       .mask = e->mask,
                       .classes = e->predicted ? e->predicted : e->mask,
                       .counts = cc_counts_from_masks(e->mask, e->truth, pixels)};
    add_soft_sums(&p);
    cc_counts_add(&out->counts, &p.counts);
    if (e->sink) CC_TRY(e->sink(e->context, &p));
    start_slice(e);
    return CC_OK;
}

/* Probabilities of an item, placed[classes][its box], to its place in the slice: the largest one of the
 * foreground counts where items overlap. */
static void compose(cc_evaluator *e, const cc_view_item *item) {
    const cc_slice *slice = cc_slice_set_get(e->source.base, item->base);
    const cc_box *box = &item->box, *keep = &item->keep;
    const int wide = box->x1 - box->x0;
    const size_t size = (size_t)(box->y1 - box->y0) * (size_t)wide;
    for (int y = box->y0; y < box->y1; y++)
        for (int x = box->x0; x < box->x1; x++) {
            if (y < keep->y0 || y >= keep->y1 || x < keep->x0 || x >= keep->x1) continue;
            const float *placed = &e->placed[(size_t)(y - box->y0) * (size_t)wide + (size_t)(x - box->x0)];
            const size_t to = (size_t)y * (size_t)slice->width + (size_t)x;
            float p = e->classes > 1 ? 0 : placed[0];
            size_t best = 0;
            for (size_t k = 1; k < e->classes; k++) {
                p += placed[k * size];
                if (placed[k * size] > placed[best * size]) best = k;
            }
            if (!(p > e->composed[to])) continue;
            e->composed[to] = fminf(p, 1); /* a sum may be rounded above 1 */
            if (e->predicted) e->predicted[to] = (uint8_t)best;
        }
}

/* From the logits of an item, [classes][canvas], to its place in the slice, scaled back to its own size. */
static void place(cc_evaluator *e, const cc_view_item *item, const float *logits) {
    const cc_box *box = &item->box;
    const int tall = box->y1 - box->y0, wide = box->x1 - box->x0;
    cc_probabilities_from_logits(e->probability, logits, e->classes, e->canvas);
    /* What the canvas did not hold reads 0 for every class, and stays background. */
    for (size_t k = 0; k < e->classes; k++)
        cc_fit_restore(e->placed + k * (size_t)tall * (size_t)wide, &e->source.fit,
                       e->probability + k * e->canvas, tall, wide, 0);
    compose(e, item);
}

/* Starts the next batch on the device; notes->count is 0 after the last. */
static cc_status begin_batch(batch_notes *notes, cc_evaluator *e) {
    const cc_batch *batch;
    notes->count = 0;
    CC_TRY(cc_interrupt_check());
    CC_TRY(cc_loader_next(e->loader, &batch));
    if (!batch) return CC_OK;
    size_t count = (size_t)batch->count;
    notes->count = batch->count;
    memcpy(notes->items, batch->slices, count * sizeof *notes->items);
    memcpy(notes->targets, batch->targets, count * e->canvas * sizeof(float));
    memcpy(e->input, batch->images, count * e->channels * e->canvas * sizeof(float));
    return cc_plan_begin(e->source.plan, e->input);
}

/* A NaN is no larger than any threshold: it would be counted as background without a word. */
static cc_status check_logits(const cc_evaluator *e, const batch_notes *batch, const float *logits) {
    const size_t values = e->classes * e->canvas, count = (size_t)batch->count * values;
    const size_t at = cc_find_not_finite(logits, count);
    if (at == count) return CC_OK;
    const cc_view_item item = item_of(e, batch->items[at / values]);
    const cc_slice *slice = cc_slice_set_get(e->source.base, item.base);
    return cc_fail(CC_EINVAL, e->source.net->name, "train it with a lower optimizer.lr, or in float32",
                   "the net's output for %s, slice %d is %s",
                   cc_slice_set_patient(e->source.base, slice->patient), (int)slice->number,
                   isnan(logits[at]) ? "no number (NaN)" : "infinite");
}

/* Adds a batch's loss, and puts its items back; slices before theirs are complete. logits:
 * [count][classes][canvas]. */
static cc_status count_batch(cc_evaluation *out, cc_evaluator *e, const batch_notes *batch,
                             const float *logits) {
    double loss;
    CC_TRY(check_logits(e, batch, logits));
    CC_TRY(cc_loss_evaluate(&loss, NULL, &e->source.net->loss, logits, batch->targets,
                            loss_shape(e, batch->count), e->scratch));
    out->loss += loss * batch->count;
    for (int i = 0; i < batch->count; i++) {
        cc_view_item item = item_of(e, batch->items[i]);
        while (e->source.slices->slices[e->at] != item.base) {
            CC_TRY(finish_slice(out, e));
            assert(e->at < e->source.slices->count);
        }
        place(e, &item, logits + (size_t)i * e->classes * e->canvas);
    }
    return CC_OK;
}

/* Batch by batch, one running while the one before is counted. */
static cc_status run_items(cc_evaluation *out, cc_evaluator *e) {
    batch_notes *now = &e->batches[0], *next = &e->batches[1];
    cc_loader_start(e->loader, 0);
    CC_TRY(begin_batch(now, e));
    while (now->count > 0) {
        const float *logits;
        CC_TRY(cc_plan_end(e->source.plan, &logits));
        CC_TRY(begin_batch(next, e));
        CC_TRY(count_batch(out, e, now, logits));
        batch_notes *done = now;
        now = next;
        next = done;
    }
    return CC_OK;
}

/* Scan by scan: windows over all of one, then those of its slices that are counted. */
static cc_status run_scans(cc_evaluation *out, cc_evaluator *e) {
    const cc_split_part *slices = e->source.slices;
    size_t windows = 0, known = 0; /* slices before this one are of the scan at hand */
    while (e->at < slices->count) {
        const size_t slice = slices->slices[e->at];
        size_t first;
        if (slice >= known) {
            CC_TRY(cc_scan_windows_predict(&out->loss, &windows, e->windows, slice));
            cc_scan_of(&first, &known, e->source.base, slice);
        }
        const cc_scan_part *part = cc_scan_windows_part(e->windows);
        if (slice >= part->first && slice < part->end) {
            CC_TRY(cc_scan_windows_get(e->placed, e->windows, slice));
            compose(e, &(cc_view_item){.base = (uint32_t)slice, .box = part->box, .keep = part->box});
        }
        CC_TRY(finish_slice(out, e));
    }
    out->loss = windows ? out->loss / (double)windows : NAN;
    return CC_OK;
}

cc_status cc_evaluator_run(cc_evaluation *out, cc_evaluator *e, cc_prediction_sink *sink, void *context) {
    *out = (cc_evaluation){0};
    e->sink = sink;
    e->context = context;
    e->at = 0;
    start_slice(e);
    if (e->windows) return run_scans(out, e);
    if (e->loader) CC_TRY(run_items(out, e));
    while (e->at < e->source.slices->count) CC_TRY(finish_slice(out, e));
    out->loss = e->loader ? out->loss / (double)cc_loader_item_count(e->loader) : NAN;
    return CC_OK;
}
