/* nets/ops/ops.h -- every op there is, a line each. */
#ifndef CC_NETS_OPS_H
#define CC_NETS_OPS_H

#include "nets/engine/op.h"

#define CC_OPS(X)                                                                                            \
    X(conv)                                                                                                  \
    X(conv_transpose)                                                                                        \
    X(batch_norm)                                                                                            \
    X(instance_norm)                                                                                         \
    X(group_norm)                                                                                            \
    X(activation)                                                                                            \
    X(max_pool)                                                                                              \
    X(concat)                                                                                                \
    X(concat_norm)                                                                                           \
    X(upsample)                                                                                              \
    X(squeeze_excite)                                                                                        \
    X(drop_path)                                                                                             \
    X(dropout)                                                                                               \
    X(prelu)                                                                                                 \
    X(multiply)                                                                                              \
    X(channel_pool)                                                                                          \
    X(average_pool)                                                                                          \
    X(resize)

#define X(name) extern const cc_op cc_op_##name;
CC_OPS(X)
#undef X

#endif
