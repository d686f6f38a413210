#include "experiments/evaluate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "experiments/interrupt.h"
#include "nets/memory.h"

struct cc_evaluator {
    cc_plan *plan;
    const cc_dataset *dataset;
    cc_loader *loader;
    size_t canvas;              /* pixels */
    float *input, *probability; /* [batch][canvas]; [canvas] */
    void *scratch;              /* of the loss */
    float *image, *restored;    /* of the largest slice */
    uint8_t *truth, *mask;
};

static size_t largest_slice(const cc_slice_set *set, const cc_split_part *part) {
    size_t most = 0;
    for (size_t i = 0; i < part->count; i++) {
        const cc_slice *slice = cc_slice_set_get(set, part->slices[i]);
        size_t pixels = (size_t)slice->height * (size_t)slice->width;
        if (pixels > most) most = pixels;
    }
    return most;
}

static cc_loss_shape loss_shape(const cc_evaluator *e, int count) {
    return (cc_loss_shape){count, 1, (int64_t)e->canvas};
}

static cc_status allocate(cc_evaluator *e, const cc_split_part *part) {
    size_t pixels = largest_slice(e->dataset->set, part);
    int batch = e->dataset->config->train.batch;
    CC_TRY(cc_memory_get((void **)&e->input, (size_t)batch * e->canvas * sizeof(float), "evaluation"));
    CC_TRY(cc_memory_get((void **)&e->probability, e->canvas * sizeof(float), "evaluation"));
    CC_TRY(cc_memory_get(&e->scratch, cc_loss_scratch_bytes(&e->dataset->config->loss, loss_shape(e, batch)),
                         "evaluation"));
    CC_TRY(cc_memory_get((void **)&e->image, pixels * sizeof(float), "evaluation"));
    CC_TRY(cc_memory_get((void **)&e->restored, pixels * sizeof(float), "evaluation"));
    CC_TRY(cc_memory_get((void **)&e->truth, pixels, "evaluation"));
    return cc_memory_get((void **)&e->mask, pixels, "evaluation");
}

cc_status cc_evaluator_create(cc_evaluator **out, cc_plan *plan, const cc_dataset *dataset,
                              const cc_split_part *part) {
    cc_status status = CC_OK;
    cc_evaluator *e = calloc(1, sizeof *e);
    if (!e) return cc_fail_memory("evaluation", sizeof *e);
    *e = (cc_evaluator){
        .plan = plan, .dataset = dataset, .canvas = (size_t)dataset->fit.height * (size_t)dataset->fit.width};
    CC_CHECK(allocate(e, part));
    CC_CHECK(cc_dataset_loader(&e->loader, dataset, part, false));
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
    cc_memory_free(e->scratch);
    cc_memory_free(e->image);
    cc_memory_free(e->restored);
    cc_memory_free(e->truth);
    cc_memory_free(e->mask);
    free(e);
}

static void add_soft_sums(cc_prediction *p) {
    for (size_t i = 0; i < (size_t)p->height * (size_t)p->width; i++) {
        p->soft_overlap += p->truth[i] ? p->probability[i] : 0;
        p->soft_prediction += p->probability[i];
        p->soft_truth += p->truth[i];
    }
}

/* From the logits on the canvas to a prediction on the slice's own grid. */
static cc_status predict(cc_prediction *out, cc_evaluator *e, size_t index, const float *logits) {
    const cc_slice *slice = cc_slice_set_get(e->dataset->set, index);
    size_t pixels = (size_t)slice->height * (size_t)slice->width;
    double threshold = e->dataset->config->results.threshold;
    for (size_t i = 0; i < e->canvas; i++) e->probability[i] = 1.0f / (1.0f + expf(-logits[i]));
    cc_fit_restore(e->restored, &e->dataset->fit, e->probability, slice->height, slice->width, 0);
    CC_TRY(cc_slice_set_read(e->dataset->set, index, e->image, e->truth));
    for (size_t i = 0; i < pixels; i++) {
        e->mask[i] = e->restored[i] >= threshold;
        e->truth[i] = e->truth[i] != 0;
    }
    *out = (cc_prediction){.slice = index,
                           .height = slice->height,
                           .width = slice->width,
                           .image_hu = e->image,
                           .probability = e->restored,
                           .truth = e->truth,
                           .mask = e->mask,
                           .counts = cc_counts_from_masks(e->mask, e->truth, pixels)};
    add_soft_sums(out);
    return CC_OK;
}

static cc_status run_batch(cc_evaluation *out, cc_evaluator *e, const cc_batch *batch,
                           cc_prediction_sink *sink, void *context) {
    const float *logits;
    double loss;
    memcpy(e->input, batch->images, (size_t)batch->count * e->canvas * sizeof(float));
    CC_TRY(cc_plan_forward(e->plan, e->input, &logits));
    CC_TRY(cc_loss_evaluate(&loss, NULL, &e->dataset->config->loss, logits, batch->targets,
                            loss_shape(e, batch->count), e->scratch));
    out->loss += loss * batch->count;
    for (int i = 0; i < batch->count; i++) {
        cc_prediction prediction;
        CC_TRY(predict(&prediction, e, batch->slices[i], logits + (size_t)i * e->canvas));
        cc_counts_add(&out->counts, &prediction.counts);
        if (sink) CC_TRY(sink(context, &prediction));
    }
    return CC_OK;
}

cc_status cc_evaluator_run(cc_evaluation *out, cc_evaluator *e, cc_prediction_sink *sink, void *context) {
    const cc_batch *batch;
    *out = (cc_evaluation){0};
    cc_loader_start(e->loader, 0);
    for (;;) {
        CC_TRY(cc_interrupt_check());
        CC_TRY(cc_loader_next(e->loader, &batch));
        if (!batch) break;
        CC_TRY(run_batch(out, e, batch, sink, context));
    }
    out->loss /= (double)cc_loader_item_count(e->loader);
    return CC_OK;
}
