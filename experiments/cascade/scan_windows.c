/* experiments/cascade/scan_windows.c -- windows of a scan's volume through a plan, a batch on the device
 * while the host takes the one before.
 *
 * Means are of probabilities, as in the published nnU-Net (Isensee et al., Nature Methods 18 (2021), 203), so
 * that a window that is sure does not outvote two that are not. Loss and order of sums depend on neither
 * threads nor devices: windows are added in their order. */
#include "experiments/cascade/scan_windows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "datasets/sliding_window.h"
#include "experiments/cascade/probabilities.h"
#include "experiments/planning/interrupt.h"
#include "nets/engine/finite.h"
#include "nets/engine/memory.h"
#include "nets/losses/loss.h"

struct cc_scan_windows {
    cc_scan_volume_source source;
    cc_plan *plan;
    size_t batch, voxels, channels, classes; /* voxels: of a window */
    int64_t size[3];                         /* of a window: x, y, z */
    float *input, *targets[2], *probability; /* [batch][channels][voxels]; [batch][voxels], of the batch that
                                                runs and of the one before; [classes][voxels] */
    void *scratch;                           /* of the loss */
    cc_scan_volume volume;
    float *truth, *answers; /* [volume]; [classes][volume] */
};

static cc_loss_shape loss_shape(const cc_scan_windows *w, size_t count) {
    return (cc_loss_shape){(int64_t)count, (int64_t)w->classes, (int64_t)w->voxels};
}

cc_status cc_scan_windows_create(cc_scan_windows **out, cc_plan *plan, const cc_scan_volume_source *source) {
    static const char purpose[] = "evaluation";
    cc_status status = CC_OK;
    const cc_experiment_config *net = source->net;
    cc_scan_windows *w = calloc(1, sizeof *w);
    if (!w) return cc_fail_memory(purpose, sizeof *w);
    *w = (cc_scan_windows){.source = *source,
                           .plan = plan,
                           .batch = (size_t)net->train.batch,
                           .voxels = 1,
                           .channels = (size_t)net->net.in_channels,
                           .classes = (size_t)net->net.classes};
    /* Lists of a config are z, y, x; sizes in datasets/ are x, y, z. */
    for (int k = 0; k < 3; k++) {
        w->size[k] = net->volumes.patch[2 - k];
        w->voxels *= (size_t)w->size[k];
    }
    CC_CHECK(cc_memory_get((void **)&w->input, w->batch * w->channels * w->voxels * sizeof(float), purpose));
    for (int i = 0; i < 2; i++)
        CC_CHECK(cc_memory_get((void **)&w->targets[i], w->batch * w->voxels * sizeof(float), purpose));
    CC_CHECK(cc_memory_get((void **)&w->probability, w->classes * w->voxels * sizeof(float), purpose));
    CC_CHECK(cc_memory_get(&w->scratch, cc_loss_scratch_bytes(&net->loss, loss_shape(w, w->batch)), purpose));
    *out = w;
    w = NULL;
done:
    cc_scan_windows_destroy(w);
    return status;
}

/* The scan at hand. */
static void drop_scan(cc_scan_windows *w) {
    cc_scan_volume_deinit(&w->volume);
    free(w->truth);
    free(w->answers);
    w->truth = w->answers = NULL;
}

void cc_scan_windows_destroy(cc_scan_windows *w) {
    if (!w) return;
    drop_scan(w);
    cc_memory_free(w->input);
    cc_memory_free(w->targets[0]);
    cc_memory_free(w->targets[1]);
    cc_memory_free(w->probability);
    cc_memory_free(w->scratch);
    free(w);
}

/* A finished slice of the volume (cc_sliding_take). */
static cc_status keep_slice(void *context, int64_t z, float *values) {
    const cc_scan_windows *w = context;
    const size_t plane = (size_t)w->volume.grid.dims[0] * (size_t)w->volume.grid.dims[1];
    const size_t count = cc_scan_volume_count(&w->volume);
    for (size_t k = 0; k < w->classes; k++)
        memcpy(w->answers + k * count + (size_t)z * plane, values + k * plane, plane * sizeof *values);
    return CC_OK;
}

/* A NaN is no larger than any threshold: it would be counted as background without a word. */
static cc_status check_logits(const cc_scan_windows *w, const cc_sliding *sliding, size_t first, size_t count,
                              const float *logits) {
    const size_t values = w->classes * w->voxels, at = cc_find_not_finite(logits, count * values);
    int64_t start[3];
    if (at == count * values) return CC_OK;
    cc_sliding_start(start, sliding, first + at / values);
    const cc_slice *slice = cc_slice_set_get(w->source.set, w->volume.part.first);
    return cc_fail(CC_EINVAL, w->source.net->name, "train it with a lower optimizer.lr, or in float32",
                   "the net's output for %s, window %zu (from voxel %lld, %lld, %lld on), is %s",
                   cc_slice_set_patient(w->source.set, slice->patient), first + at / values + 1,
                   (long long)start[0], (long long)start[1], (long long)start[2],
                   isnan(logits[at]) ? "no number (NaN)" : "infinite");
}

/* Cuts the batch of windows from number `first` on and starts it; returns how many they are in *count: 0
 * behind the last. */
static cc_status begin_batch(size_t *count, cc_scan_windows *w, const cc_sliding *sliding, size_t first,
                             float *targets) {
    const size_t left = cc_sliding_count(sliding) - first;
    *count = left < w->batch ? left : w->batch;
    CC_TRY(cc_interrupt_check());
    if (*count == 0) return CC_OK;
    /* The target is cut as the picture is: beyond the volume it is 0, background, too. */
    for (size_t i = 0; i < *count; i++) {
        cc_sliding_cut(w->input + i * w->channels * w->voxels, sliding, first + i, w->volume.image,
                       w->channels);
        cc_sliding_cut(targets + i * w->voxels, sliding, first + i, w->truth, 1);
    }
    return cc_plan_begin(w->plan, w->input);
}

/* All windows, in their order. */
static cc_status run_windows(double *loss, cc_scan_windows *w, cc_sliding *sliding) {
    size_t count, next, first = 0;
    double mean;
    int now = 0;
    CC_TRY(begin_batch(&count, w, sliding, 0, w->targets[now]));
    while (count > 0) {
        const float *logits; /* [count][classes][voxels], until the next end */
        CC_TRY(cc_plan_end(w->plan, &logits));
        CC_TRY(begin_batch(&next, w, sliding, first + count, w->targets[!now]));
        CC_TRY(check_logits(w, sliding, first, count, logits));
        CC_TRY(cc_loss_evaluate(&mean, NULL, &w->source.net->loss, logits, w->targets[now],
                                loss_shape(w, count), w->scratch));
        /* The loss of a batch is a mean; a last batch with fewer windows counts as many as it has. */
        *loss += mean * (double)count;
        for (size_t i = 0; i < count; i++) {
            cc_probabilities_from_logits(w->probability, logits + i * w->classes * w->voxels, w->classes,
                                         w->voxels);
            CC_TRY(cc_sliding_add(sliding, w->probability));
        }
        first += count;
        count = next;
        now = !now;
    }
    return CC_OK;
}

cc_status cc_scan_windows_predict(double *loss, size_t *count, cc_scan_windows *w, size_t slice) {
    cc_status status = CC_OK;
    cc_sliding *sliding = NULL;
    const cc_experiment_config *net = w->source.net;
    /* The scan before this one goes first: memory never holds two. */
    drop_scan(w);
    CC_TRY(cc_scan_volume_make(&w->volume, &w->source, slice));
    const size_t voxels = cc_scan_volume_count(&w->volume);
    w->truth = malloc(voxels * sizeof *w->truth);
    w->answers = malloc(w->classes * voxels * sizeof *w->answers);
    if (!w->truth || !w->answers)
        return cc_fail_memory("a volume", (w->classes + 1) * voxels * sizeof *w->truth);
    for (size_t i = 0; i < voxels; i++) w->truth[i] = w->volume.labels[i];
    const bool gaussian = strcmp(net->volumes.weight, "gaussian") == 0;
    cc_sliding_options options = {.weight =
                                      gaussian ? CC_SLIDING_WEIGHT_gaussian : CC_SLIDING_WEIGHT_constant,
                                  .sigma = net->volumes.sigma,
                                  .channels = w->classes,
                                  .take = keep_slice,
                                  .context = w};
    for (int k = 0; k < 3; k++) {
        options.dims[k] = w->volume.grid.dims[k];
        options.size[k] = w->size[k];
        options.overlap[k] = net->volumes.overlap;
    }
    CC_CHECK(cc_sliding_create(&sliding, &options));
    CC_CHECK(run_windows(loss, w, sliding));
    *count += cc_sliding_count(sliding);
done:
    cc_sliding_destroy(sliding);
    return status;
}

const cc_scan_part *cc_scan_windows_part(const cc_scan_windows *w) {
    return &w->volume.part;
}

cc_status cc_scan_windows_get(float *p, const cc_scan_windows *w, size_t slice) {
    const cc_box *box = &w->volume.part.box;
    const size_t pixels = (size_t)(box->y1 - box->y0) * (size_t)(box->x1 - box->x0);
    const size_t voxels = cc_scan_volume_count(&w->volume);
    for (size_t k = 0; k < w->classes; k++)
        CC_TRY(cc_scan_volume_restore(p + k * pixels, &w->volume, w->answers + k * voxels, slice));
    return CC_OK;
}
