/* nets/ops/conv/cpu/onednn_layout.c -- layouts of activations and weights; weights between their plain order
 * and that in which they are stored. oneDNN's layouts are opaque: which block one has is found by comparing
 * it with ours. */
#include "nets/ops/conv/cpu/onednn_layout.h"

#include <stdlib.h>

/* The order of a channel block of 0 (oneDNN's choice), 1 (plain), 8 or 16. */
static cc_onednn_order order_of(int64_t block) {
    return block == 0   ? CC_ONEDNN_ANY
           : block == 1 ? CC_ONEDNN_PLAIN
           : block == 8 ? CC_ONEDNN_BLOCKED_8
                        : CC_ONEDNN_BLOCKED_16;
}

cc_status cc_onednn_layout_of_activation(cc_onednn_layout **out, const cc_shape *shape, int64_t block,
                                         cc_dtype dtype) {
    return cc_onednn_layout_create(out, CC_ONEDNN_ACTIVATION, shape->rank, shape->dims, dtype,
                                   order_of(block));
}

int64_t cc_onednn_layout_block(const cc_onednn_layout *layout, const cc_shape *shape) {
    static const int64_t blocks[] = {16, 8, 1};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        /* A layout that cannot be made is none that oneDNN chose. */
        cc_onednn_layout *ours;
        if (cc_onednn_layout_of_activation(&ours, shape, blocks[i], CC_F32) != CC_OK) continue;
        bool same = cc_onednn_layout_equal(ours, layout);
        cc_onednn_layout_destroy(ours);
        if (same) return blocks[i];
    }
    return 0;
}

cc_status cc_onednn_layout_of_weights(cc_onednn_layout **out, const cc_cpu_conv *c, cc_onednn_order order,
                                      cc_dtype dtype) {
    const cc_conv_attr *a = c->attr;
    int spatial = c->x->rank - 2, rank = 0;
    bool grouped = a->groups > 1;
    /* [groups,] O, I of a group, then the kernel without a depth of 1 at rank 4. */
    int64_t dims[CC_ONEDNN_RANK_MAX];
    if (grouped) dims[rank++] = a->groups;
    dims[rank++] = a->out_channels / a->groups;
    dims[rank++] = c->x->dims[1] / a->groups;
    for (int i = CC_SPATIAL_MAX - spatial; i < CC_SPATIAL_MAX; i++) dims[rank++] = a->kernel[i];
    if (order == CC_ONEDNN_PLAIN && c->transposed) order = CC_ONEDNN_SWAPPED;
    return cc_onednn_layout_create(out, grouped ? CC_ONEDNN_GROUPED_WEIGHTS : CC_ONEDNN_WEIGHTS, rank, dims,
                                   dtype, order);
}

cc_status cc_onednn_layout_of_bias(cc_onednn_layout **out, const cc_cpu_conv *conv) {
    return cc_onednn_layout_create(out, CC_ONEDNN_ACTIVATION, 1, &conv->attr->out_channels, CC_F32,
                                   CC_ONEDNN_PLAIN);
}

int64_t cc_onednn_weights_block(const cc_parameter_slot *weights, const cc_cpu_conv *conv) {
    const cc_onednn_weights *l = weights->layout;
    for (int64_t block = 8; l && block <= 16; block += 8) {
        cc_onednn_layout *ours;
        if (cc_onednn_layout_of_weights(&ours, conv, order_of(block), CC_F32) != CC_OK) continue;
        bool same = cc_onednn_layout_equal(ours, l->stored);
        cc_onednn_layout_destroy(ours);
        if (same) return block;
    }
    return 0;
}

/* A conversion between two layouts; addresses are set at each run. */
struct cc_onednn_reorder {
    cc_onednn_primitive *primitive;
    cc_onednn_memory *from, *to;
};

static cc_status make_reorder(cc_onednn_reorder **out, const cc_onednn_layout *from,
                              const cc_onednn_layout *to) {
    cc_status status = CC_OK;
    cc_onednn_reorder *r = calloc(1, sizeof *r);
    if (!r) return cc_fail_memory("weights", sizeof *r);
    CC_CHECK(cc_onednn_primitive_create_reorder(&r->primitive, from, to));
    CC_CHECK(cc_onednn_memory_create(&r->from, from));
    CC_CHECK(cc_onednn_memory_create(&r->to, to));
    *out = r;
    r = NULL;
done:
    cc_onednn_reorder_destroy(r);
    return status;
}

cc_status cc_onednn_reorder_create(cc_onednn_reorder **out, const cc_parameter_slot *weights, bool to_plain) {
    const cc_onednn_weights *l = weights->layout;
    return to_plain ? make_reorder(out, l->stored, l->plain) : make_reorder(out, l->plain, l->stored);
}

cc_status cc_onednn_reorder_run(const cc_onednn_reorder *r, void *to, const void *from) {
    CC_TRY(cc_onednn_memory_set(r->from, (void *)from));
    CC_TRY(cc_onednn_memory_set(r->to, to));
    return cc_onednn_execute_reorder(r->primitive, r->from, r->to);
}

void cc_onednn_reorder_destroy(cc_onednn_reorder *r) {
    if (!r) return;
    cc_onednn_memory_destroy(r->from);
    cc_onednn_memory_destroy(r->to);
    cc_onednn_primitive_destroy(r->primitive);
    free(r);
}

cc_status cc_onednn_reorder_once(void *to, const cc_onednn_layout *to_layout, const void *from,
                                 const cc_onednn_layout *from_layout) {
    cc_onednn_reorder *reorder;
    CC_TRY(make_reorder(&reorder, from_layout, to_layout));
    cc_status status = cc_onednn_reorder_run(reorder, to, from);
    cc_onednn_reorder_destroy(reorder);
    return status;
}

/* For the slot: parameters come and go in PyTorch's order, when a net is initialised, loaded, stored or
 * checked. */
static cc_status pack(const cc_parameter_slot *slot, float *stored, const float *plain) {
    const cc_onednn_weights *l = slot->layout;
    return cc_onednn_reorder_once(stored, l->stored, plain, l->plain);
}

static cc_status unpack(const cc_parameter_slot *slot, float *plain, const float *stored) {
    const cc_onednn_weights *l = slot->layout;
    return cc_onednn_reorder_once(plain, l->plain, stored, l->stored);
}

static void release(void *layout) {
    cc_onednn_weights *l = layout;
    cc_onednn_layout_destroy(l->stored);
    cc_onednn_layout_destroy(l->plain);
    free(l);
}

cc_status cc_onednn_weights_lay_out(cc_parameter_slot *slot, const cc_cpu_conv *c,
                                    const cc_onednn_layout *wanted) {
    cc_status status = CC_OK;
    cc_onednn_weights *l = calloc(1, sizeof *l);
    if (!l) return cc_fail_memory("weights", sizeof *l);
    CC_CHECK(cc_onednn_layout_of_weights(&l->plain, c, CC_ONEDNN_PLAIN, CC_F32));
    /* Our own copies: `wanted` goes with the descriptor that it was asked of. */
    CC_CHECK(cc_onednn_layout_copy(&l->stored, wanted));
    slot->layout = l;
    slot->release = release;
    slot->bytes = cc_onednn_layout_bytes(wanted);
    slot->pack = pack;
    slot->unpack = unpack;
    l = NULL;
done:
    if (l) release(l);
    return status;
}

cc_status cc_onednn_weights_lay_out_plain(cc_parameter_slot *weights, const cc_cpu_conv *conv) {
    cc_onednn_layout *plain;
    CC_TRY(cc_onednn_start());
    CC_TRY(cc_onednn_layout_of_weights(&plain, conv, CC_ONEDNN_PLAIN, CC_F32));
    cc_status status = cc_onednn_weights_lay_out(weights, conv, plain);
    cc_onednn_layout_destroy(plain);
    return status;
}

bool cc_onednn_weights_are_plain(const cc_parameter_slot *weights) {
    const cc_onednn_weights *l = weights->layout;
    return cc_onednn_layout_equal(l->stored, l->plain);
}
