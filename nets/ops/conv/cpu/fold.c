/* nets/ops/conv/cpu/fold.c -- batch norm folded into a convolution's weights, on the CPU. Scale and bias are
 * found in float64, a channel at a time. */
#include "nets/ops/conv/cpu/fold.h"

#include <math.h>
#include "nets/engine/graph.h"
#include "nets/ops/batch_norm/batch_norm.h"
#include "nets/ops/conv/conv.h"
#include "nets/ops/ops.h"

/* The scale of output channel c; *bias is the folded one. */
static double fold_channel(float *bias, const cc_task *task, int64_t c) {
    double own = task->parameter_count > 1 ? task->parameters[1]->value[c] : 0;
    *bias = (float)own;
    if (task->fused_op != &cc_op_batch_norm) return 1;
    const cc_batch_norm_attr *a = task->fused_attr;
    cc_parameter_slot *const *p = task->fused_parameters;
    double scale = p[CC_BATCH_NORM_WEIGHT]->value[c] / sqrt(p[CC_BATCH_NORM_VAR]->value[c] + a->epsilon);
    *bias = (float)((own - p[CC_BATCH_NORM_MEAN]->value[c]) * scale + p[CC_BATCH_NORM_BIAS]->value[c]);
    return scale;
}

void cc_conv_fold_weights(float *weights, float *bias, const cc_task *task, bool transposed) {
    const cc_conv_attr *a = task->attr;
    const int64_t taps = a->kernel[0] * a->kernel[1] * a->kernel[2], in = task->input_shapes[0]->dims[1],
                  per_group = a->out_channels / a->groups;
#pragma omp parallel for schedule(static)
    for (int64_t o = 0; o < a->out_channels; o++) {
        const float scale = (float)fold_channel(&bias[o], task, o);
        /* inputs: channels that meet o, from number `first` on of x: the weights' order depends on which op
         * it is. */
        const int64_t inputs = in / a->groups, first = o / per_group * inputs;
        for (int64_t i = 0; i < inputs; i++) {
            float *w =
                weights + (transposed ? (first + i) * per_group + o % per_group : o * inputs + i) * taps;
            for (int64_t t = 0; t < taps; t++) w[t] *= scale;
        }
    }
}
