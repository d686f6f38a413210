#include <stdio.h>
#include <stdlib.h>
#include "nets/cpu/onednn_parts.h"
#include "nets/memory.h"

enum { ALIGNMENT = 64 };

typedef struct operand {
    bool used, output; /* output: written by the primitive */
    int argument;      /* DNNL_ARG_... */
    dnnl_memory_desc_t home, wanted;
    dnnl_memory_t home_memory, wanted_memory; /* the same object where the layouts agree */
    dnnl_primitive_t reorder;                 /* NULL where they agree */
    size_t offset;                            /* of the wanted form in the scratch memory */
} operand;

struct cc_onednn_pass {
    dnnl_primitive_t primitive;
    operand operands[CC_ONEDNN_OPERANDS];
    dnnl_memory_t scratchpad;
    size_t scratchpad_offset, scratch_bytes;
    void *held;               /* weights of a fused pass, as the primitive wants them */
    dnnl_memory_desc_t plain; /* those that it is given */
    char implementation[64];
};

static const int arguments[][CC_ONEDNN_OPERANDS] = {
    [CC_ONEDNN_FORWARD] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, DNNL_ARG_BIAS},
    [CC_ONEDNN_BACKWARD_DATA] = {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST, 0},
    [CC_ONEDNN_BACKWARD_WEIGHTS] = {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST,
                                    DNNL_ARG_DIFF_BIAS},
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

static cc_status make_memory(dnnl_memory_t *out, const dnnl_memory_desc_t *desc) {
    DNNL_TRY(dnnl_memory_create(out, desc, cc_onednn_engine(), DNNL_MEMORY_NONE), "make a memory object");
    return CC_OK;
}

static cc_status make_reorder(operand *o) {
    const dnnl_memory_desc_t *from = o->output ? &o->wanted : &o->home,
                             *to = o->output ? &o->home : &o->wanted;
    dnnl_primitive_desc_t desc = NULL;
    dnnl_status_t code =
        dnnl_reorder_primitive_desc_create(&desc, from, cc_onednn_engine(), to, cc_onednn_engine(), NULL);
    if (code == dnnl_success) code = dnnl_primitive_create(&o->reorder, desc);
    dnnl_primitive_desc_destroy(desc);
    DNNL_TRY(code, "reorder between layouts");
    return CC_OK;
}

static cc_status make_operand(cc_onednn_pass *pass, int which, cc_onednn_kind kind,
                              const_dnnl_primitive_desc_t desc, const dnnl_memory_desc_t *home) {
    operand *o = &pass->operands[which];
    *o = (operand){
        .used = true, .output = is_output[kind][which], .argument = arguments[kind][which], .home = *home};
    o->wanted = *dnnl_primitive_desc_query_md(desc, dnnl_query_exec_arg_md, o->argument);
    CC_TRY(make_memory(&o->home_memory, &o->home));
    o->wanted_memory = o->home_memory;
    if (dnnl_memory_desc_equal(&o->home, &o->wanted)) return CC_OK;
    o->wanted_memory = NULL;
    CC_TRY(make_memory(&o->wanted_memory, &o->wanted));
    o->offset = take_scratch(pass, dnnl_memory_desc_get_size(&o->wanted));
    return make_reorder(o);
}

/* The operand is at home in memory of the pass's own, in the layout that the primitive wants. */
static cc_status make_held(cc_onednn_pass *pass, const cc_onednn_request *r,
                           const_dnnl_primitive_desc_t desc) {
    const dnnl_memory_desc_t *wanted =
        dnnl_primitive_desc_query_md(desc, dnnl_query_exec_arg_md, DNNL_ARG_WEIGHTS);
    pass->plain = ((const cc_onednn_layout *)r->weights->layout)->plain;
    CC_TRY(cc_memory_get(&pass->held, dnnl_memory_desc_get_size(wanted), "weights"));
    return make_operand(pass, CC_ONEDNN_W, r->kind, desc, wanted);
}

cc_status cc_onednn_pass_hold(cc_onednn_pass *pass, const float *plain) {
    return cc_onednn_convert(pass->held, &pass->operands[CC_ONEDNN_W].home, plain, &pass->plain);
}

static cc_status fill_pass(cc_onednn_pass *pass, const cc_onednn_request *r,
                           const_dnnl_primitive_desc_t desc) {
    const char *name = "?";
    const cc_onednn_conv *conv = r->conv;
    dnnl_memory_desc_t x, y, bias;
    dnnl_dims_t channels = {conv->attr->out_channels};
    dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, &name);
    snprintf(pass->implementation, sizeof pass->implementation, "%s", name);
    DNNL_TRY(dnnl_primitive_create(&pass->primitive, desc), "make a convolution");
    CC_TRY(cc_onednn_activation_desc(&x, conv->x, r->x_block, conv->dtype));
    CC_TRY(cc_onednn_activation_desc(&y, conv->y, r->y_block, conv->dtype));
    DNNL_TRY(dnnl_memory_desc_init_by_tag(&bias, 1, channels, dnnl_f32, dnnl_x), "describe a bias");
    CC_TRY(make_operand(pass, CC_ONEDNN_X, r->kind, desc, &x));
    CC_TRY(r->fused ? make_held(pass, r, desc)
                    : make_operand(pass, CC_ONEDNN_W, r->kind, desc,
                                   &((const cc_onednn_layout *)r->weights->layout)->stored));
    CC_TRY(make_operand(pass, CC_ONEDNN_Y, r->kind, desc, &y));
    if ((conv->attr->bias || r->fused) && r->kind != CC_ONEDNN_BACKWARD_DATA)
        CC_TRY(make_operand(pass, CC_ONEDNN_BIAS, r->kind, desc, &bias));
    const dnnl_memory_desc_t *scratchpad = dnnl_primitive_desc_query_md(desc, dnnl_query_scratchpad_md, 0);
    pass->scratchpad_offset = take_scratch(pass, dnnl_memory_desc_get_size(scratchpad));
    return make_memory(&pass->scratchpad, scratchpad);
}

cc_status cc_onednn_pass_create(cc_onednn_pass **out, const cc_onednn_request *request) {
    cc_status status = CC_OK;
    dnnl_primitive_desc_t desc = NULL;
    cc_onednn_pass *pass = calloc(1, sizeof *pass);
    if (!pass) return cc_fail_memory("convolution", sizeof *pass);
    CC_CHECK(cc_onednn_start());
    CC_CHECK(cc_onednn_describe_pass(&desc, request));
    CC_CHECK(fill_pass(pass, request, desc));
    *out = pass;
    pass = NULL;
done:
    dnnl_primitive_desc_destroy(desc);
    cc_onednn_pass_destroy(pass);
    return status;
}

void cc_onednn_pass_destroy(cc_onednn_pass *pass) {
    if (!pass) return;
    for (int i = 0; i < CC_ONEDNN_OPERANDS; i++) {
        operand *o = &pass->operands[i];
        dnnl_primitive_destroy(o->reorder);
        if (o->wanted_memory != o->home_memory) dnnl_memory_destroy(o->wanted_memory);
        dnnl_memory_destroy(o->home_memory);
    }
    dnnl_memory_destroy(pass->scratchpad);
    dnnl_primitive_destroy(pass->primitive);
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
        void *home = i == CC_ONEDNN_W && pass->held ? pass->held : operands[i];
        DNNL_TRY(dnnl_memory_set_data_handle(o->home_memory, home), "bind memory");
        if (o->reorder)
            DNNL_TRY(dnnl_memory_set_data_handle(o->wanted_memory, memory + o->offset), "bind memory");
    }
    if (memory)
        DNNL_TRY(dnnl_memory_set_data_handle(pass->scratchpad, memory + pass->scratchpad_offset),
                 "bind memory");
    return CC_OK;
}

static dnnl_status_t run_reorder(const operand *o) {
    dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, o->output ? o->wanted_memory : o->home_memory},
                              {DNNL_ARG_TO, o->output ? o->home_memory : o->wanted_memory}};
    return dnnl_primitive_execute(o->reorder, cc_onednn_stream(), 2, args);
}

cc_status cc_onednn_pass_run(const cc_onednn_pass *pass) {
    dnnl_exec_arg_t args[CC_ONEDNN_OPERANDS + 1];
    int count = 0;
    for (int i = 0; i < CC_ONEDNN_OPERANDS; i++) {
        const operand *o = &pass->operands[i];
        if (!o->used) continue;
        if (o->reorder && !o->output) DNNL_TRY(run_reorder(o), "reorder");
        args[count++] = (dnnl_exec_arg_t){o->argument, o->wanted_memory};
    }
    args[count++] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, pass->scratchpad};
    DNNL_TRY(dnnl_primitive_execute(pass->primitive, cc_onednn_stream(), count, args), "convolve");
    for (int i = 0; i < CC_ONEDNN_OPERANDS; i++) {
        const operand *o = &pass->operands[i];
        if (o->reorder && o->output) DNNL_TRY(run_reorder(o), "reorder");
    }
    return CC_OK;
}
