/* nets/ops/conv/cpu/onednn_pass.c -- the algorithms "direct", "relaid" and "winograd": a pass as a primitive
 * of oneDNN.
 *
 * Each operand has the layout in which the plan keeps it and the layout that the primitive wants. Where they
 * differ, a conversion (a "reorder") stands between, through a copy in the scratch memory: before the
 * primitive for what it reads, after it for what it writes. Weights are stored in float32 whatever the
 * activations are; the conversion rounds as well. Scratch memory: the converted operands one after the other,
 * then the primitive's own, each on 64 bytes. */
#include <stdio.h>
#include <stdlib.h>
#include "nets/engine/memory.h"
#include "nets/ops/conv/cpu/onednn_conv.h"

enum { ALIGNMENT = 64, NAME_BYTES = 64 };

typedef struct operand {
    bool used, output; /* output: written by the primitive */
    cc_onednn_memory *stored,
        *wanted; /* in the plan's layout, in the primitive's: the same object where they agree */
    cc_onednn_primitive *reorder; /* NULL where they agree */
    size_t offset;                /* of the wanted form in the scratch memory */
} operand;

/* The pass's state. */
typedef struct onednn_pass {
    cc_onednn_primitive *primitive;
    operand operands[CC_CONV_OPERANDS];
    cc_onednn_memory *wanted[CC_CONV_OPERANDS], *scratchpad; /* what the primitive is run with */
    size_t scratchpad_offset, scratch_bytes;
    /* Of a fused pass: the folded weights, in the layout that the primitive wants, and PyTorch's, in which
     * they come. */
    void *folded;
    cc_onednn_layout *folded_layout, *plain_layout;
    char implementation[NAME_BYTES];
} onednn_pass;

/* x, weights, y, bias */
static const bool is_output[CC_PASSES][CC_CONV_OPERANDS] = {
    [CC_PASS_FORWARD] = {false, false, true, false},
    [CC_PASS_BACKWARD_DATA] = {true, false, false, false},
    [CC_PASS_BACKWARD_WEIGHTS] = {false, true, false, true},
};

static size_t take_scratch(onednn_pass *s, size_t bytes) {
    size_t offset = s->scratch_bytes;
    s->scratch_bytes += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return offset;
}

static cc_status make_operand(onednn_pass *s, cc_pass pass, int which, const cc_onednn_desc *desc,
                              const cc_onednn_layout *stored) {
    operand *o = &s->operands[which];
    const cc_onednn_layout *wanted = cc_onednn_desc_layout(desc, pass, which);
    *o = (operand){.used = true, .output = is_output[pass][which]};
    CC_TRY(cc_onednn_memory_create(&o->stored, stored));
    s->wanted[which] = o->wanted = o->stored;
    if (cc_onednn_layout_equal(stored, wanted)) return CC_OK;
    o->wanted = NULL; /* so that an error does not leave the object in two places */
    CC_TRY(cc_onednn_memory_create(&o->wanted, wanted));
    s->wanted[which] = o->wanted;
    o->offset = take_scratch(s, cc_onednn_layout_bytes(wanted));
    return cc_onednn_primitive_create_reorder(&o->reorder, o->output ? wanted : stored,
                                              o->output ? stored : wanted);
}

/* The weights lie in memory of the pass's own, in the layout that the primitive wants. */
static cc_status make_folded(onednn_pass *s, const cc_conv_problem *p, const cc_onednn_desc *desc) {
    const cc_onednn_layout *wanted = cc_onednn_desc_layout(desc, p->pass, CC_CONV_W);
    CC_TRY(cc_onednn_layout_copy(&s->folded_layout, wanted));
    CC_TRY(cc_onednn_layout_copy(&s->plain_layout, ((const cc_onednn_weights *)p->weights->layout)->plain));
    CC_TRY(cc_memory_get(&s->folded, cc_onednn_layout_bytes(wanted), "weights"));
    return make_operand(s, p->pass, CC_CONV_W, desc, wanted);
}

static cc_status fill(onednn_pass *s, const cc_conv_problem *p, const cc_onednn_desc *desc) {
    cc_status status = CC_OK;
    const cc_cpu_conv *conv = &p->conv;
    cc_onednn_layout *x = NULL, *y = NULL, *bias = NULL;
    snprintf(s->implementation, sizeof s->implementation, "%s", cc_onednn_desc_implementation(desc));
    CC_CHECK(cc_onednn_primitive_create(&s->primitive, desc));
    CC_CHECK(cc_onednn_layout_of_activation(&x, conv->x, p->x_block, conv->dtype));
    CC_CHECK(cc_onednn_layout_of_activation(&y, conv->y, p->y_block, conv->dtype));
    CC_CHECK(cc_onednn_layout_of_bias(&bias, conv));
    CC_CHECK(make_operand(s, p->pass, CC_CONV_X, desc, x));
    CC_CHECK(p->fused ? make_folded(s, p, desc)
                      : make_operand(s, p->pass, CC_CONV_W, desc,
                                     ((const cc_onednn_weights *)p->weights->layout)->stored));
    CC_CHECK(make_operand(s, p->pass, CC_CONV_Y, desc, y));
    if ((conv->attr->bias || p->fused) && p->pass != CC_PASS_BACKWARD_DATA)
        CC_CHECK(make_operand(s, p->pass, CC_CONV_BIAS, desc, bias));
    s->scratchpad_offset = take_scratch(s, cc_onednn_layout_bytes(cc_onednn_desc_scratch(desc)));
    CC_CHECK(cc_onednn_memory_create(&s->scratchpad, cc_onednn_desc_scratch(desc)));
done:
    cc_onednn_layout_destroy(x);
    cc_onednn_layout_destroy(y);
    cc_onednn_layout_destroy(bias);
    return status;
}

static void destroy(onednn_pass *s) {
    if (!s) return;
    for (int i = 0; i < CC_CONV_OPERANDS; i++) {
        operand *o = &s->operands[i];
        cc_onednn_primitive_destroy(o->reorder);
        if (o->wanted != o->stored) cc_onednn_memory_destroy(o->wanted);
        cc_onednn_memory_destroy(o->stored);
    }
    cc_onednn_memory_destroy(s->scratchpad);
    cc_onednn_primitive_destroy(s->primitive);
    cc_onednn_layout_destroy(s->folded_layout);
    cc_onednn_layout_destroy(s->plain_layout);
    cc_memory_free(s->folded);
    free(s);
}

/* --- the rows --- */

static cc_status init(cc_conv_pass *pass, cc_onednn_variant variant) {
    cc_status status = CC_OK;
    cc_onednn_desc *desc = NULL;
    onednn_pass *s = calloc(1, sizeof *s);
    if (!s) return cc_fail_memory("convolution", sizeof *s);
    CC_CHECK(cc_onednn_start());
    CC_CHECK(cc_onednn_conv_describe(&desc, &pass->problem, variant));
    CC_CHECK(fill(s, &pass->problem, desc));
    pass->state = s;
    s = NULL;
done:
    cc_onednn_desc_destroy(desc);
    destroy(s);
    return status;
}

static cc_status init_direct(cc_conv_pass *pass) {
    return init(pass, CC_ONEDNN_DIRECT);
}
static cc_status init_relaid(cc_conv_pass *pass) {
    return init(pass, CC_ONEDNN_RELAID);
}
static cc_status init_winograd(cc_conv_pass *pass) {
    return init(pass, CC_ONEDNN_WINOGRAD);
}

static bool suits(const cc_conv_problem *p) {
    (void)p;
    return true;
}

/* oneDNN's own Winograd gives wrong input gradients where padding differs before and behind. */
static bool suits_winograd(const cc_conv_problem *p) {
    const cc_conv_attr *a = p->conv.attr;
    for (int i = 1; i < CC_SPATIAL_MAX; i++)
        if (a->kernel[i] != 3 || a->stride[i] != 1 || a->dilation[i] != 1 || a->padding_more[i] != 0)
            return false;
    return p->conv.x->rank == 4 && a->groups == 1 && !p->conv.transposed && p->conv.dtype == CC_F32;
}

static size_t scratch_bytes(const cc_conv_pass *pass) {
    return ((const onednn_pass *)pass->state)->scratch_bytes;
}

static const char *implementation(const cc_conv_pass *pass) {
    return ((const onednn_pass *)pass->state)->implementation;
}

static cc_status bind(cc_conv_pass *pass) {
    onednn_pass *s = pass->state;
    char *scratch = pass->scratch;
    for (int i = 0; i < CC_CONV_OPERANDS; i++) {
        operand *o = &s->operands[i];
        if (!o->used) continue;
        CC_TRY(cc_onednn_memory_set(o->stored, i == CC_CONV_W && s->folded ? s->folded : pass->operands[i]));
        if (o->reorder) CC_TRY(cc_onednn_memory_set(o->wanted, scratch + o->offset));
    }
    return scratch ? cc_onednn_memory_set(s->scratchpad, scratch + s->scratchpad_offset) : CC_OK;
}

static cc_status hold(cc_conv_pass *pass, const float *plain) {
    onednn_pass *s = pass->state;
    return cc_onednn_reorder_once(s->folded, s->folded_layout, plain, s->plain_layout);
}

static cc_status run(const cc_conv_pass *pass) {
    const onednn_pass *s = pass->state;
    for (int i = 0; i < CC_CONV_OPERANDS; i++) {
        const operand *o = &s->operands[i];
        if (o->reorder && !o->output) CC_TRY(cc_onednn_execute_reorder(o->reorder, o->stored, o->wanted));
    }
    CC_TRY(cc_onednn_execute(s->primitive, pass->problem.pass, s->wanted, s->scratchpad));
    for (int i = 0; i < CC_CONV_OPERANDS; i++) {
        const operand *o = &s->operands[i];
        if (o->reorder && o->output) CC_TRY(cc_onednn_execute_reorder(o->reorder, o->wanted, o->stored));
    }
    return CC_OK;
}

static void deinit(cc_conv_pass *pass) {
    destroy(pass->state);
}

#define ROW(name_, suits_, init_)                                                                            \
    const cc_conv_algorithm cc_conv_algorithm_##name_ = {.name = #name_,                                     \
                                                         .suits = suits_,                                    \
                                                         .init = init_,                                      \
                                                         .scratch_bytes = scratch_bytes,                     \
                                                         .bind = bind,                                       \
                                                         .hold = hold,                                       \
                                                         .run = run,                                         \
                                                         .deinit = deinit,                                   \
                                                         .implementation = implementation}
ROW(direct, suits, init_direct);
ROW(relaid, suits, init_relaid);
ROW(winograd, suits_winograd, init_winograd);
