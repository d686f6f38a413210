/* nets/optimizers/optimizers.h -- every optimiser there is, a line each, in the order in which messages and
 * the reference list them.
 *
 * X(NAME, KERNELS): the constant cc_optimizer_NAME of nets/optimizers/NAME/NAME.c is the optimiser; KERNELS
 * is `cuda` where NAME_cuda.cu beside it has the constant cc_optimizer_NAME_cuda, `host` where there is
 * none. */
#ifndef CC_NETS_OPTIMIZERS_OPTIMIZERS_H
#define CC_NETS_OPTIMIZERS_OPTIMIZERS_H

#define CC_OPTIMIZERS(X)                                                                                     \
    X(sgd, cuda)                                                                                             \
    X(adam, cuda)                                                                                            \
    X(adamw, cuda)

#endif
