/* nets/losses/levels.h -- deep supervision: one loss at several levels of a net, each with the target at its
 * size.
 *
 * A net may have auxiliary outputs behind its first one (cc_graph_add_auxiliary_output), coarser and coarser,
 * which training compares with the same target so that the decoder's inner levels learn from it directly.
 * With N of them the whole loss is
 *
 *   sum over i = 0..N of w_i L(x_i, g_i),   w_i = 2^-i / (2^0 + ... + 2^-N),
 *
 * and a pixel of the target g_i has the value of that pixel of g_0 which holds its middle, the later one
 * where that is a border: along each axis element floor((k + 1/2) * size_0 / size_i), PyTorch's
 * "nearest-exact".
 *
 * Source: Isensee et al., Nature Methods 18 (2021), and nnU-Net's code (nnunetv2, nnUNetTrainer._build_loss:
 * weights that halve from level to level and add up to 1; batchgeneratorsv2, DownsampleSegForDSTransform:
 * nearest-exact). Its weight for the coarsest output that it makes is 0; here such a level is not made. */
#ifndef CC_NETS_LOSSES_LEVELS_H
#define CC_NETS_LOSSES_LEVELS_H

#include "nets/losses/loss.h"

/* A loss at all levels. It points into itself: it stays where it was made. */
typedef struct cc_level_loss {
    cc_loss_spec whole;               /* what is evaluated; of a net without such outputs the loss itself */
    cc_loss_spec terms[CC_HEADS_MAX]; /* of `whole`: a copy of the loss for each head */
} cc_level_loss;

/* `loss` has passed cc_loss_check; its strings and terms are borrowed. Binds the heads to the whole.
 *   CC_ECONFIG  the loss has numbers that are trained, which at several levels it cannot; or as
 *               cc_loss_bind */
cc_status cc_level_loss_init(cc_level_loss *out, cc_loss_heads *heads, const cc_loss_spec *loss);

/* Whether any of these heads is auxiliary. */
bool cc_loss_has_levels(const cc_loss_heads *heads);
/* Values of the targets that somebody must give: those of auxiliary heads follow from the first one's. */
size_t cc_loss_given_targets(const cc_loss_heads *heads);
/* The targets of all heads, one behind the other, from the first one's; heads that are bound, and of which
 * all but the first are auxiliary. `all` may not overlap `given`. */
void cc_level_targets(float *all, const float *given, const cc_loss_heads *heads);

#endif
