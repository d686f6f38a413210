/* nets/losses/losses.h -- every loss there is, a line each, in the order in which messages and the reference
 * list them.
 *
 * X(NAME, KERNELS): the constant cc_loss_NAME of nets/losses/NAME/NAME.c is the loss (its hyperparameters and
 * the evaluation on the host, which is also the reference); KERNELS is `cuda` where NAME_cuda.cu beside it
 * has the constant cc_loss_NAME_cuda, `host` where a GPU cannot compute it. Two losses that are one formula
 * with other constants share a folder: iou lies in dice/. */
#ifndef CC_NETS_LOSSES_LOSSES_H
#define CC_NETS_LOSSES_LOSSES_H

#define CC_LOSSES(X)                                                                                         \
    X(bce, cuda)                                                                                             \
    X(focal, cuda)                                                                                           \
    X(dice, cuda)                                                                                            \
    X(generalised_dice, cuda)                                                                                \
    X(iou, cuda)                                                                                             \
    X(bootstrap_bce, cuda)                                                                                   \
    X(cross_entropy, cuda)                                                                                   \
    X(softmax_dice, cuda)                                                                                    \
    X(tversky, cuda)                                                                                         \
    X(lovasz, host)                                                                                          \
    X(log_cosh_dice, cuda)                                                                                   \
    X(sum, cuda)                                                                                             \
    X(uncertainty, cuda)

#endif
