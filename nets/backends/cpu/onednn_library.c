/* nets/backends/cpu/onednn_library.c -- what all versions of oneDNN call alike: the engine, names and types,
 * memory, running. A memory descriptor is a struct in 2.x and a handle in 3.x; both take a pointer to it, so
 * that `const void *` serves here.
 *
 * Source: oneDNN's C API reference, https://uxlfoundation.github.io/oneDNN/. */
#include <pthread.h>
#include "nets/backends/cpu/onednn_parts.h"

/* One processor, one stream, as long as the process; passes run in the thread that calls, with OpenMP's
 * threads. */
static dnnl_engine_t engine;
static dnnl_stream_t stream;
static dnnl_status_t engine_status;

static void make_engine(void) {
    engine_status = dnnl_engine_create(&engine, dnnl_cpu, 0);
    if (engine_status == dnnl_success)
        engine_status = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags);
}

cc_status cc_onednn_fail(dnnl_status_t code, const char *what) {
    /* Only "there is no such implementation" may be answered with another algorithm. */
    cc_status status = code == dnnl_out_of_memory   ? CC_ENOMEM
                       : code == dnnl_unimplemented ? CC_EUNSUPPORTED
                                                    : CC_EDEVICE;
    return cc_fail(status, NULL, NULL, "oneDNN cannot %s (its status %d)", what, (int)code);
}

cc_status cc_onednn_start(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_engine);
    DNNL_TRY(engine_status, "start");
    return CC_OK;
}

dnnl_engine_t cc_onednn_engine(void) {
    return engine;
}

/* oneDNN's letters name dims by their place: a is the first. */
dnnl_format_tag_t cc_onednn_tag(cc_onednn_array array, int rank, cc_onednn_order order) {
    static const dnnl_format_tag_t plain[] = {0,         dnnl_a,     dnnl_ab,    dnnl_abc,
                                              dnnl_abcd, dnnl_abcde, dnnl_abcdef};
    bool grouped = array == CC_ONEDNN_GROUPED_WEIGHTS, large = order == CC_ONEDNN_BLOCKED_16;
    int spatial = rank - (grouped ? 3 : 2);
    switch (order) {
    case CC_ONEDNN_ANY:
        return dnnl_format_tag_any;
    case CC_ONEDNN_PLAIN:
        return plain[rank];
    case CC_ONEDNN_SWAPPED:
        return spatial == 2 ? (grouped ? dnnl_giohw : dnnl_iohw) : (grouped ? dnnl_giodhw : dnnl_iodhw);
    case CC_ONEDNN_BLOCKED_8:
    case CC_ONEDNN_BLOCKED_16:
        break;
    }
    /* Blocked: activations of rank 4 and 5; weights of rank 4 alone, for kernels of our own. */
    if (array == CC_ONEDNN_ACTIVATION)
        return spatial == 2 ? (large ? dnnl_nChw16c : dnnl_nChw8c) : (large ? dnnl_nCdhw16c : dnnl_nCdhw8c);
    if (spatial != 2) return dnnl_format_tag_undef;
    return grouped ? (large ? dnnl_Goihw16g : dnnl_Goihw8g) : (large ? dnnl_OIhw16i16o : dnnl_OIhw8i8o);
}

dnnl_data_type_t cc_onednn_type(cc_dtype dtype) {
    return dtype == CC_BF16 ? dnnl_bf16 : dnnl_f32;
}

/* Scratch memory is the caller's, so that a plan shares one piece among all passes and steps allocate
 * nothing. */
dnnl_status_t cc_onednn_attributes(dnnl_primitive_attr_t *out, const_dnnl_post_ops_t post_ops) {
    dnnl_status_t code = dnnl_primitive_attr_create(out);
    if (code == dnnl_success) code = dnnl_primitive_attr_set_scratchpad_mode(*out, dnnl_scratchpad_mode_user);
    if (code == dnnl_success && post_ops) code = dnnl_primitive_attr_set_post_ops(*out, post_ops);
    return code;
}

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

cc_status cc_onednn_primitive_create(cc_onednn_primitive **out, const cc_onednn_desc *desc) {
    dnnl_primitive_t primitive = NULL;
    dnnl_status_t code = dnnl_primitive_create(&primitive, (const_dnnl_primitive_desc_t)desc);
    *out = (cc_onednn_primitive *)primitive;
    DNNL_TRY(code, "make a convolution");
    return CC_OK;
}

void cc_onednn_primitive_destroy(cc_onednn_primitive *primitive) {
    dnnl_primitive_destroy((dnnl_primitive_t)primitive);
}

/* A reorder converts between element types too. */
cc_status cc_onednn_primitive_create_reorder(cc_onednn_primitive **out, const cc_onednn_layout *from,
                                             const cc_onednn_layout *to) {
    dnnl_primitive_desc_t desc = NULL;
    dnnl_primitive_t primitive = NULL;
    dnnl_status_t code =
        dnnl_reorder_primitive_desc_create(&desc, (const void *)from, engine, (const void *)to, engine, NULL);
    if (code == dnnl_success) code = dnnl_primitive_create(&primitive, desc);
    dnnl_primitive_desc_destroy(desc);
    *out = (cc_onednn_primitive *)primitive;
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
    dnnl_status_t code = dnnl_memory_create(&memory, (const void *)layout, engine, DNNL_MEMORY_NONE);
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

cc_status cc_onednn_execute(const cc_onednn_primitive *primitive, cc_pass pass,
                            cc_onednn_memory *const operands[CC_CONV_OPERANDS], cc_onednn_memory *scratch) {
    /* Operands by the number that oneDNN gives them in this pass, then the scratch memory. */
    dnnl_exec_arg_t args[CC_CONV_OPERANDS + 1];
    int count = 0;
    for (int i = 0; i < CC_CONV_OPERANDS; i++)
        if (operands[i]) args[count++] = (dnnl_exec_arg_t){arguments[pass][i], (dnnl_memory_t)operands[i]};
    args[count++] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, (dnnl_memory_t)scratch};
    DNNL_TRY(dnnl_primitive_execute((const_dnnl_primitive_t)primitive, stream, count, args), "convolve");
    return CC_OK;
}

cc_status cc_onednn_execute_reorder(const cc_onednn_primitive *reorder, cc_onednn_memory *from,
                                    cc_onednn_memory *to) {
    dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, (dnnl_memory_t)from}, {DNNL_ARG_TO, (dnnl_memory_t)to}};
    DNNL_TRY(dnnl_primitive_execute((const_dnnl_primitive_t)reorder, stream, 2, args), "reorder");
    return CC_OK;
}
