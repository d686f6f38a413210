/* nets/backends/cpu/onednn_library.c -- what all versions of oneDNN call alike: descriptors' answers, memory,
 * reorders, running. A memory descriptor is a struct in 2.x and a handle in 3.x; both take a pointer to it,
 * so that `const void *` serves here.
 *
 * Source: oneDNN's C API reference, https://uxlfoundation.github.io/oneDNN/. */
#include "nets/backends/cpu/onednn_parts.h"

/* DNNL_ARG_... of each operand of each pass: x, weights, y, bias, or their gradients. */
static const int arguments[CC_PASSES][CC_CONV_OPERANDS] = {
    [CC_PASS_FORWARD] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, DNNL_ARG_BIAS},
    [CC_PASS_BACKWARD_DATA] = {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST, 0},
    [CC_PASS_BACKWARD_WEIGHTS] = {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_BIAS},
};

/* "jit:avx2", "ref:any", ...: what ends in a result file as the implementation. */
const char *cc_onednn_desc_implementation(const cc_onednn_desc *desc) {
    const char *name = "?";
    dnnl_primitive_desc_query((const_dnnl_primitive_desc_t)desc, dnnl_query_impl_info_str, 0, &name);
    return name;
}

const cc_onednn_layout *cc_onednn_desc_layout(const cc_onednn_desc *desc, cc_pass pass, int operand) {
    return (const void *)dnnl_primitive_desc_query_md((const_dnnl_primitive_desc_t)desc,
                                                      dnnl_query_exec_arg_md, arguments[pass][operand]);
}

const cc_onednn_layout *cc_onednn_desc_scratch(const cc_onednn_desc *desc) {
    return (const void *)dnnl_primitive_desc_query_md((const_dnnl_primitive_desc_t)desc,
                                                      dnnl_query_scratchpad_md, 0);
}

void cc_onednn_desc_destroy(cc_onednn_desc *desc) {
    dnnl_primitive_desc_destroy((dnnl_primitive_desc_t)desc);
}

/* A primitive, and what it is made of: a descriptor, or two layouts. */
typedef struct making {
    const_dnnl_primitive_desc_t desc;
    const void *from, *to;
    dnnl_primitive_desc_t reorder;
    dnnl_primitive_t primitive;
} making;

static dnnl_status_t make_primitive(void *context) {
    making *m = context;
    return dnnl_primitive_create(&m->primitive, m->desc);
}

static dnnl_status_t make_reorder(void *context) {
    making *m = context;
    dnnl_engine_t engine = cc_onednn_engine();
    const dnnl_status_t code =
        dnnl_reorder_primitive_desc_create(&m->reorder, m->from, engine, m->to, engine, NULL);
    return code == dnnl_success ? dnnl_primitive_create(&m->primitive, m->reorder) : code;
}

cc_status cc_onednn_primitive_create(cc_onednn_primitive **out, const cc_onednn_desc *desc) {
    making m = {.desc = (const_dnnl_primitive_desc_t)desc};
    const dnnl_status_t code = cc_onednn_make(make_primitive, &m);
    *out = (cc_onednn_primitive *)m.primitive;
    DNNL_TRY(code, "make a convolution");
    return CC_OK;
}

void cc_onednn_primitive_destroy(cc_onednn_primitive *primitive) {
    dnnl_primitive_destroy((dnnl_primitive_t)primitive);
}

/* A reorder converts between element types too. */
cc_status cc_onednn_primitive_create_reorder(cc_onednn_primitive **out, const cc_onednn_layout *from,
                                             const cc_onednn_layout *to) {
    making m = {.from = from, .to = to};
    const dnnl_status_t code = cc_onednn_make(make_reorder, &m);
    dnnl_primitive_desc_destroy(m.reorder);
    *out = (cc_onednn_primitive *)m.primitive;
    DNNL_TRY(code, "reorder between layouts");
    return CC_OK;
}

bool cc_onednn_layout_equal(const cc_onednn_layout *a, const cc_onednn_layout *b) {
    return dnnl_memory_desc_equal((const void *)a, (const void *)b);
}

size_t cc_onednn_layout_bytes(const cc_onednn_layout *layout) {
    return dnnl_memory_desc_get_size((const void *)layout);
}

cc_status cc_onednn_memory_create(cc_onednn_memory **out, const cc_onednn_layout *layout) {
    dnnl_memory_t memory = NULL;
    dnnl_status_t code =
        dnnl_memory_create(&memory, (const void *)layout, cc_onednn_engine(), DNNL_MEMORY_NONE);
    *out = (cc_onednn_memory *)memory;
    DNNL_TRY(code, "make a memory object");
    return CC_OK;
}

cc_status cc_onednn_memory_set(cc_onednn_memory *memory, void *address) {
    DNNL_TRY(dnnl_memory_set_data_handle((dnnl_memory_t)memory, address), "bind memory");
    return CC_OK;
}

void cc_onednn_memory_destroy(cc_onednn_memory *memory) {
    dnnl_memory_destroy((dnnl_memory_t)memory);
}

/* A primitive with its arguments. */
typedef struct running {
    const_dnnl_primitive_t primitive;
    int count;
    dnnl_exec_arg_t args[CC_CONV_OPERANDS + 1];
} running;

static dnnl_status_t execute(void *context) {
    const running *r = context;
    return dnnl_primitive_execute(r->primitive, cc_onednn_stream(), r->count, r->args);
}

cc_status cc_onednn_execute(const cc_onednn_primitive *primitive, cc_pass pass,
                            cc_onednn_memory *const operands[CC_CONV_OPERANDS], cc_onednn_memory *scratch) {
    /* Operands by the number that oneDNN gives them in this pass, then the scratch memory. */
    running r = {.primitive = (const_dnnl_primitive_t)primitive};
    for (int i = 0; i < CC_CONV_OPERANDS; i++)
        if (operands[i])
            r.args[r.count++] = (dnnl_exec_arg_t){arguments[pass][i], (dnnl_memory_t)operands[i]};
    r.args[r.count++] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, (dnnl_memory_t)scratch};
    DNNL_TRY(cc_onednn_catch(execute, &r), "convolve");
    return CC_OK;
}

cc_status cc_onednn_execute_reorder(const cc_onednn_primitive *reorder, cc_onednn_memory *from,
                                    cc_onednn_memory *to) {
    running r = {.primitive = (const_dnnl_primitive_t)reorder,
                 .count = 2,
                 .args = {{DNNL_ARG_FROM, (dnnl_memory_t)from}, {DNNL_ARG_TO, (dnnl_memory_t)to}}};
    DNNL_TRY(cc_onednn_catch(execute, &r), "reorder");
    return CC_OK;
}
