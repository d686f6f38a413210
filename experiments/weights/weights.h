/* experiments/weights/weights.h -- pretrained weights into a model, by name.
 *
 * A file is safetensors or a result of ours (its /model group). A tensor of the file is taken where one of
 * the names that experiments/weights/names.h knows for a parameter is its own, a running statistic included;
 * `num_batches_tracked` is passed over. A tensor must have the parameter's shape, but for the net's first
 * convolution: where that has one input channel and the tensor has more, their sum is taken, which is the
 * same answer to a grey image shown in all channels. */
#ifndef CC_EXPERIMENTS_WEIGHTS_H
#define CC_EXPERIMENTS_WEIGHTS_H

#include <stddef.h>
#include "core/digest.h"
#include "core/status.h"
#include "nets/engine/model.h"

enum { CC_WEIGHTS_SAMPLE_BYTES = 160, CC_WEIGHTS_LINE_BYTES = 640 };

/* What became of the names. Samples are the first few, "a, b, ...". */
typedef struct cc_weights_summary {
    size_t loaded, left_over, missing;
    size_t unused; /* in the file, of layers that its package makes and never uses */
    size_t summed; /* input channels that were added up in the first convolution; 0: none */
    char left_over_sample[CC_WEIGHTS_SAMPLE_BYTES], missing_sample[CC_WEIGHTS_SAMPLE_BYTES];
} cc_weights_summary;

/* Sets the parameters of a model, which has a plan, that the file holds; others stay as they were. On failure
 * any may have been set.
 *   CC_EFORMAT       not such a file, a broken one, one without any tensor of this net, a shape that does
 *                    not fit (tensor, both shapes and file are named), a value that is no finite number, two
 *                    tensors of one name
 *   CC_EUNSUPPORTED  a tensor of a type that is no weight's
 *   CC_ENOTFOUND, CC_EIO, CC_ENOMEM */
cc_status cc_weights_load(cc_weights_summary *summary, cc_model *model, const char *path);

/* One line: "60 tensors loaded; 2 left over in it: fc.bias, fc.weight; none missing". */
void cc_weights_describe(char *out, size_t capacity, const cc_weights_summary *summary);

#endif
