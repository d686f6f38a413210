/* A pass ready to run: its primitive, and a reorder where an operand's home layout is not what that wants. */
#include <stdio.h>
#include <stdlib.h>
#include "nets/backends/cpu/onednn_arrays.h"
#include "nets/engine/memory.h"

enum { ALIGNMENT = 64 };

typedef struct operand {
    bool used, output;               /* output: written by the primitive */
    cc_onednn_memory *home, *wanted; /* wanted: the same object where the layouts agree */
    cc_onednn_primitive *reorder;    /* NULL where they agree */
    size_t offset;                   /* of the wanted form in the scratch memory */
} operand;

struct cc_onednn_pass {
    cc_onednn_kind kind;
    cc_onednn_primitive *primitive;
    operand operands[CC_ONEDNN_OPERANDS];
    cc_onednn_memory *wanted[CC_ONEDNN_OPERANDS], *scratchpad; /* what the primitive is run with */
    size_t scratchpad_offset, scratch_bytes;
    void *held; /* weights of a fused pass, as the primitive wants them: held_layout */
    cc_onednn_layout *held_layout, *plain; /* plain: those that it is given */
    char implementation[64];
};

static const bool is_output[][CC_ONEDNN_OPERANDS] = {
    [CC_ONEDNN_FORWARD] = {false, false, true, false},
    [CC_ONEDNN_BACKWARD_DATA] = {true, false, false, false},
    [CC_ONEDNN_BACKWARD_WEIGHTS] = {false, true, false, true},
};

static size_t take_scratch(cc_onednn_pass *pass, size_t bytes) {
    size_t offset = pass->scratch_bytes;
    pass->scratch_bytes += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return offset;
}

static cc_status make_operand(cc_onednn_pass *pass, int which, const cc_onednn_desc *desc,
                              const cc_onednn_layout *home) {
    operand *o = &pass->operands[which];
    const cc_onednn_layout *wanted = cc_onednn_desc_layout(desc, pass->kind, which);
    *o = (operand){.used = true, .output = is_output[pass->kind][which]};
    CC_TRY(cc_onednn_memory_create(&o->home, home));
    pass->wanted[which] = o->wanted = o->home;
    if (cc_onednn_layout_equal(home, wanted)) return CC_OK;
    o->wanted = NULL;
    CC_TRY(cc_onednn_memory_create(&o->wanted, wanted));
    pass->wanted[which] = o->wanted;
    o->offset = take_scratch(pass, cc_onednn_layout_bytes(wanted));
    return cc_onednn_primitive_create_reorder(&o->reorder, o->output ? wanted : home,
                                              o->output ? home : wanted);
}

/* The operand is at home in memory of the pass's own, in the layout that the primitive wants. */
static cc_status make_held(cc_onednn_pass *pass, const cc_onednn_request *r, const cc_onednn_desc *desc) {
    const cc_onednn_layout *wanted = cc_onednn_desc_layout(desc, r->kind, CC_ONEDNN_W);
    CC_TRY(cc_onednn_layout_copy(&pass->held_layout, wanted));
    CC_TRY(cc_onednn_layout_copy(&pass->plain, ((const cc_onednn_weights *)r->weights->layout)->plain));
    CC_TRY(cc_memory_get(&pass->held, cc_onednn_layout_bytes(wanted), "weights"));
    return make_operand(pass, CC_ONEDNN_W, desc, wanted);
}

cc_status cc_onednn_pass_hold(cc_onednn_pass *pass, const float *plain) {
    return cc_onednn_convert(pass->held, pass->held_layout, plain, pass->plain);
}

static cc_status fill_pass(cc_onednn_pass *pass, const cc_onednn_request *r, const cc_onednn_desc *desc) {
    cc_status status = CC_OK;
    const cc_onednn_conv *conv = r->conv;
    cc_onednn_layout *x = NULL, *y = NULL, *bias = NULL;
    snprintf(pass->implementation, sizeof pass->implementation, "%s", cc_onednn_desc_implementation(desc));
    CC_CHECK(cc_onednn_primitive_create(&pass->primitive, desc));
    CC_CHECK(cc_onednn_activation_layout(&x, conv->x, r->x_block, conv->dtype));
    CC_CHECK(cc_onednn_activation_layout(&y, conv->y, r->y_block, conv->dtype));
    CC_CHECK(cc_onednn_bias_layout(&bias, conv));
    CC_CHECK(make_operand(pass, CC_ONEDNN_X, desc, x));
    CC_CHECK(r->fused ? make_held(pass, r, desc)
                      : make_operand(pass, CC_ONEDNN_W, desc,
                                     ((const cc_onednn_weights *)r->weights->layout)->stored));
    CC_CHECK(make_operand(pass, CC_ONEDNN_Y, desc, y));
    if ((conv->attr->bias || r->fused) && r->kind != CC_ONEDNN_BACKWARD_DATA)
        CC_CHECK(make_operand(pass, CC_ONEDNN_BIAS, desc, bias));
    pass->scratchpad_offset = take_scratch(pass, cc_onednn_layout_bytes(cc_onednn_desc_scratch(desc)));
    CC_CHECK(cc_onednn_memory_create(&pass->scratchpad, cc_onednn_desc_scratch(desc)));
done:
    cc_onednn_layout_destroy(x);
    cc_onednn_layout_destroy(y);
    cc_onednn_layout_destroy(bias);
    return status;
}

cc_status cc_onednn_pass_create(cc_onednn_pass **out, const cc_onednn_request *request) {
    cc_status status = CC_OK;
    cc_onednn_desc *desc = NULL;
    cc_onednn_pass *pass = calloc(1, sizeof *pass);
    if (!pass) return cc_fail_memory("convolution", sizeof *pass);
    pass->kind = request->kind;
    CC_CHECK(cc_onednn_start());
    CC_CHECK(cc_onednn_describe_pass(&desc, request));
    CC_CHECK(fill_pass(pass, request, desc));
    *out = pass;
    pass = NULL;
done:
    cc_onednn_desc_destroy(desc);
    cc_onednn_pass_destroy(pass);
    return status;
}

void cc_onednn_pass_destroy(cc_onednn_pass *pass) {
    if (!pass) return;
    for (int i = 0; i < CC_ONEDNN_OPERANDS; i++) {
        operand *o = &pass->operands[i];
        cc_onednn_primitive_destroy(o->reorder);
        if (o->wanted != o->home) cc_onednn_memory_destroy(o->wanted);
        cc_onednn_memory_destroy(o->home);
    }
    cc_onednn_memory_destroy(pass->scratchpad);
    cc_onednn_primitive_destroy(pass->primitive);
    cc_onednn_layout_destroy(pass->held_layout);
    cc_onednn_layout_destroy(pass->plain);
    cc_memory_free(pass->held);
    free(pass);
}

const char *cc_onednn_pass_implementation(const cc_onednn_pass *pass) {
    return pass->implementation;
}
size_t cc_onednn_pass_scratch(const cc_onednn_pass *pass) {
    return pass->scratch_bytes;
}

cc_status cc_onednn_pass_bind(cc_onednn_pass *pass, void *const operands[CC_ONEDNN_OPERANDS], void *scratch) {
    char *memory = scratch;
    for (int i = 0; i < CC_ONEDNN_OPERANDS; i++) {
        operand *o = &pass->operands[i];
        if (!o->used) continue;
        CC_TRY(cc_onednn_memory_set(o->home, i == CC_ONEDNN_W && pass->held ? pass->held : operands[i]));
        if (o->reorder) CC_TRY(cc_onednn_memory_set(o->wanted, memory + o->offset));
    }
    return memory ? cc_onednn_memory_set(pass->scratchpad, memory + pass->scratchpad_offset) : CC_OK;
}

cc_status cc_onednn_pass_run(const cc_onednn_pass *pass) {
    for (int i = 0; i < CC_ONEDNN_OPERANDS; i++) {
        const operand *o = &pass->operands[i];
        if (o->reorder && !o->output) CC_TRY(cc_onednn_execute_reorder(o->reorder, o->home, o->wanted));
    }
    CC_TRY(cc_onednn_execute(pass->primitive, pass->kind, pass->wanted, pass->scratchpad));
    for (int i = 0; i < CC_ONEDNN_OPERANDS; i++) {
        const operand *o = &pass->operands[i];
        if (o->reorder && o->output) CC_TRY(cc_onednn_execute_reorder(o->reorder, o->wanted, o->home));
    }
    return CC_OK;
}
