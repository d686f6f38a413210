/* nets/ops/batch_norm/batch_norm_cpu.c -- batch normalisation with its activation and residual, by the parts
 * that normalising ops share (nets/backends/cpu/norm.h): here are the statistics of the batch, the running
 * ones, and what follows from the sums backward. concat_norm runs the same kernel with several inputs. */
#include <math.h>
#include "nets/backends/cpu/norm.h"
#include "nets/ops/batch_norm/batch_norm.h"

extern const cc_kernel cc_batch_norm_cpu;

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    cc_norm_layout l = cc_norm_layout_of(task);
    size_t vectors = (size_t)(CC_NORM_VECTORS * l.width) * sizeof(float);
    task->scratch_bytes = (size_t)l.chunks * sizeof(cc_norm_sums) + vectors;
    if (task->training) task->saved_bytes = vectors;
    if (!l.joined && task->input_count == 2 && task->input_blocks[1] != l.block)
        return cc_fail(CC_EUNSUPPORTED, NULL, NULL, "the residual has another layout than x");
    return CC_OK;
}

static cc_norm_activation activation_of(const cc_task *task) {
    const cc_batch_norm_attr *a = task->attr;
    return (cc_norm_activation){a->activation, a->slope};
}

/* Constants from the batch, and the running statistics moved towards it. */
static void use_batch(const cc_task *task, const cc_norm_layout *l, const cc_norm_constants *k,
                      const cc_norm_sums *parts) {
    const cc_batch_norm_attr *a = task->attr;
    float *running_mean = task->parameters[CC_BATCH_NORM_MEAN]->value,
          *running_var = task->parameters[CC_BATCH_NORM_VAR]->value;
#pragma omp parallel for schedule(static)
    for (int64_t c = 0; c < l->channels; c++) {
        double mean, squares, count = (double)(l->images * l->pixels);
        cc_norm_merge(&mean, &squares, parts, l, 0, l->images, c, 1);
        double unbiased = count > 1 ? squares / (count - 1) : 0;
        k->mean[c] = (float)mean;
        k->shift[c] = (float)(k->mean[c] - mean);
        k->rstd[c] = (float)(1 / sqrt(squares / count + a->epsilon));
        running_mean[c] = (float)((1 - a->momentum) * running_mean[c] + a->momentum * mean);
        running_var[c] = (float)((1 - a->momentum) * running_var[c] + a->momentum * unbiased);
    }
}

/* Constants from the running statistics: inference. */
static void use_running(const cc_task *task, const cc_norm_layout *l, const cc_norm_constants *k) {
    const cc_batch_norm_attr *a = task->attr;
    for (int64_t c = 0; c < l->channels; c++) {
        k->mean[c] = task->parameters[CC_BATCH_NORM_MEAN]->value[c];
        k->shift[c] = 0;
        k->rstd[c] = (float)(1 / sqrt(task->parameters[CC_BATCH_NORM_VAR]->value[c] + a->epsilon));
    }
}

/* Scale and shift, from the constants that are there. Channels that fill the last block get zeros, and so
 * stay zero. */
static void fill_scale(const cc_task *task, const cc_norm_layout *l, const cc_norm_constants *k) {
    const float *weight = task->parameters[CC_BATCH_NORM_WEIGHT]->value,
                *bias = task->parameters[CC_BATCH_NORM_BIAS]->value;
    for (int64_t c = 0; c < l->width; c++) {
        if (c >= l->channels) k->mean[c] = k->rstd[c] = 0;
        k->scale[c] = c < l->channels ? weight[c] * k->rstd[c] : 0;
        k->shift[c] = c < l->channels ? bias[c] + k->shift[c] * k->scale[c] : 0;
    }
}

static cc_status forward(cc_task *task) {
    const cc_norm_layout l = cc_norm_layout_of(task);
    const cc_norm_activation f = activation_of(task);
    cc_norm_sums *parts = task->scratch;
    cc_norm_constants k =
        cc_norm_constants_at(task->training ? task->saved : (void *)(parts + l.chunks), &l, 1);
    if (task->training) {
#pragma omp parallel for schedule(static)
        for (int64_t i = 0; i < l.chunks; i++) cc_norm_moments(&parts[i], task, &l, i);
        use_batch(task, &l, &k, parts);
    } else {
        use_running(task, &l, &k);
    }
    fill_scale(task, &l, &k);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < l.chunks; i++) cc_norm_forward(task, &l, &k, f, i);
    return CC_OK;
}

/* a and b of cc_norm_back: a = -scale rstd^2 (sum of g (x - mean)) / M, b = -scale (sum of g) / M. */
static void find_gradients(const cc_task *task, const cc_norm_layout *l, const cc_norm_constants *k,
                           const cc_norm_sums *parts, float *a, float *b) {
    float *dweight = task->parameters[CC_BATCH_NORM_WEIGHT]->grad,
          *dbias = task->parameters[CC_BATCH_NORM_BIAS]->grad;
#pragma omp parallel for schedule(static)
    for (int64_t c = 0; c < l->width; c++) {
        double first, second, rstd = k->rstd[c], scale = k->scale[c], count = (double)(l->images * l->pixels);
        cc_norm_add(&first, &second, parts, l, 0, l->images, c);
        a[c] = (float)(-scale * rstd * rstd * second / count);
        b[c] = (float)(-scale * first / count);
        if (c >= l->channels) continue;
        dweight[c] = (float)(second * rstd);
        dbias[c] = (float)first;
    }
}

static cc_status backward(cc_task *task) {
    const cc_norm_layout l = cc_norm_layout_of(task);
    const cc_norm_activation f = activation_of(task);
    cc_norm_constants k = cc_norm_constants_at(task->saved, &l, 1);
    cc_norm_sums *parts = task->scratch;
    float *a = (float *)(parts + l.chunks), *b = a + l.width;
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < l.chunks; i++) cc_norm_back_sums(&parts[i], task, &l, &k, f, i);
    find_gradients(task, &l, &k, parts, a, b);
    bool wanted = false;
    for (int i = 0; i < task->input_count; i++) wanted |= task->dx[i] != NULL;
    if (!wanted) return CC_OK;
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < l.chunks; i++) cc_norm_back(task, &l, &k, a, b, f, i);
    return CC_OK;
}

const cc_kernel cc_batch_norm_cpu = {.plan = plan, .forward = forward, .backward = backward};
