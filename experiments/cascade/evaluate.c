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
#include "datasets/mirror.h"
#include "datasets/view.h"
#include "experiments/cascade/loading.h"
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
    cc_loader *loader;              /* NULL: there are no items */
    size_t canvas;                  /* pixels */
    size_t channels, classes;       /* of the net's input and output */
    float *input, *probability;     /* [batch][channels][canvas]; [classes][canvas] */
    float *mirrored, *mean;         /* input's and probability's sizes, mean of a batch; NULL: no mirrors */
    float *by_class;                /* [classes][largest slice]; NULL: not asked for */
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

static cc_status allocate(cc_evaluator *e) {
    static const char purpose[] = "evaluation";
    size_t pixels = largest_slice(e);
    int batch = e->source.net->train.batch;
    CC_TRY(
        cc_memory_get((void **)&e->input, (size_t)batch * e->channels * e->canvas * sizeof(float), purpose));
    CC_TRY(cc_memory_get((void **)&e->probability, e->classes * e->canvas * sizeof(float), purpose));
    if (e->source.mirrors) {
        CC_TRY(cc_memory_get((void **)&e->mirrored, (size_t)batch * e->channels * e->canvas * sizeof(float),
                             purpose));
        CC_TRY(cc_memory_get((void **)&e->mean, (size_t)batch * e->classes * e->canvas * sizeof(float),
                             purpose));
    }
    if (e->source.by_class && e->classes > 1)
        CC_TRY(cc_memory_get((void **)&e->by_class, e->classes * pixels * sizeof(float), purpose));
    for (int i = 0; i < 2; i++) {
        CC_TRY(cc_memory_get((void **)&e->batches[i].items, (size_t)batch * sizeof(uint32_t), purpose));
        CC_TRY(cc_memory_get((void **)&e->batches[i].targets, (size_t)batch * e->canvas * sizeof(float),
                             purpose));
    }
    CC_TRY(cc_memory_get(&e->scratch, cc_loss_scratch_bytes(&e->source.net->loss, loss_shape(e, batch)),
                         purpose));
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
    CC_CHECK(allocate(e));
    if (source->items->count > 0) {
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
    cc_memory_free(e->input);
    cc_memory_free(e->probability);
    cc_memory_free(e->mirrored);
    cc_memory_free(e->mean);
    cc_memory_free(e->by_class);
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

/* A pixel of the slice is background for certain. */
static void set_background(cc_evaluator *e, size_t pixels, size_t at) {
    for (size_t k = 0; k < e->classes; k++) e->by_class[k * pixels + at] = k == 0;
}

/* Outside all items the probability is 0. */
static void start_slice(cc_evaluator *e) {
    if (e->at == e->source.slices->count) return;
    const size_t pixels = pixels_of(e, e->source.slices->slices[e->at]);
    memset(e->composed, 0, pixels * sizeof(float));
    if (e->predicted) memset(e->predicted, 0, pixels);
    for (size_t i = 0; i < pixels && e->by_class; i++) set_background(e, pixels, i);
}

/* The sums over pixels of p g, p and g are what soft Dice scores are computed from. */
void cc_prediction_count(cc_prediction *p) {
    const size_t pixels = (size_t)p->height * (size_t)p->width;
    p->counts = cc_counts_from_masks(p->mask, p->truth, pixels);
    for (size_t i = 0; i < pixels; i++) {
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
    for (size_t i = 0; i < pixels && e->predicted; i++) {
        if (e->composed[i] != 0) continue;
        e->predicted[i] = 0;
        if (e->by_class) set_background(e, pixels, i);
    }
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
                       .by_class = e->by_class};
    cc_prediction_count(&p);
    cc_counts_add(&out->counts, &p.counts);
    if (e->sink) CC_TRY(e->sink(e->context, &p));
    start_slice(e);
    return CC_OK;
}

/* p(k) = exp x(k) / sum of exp x, over the classes of each pixel; the largest x is taken off all, which
 * changes nothing but keeps exp finite. Of one class the sigmoid. */
static void find_probabilities(float *p, const cc_evaluator *e, const float *logits) {
    for (size_t i = 0; i < e->canvas; i++) {
        float most = logits[i], sum = 0;
        if (e->classes == 1) {
            p[i] = 1.0f / (1.0f + expf(-logits[i]));
            continue;
        }
        for (size_t k = 1; k < e->classes; k++) most = fmaxf(most, logits[k * e->canvas + i]);
        for (size_t k = 0; k < e->classes; k++)
            sum += p[k * e->canvas + i] = expf(logits[k * e->canvas + i] - most);
        for (size_t k = 0; k < e->classes; k++) p[k * e->canvas + i] /= sum;
    }
}

/* The probabilities of an item, [classes][canvas], to its place in the slice: scaled back to the item's own
 * size; the largest one of the foreground counts where items overlap. */
static void place(cc_evaluator *e, const cc_view_item *item, const float *probability) {
    const cc_slice *slice = cc_slice_set_get(e->source.base, item->base);
    const cc_box *box = &item->box, *keep = &item->keep;
    const int tall = box->y1 - box->y0, wide = box->x1 - box->x0;
    const size_t size = (size_t)tall * (size_t)wide;
    const size_t pixels = (size_t)slice->height * (size_t)slice->width;
    /* What the canvas did not hold reads 0 for every class, and stays background. */
    for (size_t k = 0; k < e->classes; k++)
        cc_fit_restore(e->placed + k * size, &e->source.fit, probability + k * e->canvas, tall, wide, 0);
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
            for (size_t k = 0; k < e->classes && e->by_class; k++)
                e->by_class[k * pixels + to] = placed[k * size];
        }
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

/* Adds a batch's loss. logits: [count][classes][canvas]. */
static cc_status count_loss(cc_evaluation *out, const cc_evaluator *e, const batch_notes *batch,
                            const float *logits) {
    double loss;
    CC_TRY(check_logits(e, batch, logits));
    CC_TRY(cc_loss_evaluate(&loss, NULL, &e->source.net->loss, logits, batch->targets,
                            loss_shape(e, batch->count), e->scratch));
    out->loss += loss * batch->count;
    return CC_OK;
}

/* Fills e->mean, [count][classes][canvas], with the mean of the probabilities of a batch over all its mirror
 * images; logits are those of the batch as it is. */
static cc_status average_mirror_images(cc_evaluator *e, const batch_notes *batch, const float *logits) {
    const unsigned count = cc_mirror_count(e->source.mirrors);
    const int64_t dims[3] = {e->source.fit.width, e->source.fit.height, 1};
    const size_t values = e->classes * e->canvas, items = (size_t)batch->count;
    memset(e->mean, 0, items * values * sizeof *e->mean);
    for (unsigned i = 0; i < count; i++) {
        const unsigned axes = cc_mirror_subset(e->source.mirrors, i); /* none of them comes first */
        if (axes) {
            CC_TRY(cc_interrupt_check());
            cc_mirror(e->mirrored, e->input, items * e->channels, dims, axes);
            CC_TRY(cc_plan_forward(e->source.plan, e->mirrored, &logits));
            CC_TRY(check_logits(e, batch, logits));
        }
        for (size_t k = 0; k < items; k++) {
            find_probabilities(e->probability, e, logits + k * values);
            cc_mirror_add(e->mean + k * values, e->probability, e->classes, dims, axes, 1.0F / (float)count);
        }
    }
    return CC_OK;
}

/* Puts a batch's items back; slices before theirs are complete. */
static cc_status put_back(cc_evaluation *out, cc_evaluator *e, const batch_notes *batch,
                          const float *logits) {
    const size_t values = e->classes * e->canvas;
    for (int i = 0; i < batch->count; i++) {
        cc_view_item item = item_of(e, batch->items[i]);
        while (e->source.slices->slices[e->at] != item.base) {
            CC_TRY(finish_slice(out, e));
            assert(e->at < e->source.slices->count);
        }
        if (e->mean) {
            place(e, &item, e->mean + (size_t)i * values);
        } else {
            find_probabilities(e->probability, e, logits + (size_t)i * values);
            place(e, &item, e->probability);
        }
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
        if (e->mean) { /* the plan is needed again for this batch */
            CC_TRY(count_loss(out, e, now, logits));
            CC_TRY(average_mirror_images(e, now, logits));
        }
        CC_TRY(begin_batch(next, e));
        if (!e->mean) CC_TRY(count_loss(out, e, now, logits));
        CC_TRY(put_back(out, e, now, logits));
        batch_notes *done = now;
        now = next;
        next = done;
    }
    return CC_OK;
}

cc_status cc_evaluator_run(cc_evaluation *out, cc_evaluator *e, cc_prediction_sink *sink, void *context) {
    *out = (cc_evaluation){0};
    e->sink = sink;
    e->context = context;
    e->at = 0;
    start_slice(e);
    if (e->loader) CC_TRY(run_items(out, e));
    while (e->at < e->source.slices->count) CC_TRY(finish_slice(out, e));
    out->loss = e->loader ? out->loss / (double)cc_loader_item_count(e->loader) : NAN;
    return CC_OK;
}
