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
    float *targets;  /* [targets][count][canvas] */
} batch_notes;

/* One output of the net that is put back into slices. */
typedef struct output {
    size_t classes;     /* 0: the net has none */
    size_t first, step; /* of its logits: where they begin among those of a batch, and from item to item */
    float *probability; /* [classes][canvas] */
    float *mean;        /* [batch][classes][canvas]: over mirror images; NULL: no mirrors */
    float *placed;      /* [classes] of the largest slice */
    uint8_t *predicted; /* of the largest slice: the most probable class, of several; see cc_prediction */
} output;

struct cc_evaluator {
    cc_evaluation_source source;
    cc_loader *loader;        /* NULL: there are no items, or ... */
    cc_scan_windows *windows; /* ... the net sees volumes */
    size_t canvas;            /* pixels */
    size_t channels;          /* of the net's input */
    cc_loss_heads heads;      /* all outputs, bound to the loss where it is computed */
    int targets;              /* of each item */
    bool has_loss;
    output scored, regions;         /* of the net's outputs; regions perhaps none */
    float *input, *mirrored;        /* [batch][channels][canvas]; mirrored: NULL: no mirrors */
    float *logits;                  /* of several outputs: those of the items of a batch that is not full */
    batch_notes batches[2];         /* one is run while the host counts the other */
    void *scratch;                  /* of the loss */
    size_t at;                      /* of source.slices: the one that is being composed */
    float *composed, *image;        /* its probabilities; of the largest slice, as what follows */
    float *by_class;                /* of the scored output: [its classes] of them; NULL: not asked for */
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

/* The net's outputs for batches of `count` items, in the order of net.heads. */
static cc_loss_heads heads_of(const cc_evaluator *e, int count) {
    const cc_net_spec *net = &e->source.net->net;
    const int64_t pixels = (int64_t)e->canvas;
    cc_loss_heads heads = cc_loss_one_head((cc_loss_shape){count, net->classes, pixels});
    if (net->head_count > 0) heads.count = net->head_count;
    for (int i = 0; i < net->head_count; i++)
        heads.items[i] =
            (cc_loss_head){.name = net->heads[i].name, .shape = {count, net->heads[i].classes, pixels}};
    return heads;
}

/* Which outputs are looked at, and how. Of a net with one output no word of the config is needed. */
static cc_status find_outputs(cc_evaluator *e) {
    const cc_experiment_config *net = e->source.net;
    cc_net_targets targets = {.scored = 0, .regions = CC_NO_OUTPUT};
    e->heads = heads_of(e, net->train.batch);
    e->has_loss = e->source.targets || net->net.head_count == 0;
    e->targets = e->has_loss ? e->heads.count : 1;
    if (net->net.head_count > 0)
        CC_TRY(cc_net_targets_init(&targets, net, net->data.labels, net->data.label_count));
    if (e->has_loss) CC_TRY(cc_loss_bind(&e->heads, &net->loss));
    output *const outputs[] = {&e->scored, &e->regions};
    const int heads[] = {targets.scored,
                         targets.of[targets.scored].count > 1 ? CC_NO_OUTPUT : targets.regions};
    for (int i = 0; i < 2; i++) {
        size_t ignored;
        if (heads[i] == CC_NO_OUTPUT) continue;
        outputs[i]->classes = (size_t)e->heads.items[heads[i]].shape.classes;
        outputs[i]->step = outputs[i]->classes * e->canvas;
        cc_loss_find_place(&outputs[i]->first, &ignored, &e->heads, heads[i]);
    }
    return CC_OK;
}

static const char purpose[] = "evaluation";

/* What items, and their batches, pass through. */
static cc_status allocate_batches(cc_evaluator *e) {
    const size_t batch = (size_t)e->source.net->train.batch, targets = (size_t)e->targets * batch * e->canvas;
    CC_TRY(cc_memory_get((void **)&e->input, batch * e->channels * e->canvas * sizeof(float), purpose));
    for (int i = 0; i < 2; i++) {
        CC_TRY(cc_memory_get((void **)&e->batches[i].items, batch * sizeof(uint32_t), purpose));
        CC_TRY(cc_memory_get((void **)&e->batches[i].targets, targets * sizeof(float), purpose));
    }
    if (e->source.mirrors)
        CC_TRY(
            cc_memory_get((void **)&e->mirrored, batch * e->channels * e->canvas * sizeof(float), purpose));
    output *const outputs[] = {&e->scored, &e->regions};
    for (int i = 0; i < 2; i++) {
        output *o = outputs[i];
        if (o->classes == 0) continue;
        CC_TRY(cc_memory_get((void **)&o->probability, o->step * sizeof(float), purpose));
        if (e->mirrored) CC_TRY(cc_memory_get((void **)&o->mean, batch * o->step * sizeof(float), purpose));
    }
    if (!e->has_loss) return CC_OK;
    if (e->heads.count > 1)
        CC_TRY(cc_memory_get((void **)&e->logits, cc_loss_logits_count(&e->heads) * sizeof(float), purpose));
    return cc_memory_get(&e->scratch, cc_loss_scratch_bytes_of(&e->source.net->loss, &e->heads), purpose);
}

/* What a slice is composed in. */
static cc_status allocate_slice(cc_evaluator *e) {
    const size_t pixels = largest_slice(e);
    output *const outputs[] = {&e->scored, &e->regions};
    for (int i = 0; i < 2; i++) {
        output *o = outputs[i];
        if (o->classes == 0) continue;
        CC_TRY(cc_memory_get((void **)&o->placed, o->classes * pixels * sizeof(float), purpose));
        if (o->classes > 1) CC_TRY(cc_memory_get((void **)&o->predicted, pixels, purpose));
    }
    CC_TRY(cc_memory_get((void **)&e->composed, pixels * sizeof(float), purpose));
    if (e->source.by_class && e->scored.classes > 1)
        CC_TRY(cc_memory_get((void **)&e->by_class, e->scored.classes * pixels * sizeof(float), purpose));
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
                        .channels = (size_t)source->net->net.in_channels};
    CC_CHECK(find_outputs(e));
    CC_CHECK(cc_data_check_mirrors(source->net, source->mirrors));
    CC_CHECK(allocate_slice(e));
    if (cc_data_has_volumes(source->net)) {
        const cc_net_targets *targets = source->targets;
        const cc_scan_volume_source volumes = {.set = source->set,
                                               .net = source->net,
                                               .classes = targets ? &targets->of[targets->scored] : NULL,
                                               .regions = source->regions,
                                               .marked = source->marked};
        CC_CHECK(cc_scan_windows_create(&e->windows, source->plan, &volumes));
    } else if (source->items->count > 0) {
        CC_CHECK(allocate_batches(e));
        cc_loader_options options;
        cc_channels channels;
        CC_CHECK(
            cc_loading_options(&options, &channels, source->set, source->items, &source->fit, source->net));
        if (source->targets) {
            options.classes = source->targets->of;
            options.targets = source->targets->count;
        }
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
    cc_memory_free(e->mirrored);
    cc_memory_free(e->logits);
    cc_memory_free(e->by_class);
    output *const outputs[] = {&e->scored, &e->regions};
    for (int i = 0; i < 2; i++) {
        cc_memory_free(outputs[i]->probability);
        cc_memory_free(outputs[i]->mean);
        cc_memory_free(outputs[i]->placed);
        cc_memory_free(outputs[i]->predicted);
    }
    for (int i = 0; i < 2; i++) {
        cc_memory_free(e->batches[i].items);
        cc_memory_free(e->batches[i].targets);
    }
    cc_memory_free(e->scratch);
    cc_memory_free(e->composed);
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
    for (size_t k = 0; k < e->scored.classes; k++) e->by_class[k * pixels + at] = k == 0;
}

/* Outside all items the probability is 0. */
static void start_slice(cc_evaluator *e) {
    if (e->at == e->source.slices->count) return;
    const size_t pixels = pixels_of(e, e->source.slices->slices[e->at]);
    memset(e->composed, 0, pixels * sizeof(float));
    if (e->scored.predicted) memset(e->scored.predicted, 0, pixels);
    if (e->regions.predicted) memset(e->regions.predicted, 0, pixels);
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
    /* What was taken away above is of no class any more, and what is not predicted of no region. */
    uint8_t *predicted = e->scored.predicted, *regions = e->regions.predicted;
    for (size_t i = 0; i < pixels && predicted; i++) {
        if (e->composed[i] != 0) continue;
        predicted[i] = 0;
        if (e->by_class) set_background(e, pixels, i);
    }
    for (size_t i = 0; i < pixels; i++) {
        e->mask[i] = predicted ? predicted[i] != 0 : e->composed[i] >= e->source.threshold;
        e->truth[i] = e->labels[i] != 0;
        if (regions && !e->mask[i]) regions[i] = 0;
    }
    cc_prediction p = {.slice = index,
                       .height = slice->height,
                       .width = slice->width,
                       .image_hu = e->image,
                       .probability = e->composed,
                       .labels = e->labels,
                       .truth = e->truth,
                       .mask = e->mask,
                       .classes = predicted ? predicted : e->mask,
                       .regions = regions,
                       .by_class = e->by_class};
    cc_prediction_count(&p);
    cc_counts_add(&out->counts, &p.counts);
    if (e->sink) CC_TRY(e->sink(e->context, &p));
    start_slice(e);
    return CC_OK;
}

/* The most probable region of a pixel, in doubt where the background is more probable (cc_prediction).
 * `placed`: its probability of the first class, those of the others `size` apart. */
static uint8_t choose_region(const output *o, const float *placed, size_t size) {
    size_t best = 1;
    for (size_t k = 2; k < o->classes; k++)
        if (placed[k * size] > placed[best * size]) best = k;
    return (uint8_t)(best | (placed[best * size] > placed[0] ? 0 : CC_VOTE_DOUBTED));
}

/* Probabilities of an item, `placed` of each output, to its place in the slice: the largest one of the
 * foreground counts where items overlap. */
static void compose(cc_evaluator *e, const cc_view_item *item) {
    const cc_slice *slice = cc_slice_set_get(e->source.base, item->base);
    const cc_box *box = &item->box, *keep = &item->keep;
    const int wide = box->x1 - box->x0;
    const size_t size = (size_t)(box->y1 - box->y0) * (size_t)wide,
                 pixels = (size_t)slice->height * (size_t)slice->width;
    const output *o = &e->scored, *regions = e->regions.classes > 0 ? &e->regions : NULL;
    for (int y = box->y0; y < box->y1; y++)
        for (int x = box->x0; x < box->x1; x++) {
            if (y < keep->y0 || y >= keep->y1 || x < keep->x0 || x >= keep->x1) continue;
            const size_t from = (size_t)(y - box->y0) * (size_t)wide + (size_t)(x - box->x0);
            const size_t to = (size_t)y * (size_t)slice->width + (size_t)x;
            const float *placed = &o->placed[from];
            float p = o->classes > 1 ? 0 : placed[0];
            size_t best = 0;
            for (size_t k = 1; k < o->classes; k++) {
                p += placed[k * size];
                if (placed[k * size] > placed[best * size]) best = k;
            }
            if (!(p > e->composed[to])) continue;
            e->composed[to] = fminf(p, 1); /* a sum may be rounded above 1 */
            if (o->predicted) o->predicted[to] = (uint8_t)best;
            for (size_t k = 0; k < o->classes && e->by_class; k++)
                e->by_class[k * pixels + to] = placed[k * size];
            if (regions) regions->predicted[to] = choose_region(regions, &regions->placed[from], size);
        }
}

/* The probabilities of item number `number` of a batch, its mean over mirror images or from its logits, to
 * its place in the slice, scaled back to its own size. */
static void place(cc_evaluator *e, const cc_view_item *item, const float *logits, int number) {
    const cc_box *box = &item->box;
    const int tall = box->y1 - box->y0, wide = box->x1 - box->x0;
    const output *const outputs[] = {&e->scored, &e->regions};
    for (int i = 0; i < 2; i++) {
        const output *o = outputs[i];
        const float *p = o->mean ? o->mean + (size_t)number * o->step : o->probability;
        if (o->classes == 0) continue;
        if (!o->mean)
            cc_probabilities_from_logits(o->probability, logits + o->first + (size_t)number * o->step,
                                         o->classes, e->canvas);
        /* What the canvas did not hold reads 0 for every class, and stays background. */
        for (size_t k = 0; k < o->classes; k++)
            cc_fit_restore(o->placed + k * (size_t)tall * (size_t)wide, &e->source.fit, p + k * e->canvas,
                           tall, wide, 0);
    }
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
    /* The loader's targets lie as those of a full batch do; the loss wants them as many as there are. */
    for (int t = 0; t < e->targets; t++)
        memcpy(notes->targets + (size_t)t * count * e->canvas,
               batch->targets + (size_t)t * (size_t)e->source.net->train.batch * e->canvas,
               count * e->canvas * sizeof(float));
    memcpy(e->input, batch->images, count * e->channels * e->canvas * sizeof(float));
    return cc_plan_begin(e->source.plan, e->input);
}

/* A NaN is no larger than any threshold: it would be counted as background without a word. */
static cc_status check_logits(const cc_evaluator *e, const batch_notes *batch, const float *logits) {
    for (int h = 0; h < e->heads.count; h++) {
        size_t first, ignored;
        cc_loss_find_place(&first, &ignored, &e->heads, h);
        const size_t values = (size_t)e->heads.items[h].shape.classes * e->canvas,
                     count = (size_t)batch->count * values;
        const size_t at = cc_find_not_finite(logits + first, count);
        if (at == count) continue;
        const cc_view_item item = item_of(e, batch->items[at / values]);
        const cc_slice *slice = cc_slice_set_get(e->source.base, item.base);
        return cc_fail(CC_EINVAL, e->source.net->name, "train it with a lower optimizer.lr, or in float32",
                       "the net's output for %s, slice %d is %s",
                       cc_slice_set_patient(e->source.base, slice->patient), (int)slice->number,
                       isnan(logits[first + at]) ? "no number (NaN)" : "infinite");
    }
    return CC_OK;
}

/* Adds a batch's loss. Its logits lie as those of a full batch do: of several outputs those of a smaller one
 * are brought together, as the loss wants them. */
static cc_status count_loss(cc_evaluation *out, cc_evaluator *e, const batch_notes *batch,
                            const float *logits) {
    double loss;
    CC_TRY(check_logits(e, batch, logits));
    if (!e->has_loss) return CC_OK;
    cc_loss_heads heads = heads_of(e, batch->count);
    for (int h = 0; h < heads.count; h++) {
        heads.items[h].target_channels = e->heads.items[h].target_channels;
        if (heads.count == 1) break;
        size_t from, to, ignored;
        cc_loss_find_place(&from, &ignored, &e->heads, h);
        cc_loss_find_place(&to, &ignored, &heads, h);
        memcpy(e->logits + to, logits + from,
               (size_t)heads.items[h].shape.classes * (size_t)batch->count * e->canvas * sizeof(float));
    }
    const cc_loss_io io = {.heads = &heads,
                           .logits = heads.count > 1 ? e->logits : logits,
                           .target = batch->targets,
                           .scratch = e->scratch};
    CC_TRY(cc_loss_evaluate_heads(&loss, &e->source.net->loss, &io));
    out->loss += loss * batch->count;
    return CC_OK;
}

/* Fills the outputs' means with those of the probabilities of a batch over all its mirror images; logits are
 * those of the batch as it is. */
static cc_status average_mirror_images(cc_evaluator *e, const batch_notes *batch, const float *logits) {
    const unsigned count = cc_mirror_count(e->source.mirrors);
    const int64_t dims[3] = {e->source.fit.width, e->source.fit.height, 1};
    const size_t items = (size_t)batch->count;
    const output *const outputs[] = {&e->scored, &e->regions};
    for (int i = 0; i < 2; i++)
        if (outputs[i]->mean) memset(outputs[i]->mean, 0, items * outputs[i]->step * sizeof(float));
    for (unsigned m = 0; m < count; m++) {
        const unsigned axes = cc_mirror_subset(e->source.mirrors, m); /* none of them comes first */
        if (axes) {
            CC_TRY(cc_interrupt_check());
            cc_mirror(e->mirrored, e->input, items * e->channels, dims, axes);
            CC_TRY(cc_plan_forward(e->source.plan, e->mirrored, &logits));
            CC_TRY(check_logits(e, batch, logits));
        }
        for (size_t k = 0; k < 2 * items; k++) {
            const output *o = outputs[k / items];
            if (!o->mean) continue;
            const size_t at = k % items * o->step;
            cc_probabilities_from_logits(o->probability, logits + o->first + at, o->classes, e->canvas);
            cc_mirror_add(o->mean + at, o->probability, o->classes, dims, axes, 1.0F / (float)count);
        }
    }
    return CC_OK;
}

/* Puts a batch's items back; slices before theirs are complete. */
static cc_status put_back(cc_evaluation *out, cc_evaluator *e, const batch_notes *batch,
                          const float *logits) {
    for (int i = 0; i < batch->count; i++) {
        cc_view_item item = item_of(e, batch->items[i]);
        while (e->source.slices->slices[e->at] != item.base) {
            CC_TRY(finish_slice(out, e));
            assert(e->at < e->source.slices->count);
        }
        place(e, &item, logits, i);
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
        if (e->mirrored) { /* the plan is needed again for this batch */
            CC_TRY(count_loss(out, e, now, logits));
            CC_TRY(average_mirror_images(e, now, logits));
        }
        CC_TRY(begin_batch(next, e));
        if (!e->mirrored) CC_TRY(count_loss(out, e, now, logits));
        CC_TRY(put_back(out, e, now, logits));
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
            CC_TRY(cc_scan_windows_get(e->scored.placed, e->windows, slice));
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
    out->loss = e->loader && e->has_loss ? out->loss / (double)cc_loader_item_count(e->loader) : NAN;
    return CC_OK;
}
