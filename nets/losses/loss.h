/* nets/losses/loss.h -- losses of logits against a target, and their gradients.
 *
 * Every loss is that of PyTorch in the same words (tests compare with its float64 results): p = sigmoid(x) of
 * the logits x, target g in [0, 1]; arithmetic in double, results stored as float32. Values and gradients
 * are finite for every finite logit and do not depend on the number of threads. The formula of each, with its
 * source, opens the file of its folder:
 *
 *   bce               mean of -w g log p - (1 - g) log(1 - p), w positive_weight (1 where it is not given)
 *   focal             mean of a_t (1 - p_t)^gamma bce                       (Lin et al. 2017, eq. 5)
 *   dice, iou         1 - mean over images of (2I + s) / (P + G + s), (I + s) / (P + G - I + s)
 *   generalised-dice  two classes, over the whole batch                     (Sudre et al. 2017, eq. 1)
 *   bootstrap-bce     mean bce, w as above, of the hardest fraction of each image        (Wu et al. 2016)
 *   sum               of its terms, each times its weight; a term may be a sum
 *
 * A loss is a folder, nets/losses/NAME/, and a line in nets/losses/losses.h; a number that none has yet is a
 * member of cc_loss_spec too. NAME.c holds the hyperparameters and the evaluation on the host, the naive
 * reference that kernels are compared with; NAME_cuda.cu the CUDA kernels (nets/losses/loss_kernels.cuh). */
#ifndef CC_NETS_LOSSES_LOSS_H
#define CC_NETS_LOSSES_LOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/status.h"
#include "nets/engine/hyperparameter.h"
#include "nets/engine/spec.h"
#include "nets/losses/losses.h"

/* Logits, target and gradient are plain float32 [n][classes][pixels]; every dimension is at least 1. */
typedef struct cc_loss_shape {
    int64_t n, classes, pixels;
} cc_loss_shape;

/* One evaluation on the host: the arguments of cc_loss_evaluate, and what a sum does with the gradient of its
 * terms. */
typedef struct cc_loss_run {
    const cc_loss_spec *spec;
    const float *logits, *target;
    float *gradient; /* or NULL */
    double scale;    /* the gradient is multiplied by this, */
    bool add;        /* and added to what is there */
    cc_loss_shape shape;
    void *scratch;
} cc_loss_run;

/* What a loss is, as its folder declares it. */
typedef struct cc_loss_kind {
    const char *name;                                /* loss.type in a config */
    const cc_hyperparameter *const *hyperparameters; /* of cc_loss_spec; NULL ends the list; NULL: none */
    /* Of what no range can say, for a loss at `where` in the config; NULL: nothing. */
    cc_status (*check)(const cc_loss_spec *spec, const char *where);
    /* On the host: bytes of cc_loss_run.scratch; the value, with the gradient written. Allocates nothing. */
    size_t (*scratch_bytes)(const cc_loss_spec *spec, cc_loss_shape shape);
    double (*evaluate)(const cc_loss_run *run);
} cc_loss_kind;

/* Loss number `index` of nets/losses/losses.h, from 0; NULL after the last. */
const cc_loss_kind *cc_loss_at(int index);
/* The loss of that name; NULL where there is none (or no name). */
const cc_loss_kind *cc_loss_find(const char *name);
/* The name of loss number `index`, from 0; NULL after the last. */
const char *cc_loss_name(int index);

/* Whether the loss exists and its values make sense; call it before anything runs.
 *   CC_ECONFIG  with the field ("loss.terms[1].alpha") and the words or range allowed */
cc_status cc_loss_check(const cc_loss_spec *spec);
/* The same of a loss that stands at `where` in the config. */
cc_status cc_loss_check_at(const cc_loss_spec *spec, const char *where);

/* Bytes that cc_loss_evaluate needs to work in; `spec` has passed cc_loss_check. */
size_t cc_loss_scratch_bytes(const cc_loss_spec *spec, cc_loss_shape shape);

/* The value of a loss, and its gradient with respect to the logits. Allocates nothing.
 *   gradient  overwritten; NULL where it is not wanted; may not overlap logits or target
 *   scratch   cc_loss_scratch_bytes bytes, aligned to 8; its content does not matter
 *   CC_ECONFIG  no such loss; nothing is written */
cc_status cc_loss_evaluate(double *value, float *gradient, const cc_loss_spec *spec, const float *logits,
                           const float *target, cc_loss_shape shape, void *scratch);

/* The weight of true pixels in a cross-entropy, cc_loss_spec.positive_weight, of the losses that list it. */
extern const cc_hyperparameter cc_loss_positive_weight;

/* The list's constants, cc_loss_NAME. */
#define X(name, kernels) extern const cc_loss_kind cc_loss_##name;
CC_LOSSES(X)
#undef X

#endif
