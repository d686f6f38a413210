/* nets/losses/loss.h -- losses of logits against a target, and their gradients.
 *
 * Every loss is that of a package of PyTorch's in the same words (tests compare with its float64 results).
 * x are the logits, g the target; arithmetic in double, results stored as float32. Values and gradients are
 * finite for every finite logit and do not depend on the number of threads. The formula of each, with its
 * source, opens the file of its folder. Of masks, each class by itself, with p = sigmoid(x) and g in [0, 1]:
 *
 *   bce               mean of -w g log p - (1 - g) log(1 - p), w positive_weight (1 where it is not given)
 *   focal             mean of a_t (1 - p_t)^gamma bce                       (Lin et al. 2017, eq. 5)
 *   dice, iou         1 - mean over images of (2I + s) / (P + G + s), (I + s) / (P + G - I + s)
 *   generalised-dice  two classes, over the whole batch                     (Sudre et al. 2017, eq. 1)
 *   bootstrap-bce     mean bce, w as above, of the hardest fraction of each image        (Wu et al. 2016)
 *   lovasz            the Lovasz hinge, of one class                        (Berman et al. 2018)
 *   log-cosh-dice     log cosh of 1 - the mean of each image's and class's Dice          (Jadon 2020)
 *
 * Of class numbers, with p = softmax(x) over the classes (of one class: its sigmoid):
 *
 *   cross-entropy     mean of -w_g log p_g, by the weights w of the classes
 *   softmax-dice      1 - mean over images and classes of (2I + s) / (P + G + s)
 *   tversky           1 - TP / (TP + alpha FP + beta FN), over the batch    (Salehi et al. 2017)
 *
 * Made of others, its terms, which may look at different outputs of a net (heads):
 *
 *   sum               of its terms, each times its weight; a term may be a sum
 *   uncertainty       sum of exp(-s) L + s / 2, s trained with the net      (Kendall et al. 2018, eq. 10)
 *
 * Of a net that is trained with outputs at coarser levels too, any of them at each: nets/losses/levels.h.
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
#include "nets/engine/shape.h"
#include "nets/engine/spec.h"
#include "nets/losses/losses.h"

/* Logits and gradient are plain float32 [n][classes][pixels]; every dimension is at least 1. */
typedef struct cc_loss_shape {
    int64_t n, classes, pixels;
} cc_loss_shape;

/* What a loss compares logits with, plain float32: */
typedef enum cc_target {
    CC_TARGET_MASKS,  /* [n][classes][pixels]: 0 or 1 for each class by itself */
    CC_TARGET_NUMBERS /* [n][1][pixels]: each pixel's class, 0 the background; of one class 0 or 1 */
} cc_target;

/* The numbers of pixels whose class is not known are 255, which losses with `ignore: 255` leave out. */
#define CC_TARGET_IGNORED 255

/* One output of a net. */
typedef struct cc_loss_head {
    const char *name; /* NULL: the only one, of a net whose output has no name */
    cc_loss_shape shape;
    int64_t target_channels;      /* classes or 1, as the loss that looks at it takes masks or numbers */
    int64_t size[CC_SPATIAL_MAX]; /* depth, height and width, where the head is one of a net's */
    bool auxiliary;               /* an output of a coarser level, whose target is that of the first head */
} cc_loss_head;

/* All of a net's, in its order. Logits, gradients and targets of several lie one head behind the other. */
typedef struct cc_loss_heads {
    int count;
    cc_loss_head items[CC_HEADS_MAX];
} cc_loss_heads;

/* What one evaluation reads and writes. */
typedef struct cc_loss_io {
    const cc_loss_heads *heads; /* bound to the loss, see cc_loss_bind */
    const float *logits, *target;
    float *gradient; /* of the logits, overwritten; NULL where it is not wanted */
    /* The numbers that are trained with the net, cc_loss_parameters of them, and their gradients. NULL: the
     * spec's, and none is wanted. */
    const float *parameters;
    float *parameter_gradients;
    void *scratch;
} cc_loss_io;
enum { CC_LOSS_PARAMETERS_MAX = CC_LOSS_TERMS_MAX };

/* One evaluation on the host, or that of a term. */
typedef struct cc_loss_run {
    const cc_loss_spec *spec;
    const cc_loss_io *io;         /* of the whole loss */
    const float *logits, *target; /* of the head that this loss looks at */
    float *gradient;              /* or NULL */
    double scale;                 /* the gradient is multiplied by this, */
    bool add;                     /* and added to what is there */
    cc_loss_shape shape;
    void *scratch;
} cc_loss_run;

/* What a loss is, as its folder declares it. */
typedef struct cc_loss_kind {
    const char *name;                                /* loss.type in a config */
    const cc_hyperparameter *const *hyperparameters; /* of cc_loss_spec; NULL ends the list; NULL: none */
    /* Of what no range can say, for a loss at `where` in the config; NULL: nothing. */
    cc_status (*check)(const cc_loss_spec *spec, const char *where);
    cc_target target; /* what it is compared with; means nothing of losses that are made of others */
    /* Of what only shows with the shape; NULL: it suits every one. */
    cc_status (*check_shape)(const cc_loss_spec *spec, cc_loss_shape shape, const char *where);
    /* The numbers that are trained with the net, as they start; their count. NULL: none. Of the whole of a
     * loss, never of a term. */
    int (*parameters)(float values[CC_LOSS_PARAMETERS_MAX], const cc_loss_spec *spec);
    /* On the host: bytes of cc_loss_run.scratch, NULL: none beside what its terms need; the value, with the
     * gradient written. Allocates nothing. */
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

/* Whether a loss that has passed cc_loss_check suits these heads; sets their target_channels. A loss that
 * looks at one of several names it in the `head` of a term; a first head without a name is meant where none
 * is named.
 *   CC_ECONFIG  there is no head of that name, a head is looked at by none, two losses want different
 *   targets of
 *               one, or the number of classes does not suit a loss */
cc_status cc_loss_bind(cc_loss_heads *heads, const cc_loss_spec *spec);
/* One output without a name, not bound to a loss yet. */
cc_loss_heads cc_loss_one_head(cc_loss_shape shape);
/* The head of that name; -1: there is none. */
int cc_loss_find_head(const cc_loss_heads *heads, const char *name);
/* Where the values of head number `head` begin among those of all. */
void cc_loss_find_place(size_t *logits, size_t *target, const cc_loss_heads *heads, int head);
/* Values of all heads' logits together, and of their targets. */
size_t cc_loss_logits_count(const cc_loss_heads *heads);
size_t cc_loss_target_count(const cc_loss_heads *heads);

/* What the loss is compared with at that head (NULL: the only one, or the one it looks at where no term names
 * any); CC_TARGET_MASKS where nothing looks at it. For whoever makes the targets. */
cc_target cc_loss_target(const cc_loss_spec *spec, const char *head);

/* How many numbers are trained with the net, and what they start from. */
int cc_loss_parameters(float values[CC_LOSS_PARAMETERS_MAX], const cc_loss_spec *spec);

/* Bytes that an evaluation needs to work in; `spec` has passed cc_loss_check. */
size_t cc_loss_scratch_bytes(const cc_loss_spec *spec, cc_loss_shape shape);
size_t cc_loss_scratch_bytes_of(const cc_loss_spec *spec, const cc_loss_heads *heads);

/* The value of a loss, and its gradient with respect to the logits. Allocates nothing.
 *   target    [n][classes][pixels] or [n][1][pixels], as cc_loss_target says
 *   gradient  overwritten; NULL where it is not wanted; may not overlap logits or target
 *   scratch   cc_loss_scratch_bytes bytes, aligned to 8; its content does not matter
 *   CC_ECONFIG  no such loss, or it does not suit the shape; nothing is written */
cc_status cc_loss_evaluate(double *value, float *gradient, const cc_loss_spec *spec, const float *logits,
                           const float *target, cc_loss_shape shape, void *scratch);
/* The same of any number of heads; scratch: cc_loss_scratch_bytes_of. The value is NaN where a target is no
 * number of a class. */
cc_status cc_loss_evaluate_heads(double *value, const cc_loss_spec *spec, const cc_loss_io *io);

/* For losses that are made of others: evaluates term number `index` of run->spec, the gradient times `factor`
 * and its weight, added where an earlier term may have written. Returns its value times its weight. */
double cc_loss_evaluate_term(const cc_loss_run *run, int index, double factor);

/* The weight of true pixels in a cross-entropy, cc_loss_spec.positive_weight, of the losses that list it. */
extern const cc_hyperparameter cc_loss_positive_weight;
/* The class number that counts nothing, cc_loss_spec.ignore, of the losses that list it. */
extern const cc_hyperparameter cc_loss_ignore;

/* The list's constants, cc_loss_NAME. */
#define X(name, kernels) extern const cc_loss_kind cc_loss_##name;
CC_LOSSES(X)
#undef X

#endif
