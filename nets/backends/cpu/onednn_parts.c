/* nets/backends/cpu/onednn_parts.c -- oneDNN's engine and stream, its errors, and its names of layouts and
 * types.
 *
 * Source: oneDNN's C API reference, https://uxlfoundation.github.io/oneDNN/. */
#include "nets/backends/cpu/onednn_parts.h"

#include <pthread.h>

/* One processor, one stream, as long as the process; passes run in the thread that calls, with OpenMP's
 * threads. */
static dnnl_engine_t engine;
static dnnl_stream_t stream;
static dnnl_status_t engine_status;

static dnnl_status_t create_engine(void *context) {
    (void)context;
    const dnnl_status_t code = dnnl_engine_create(&engine, dnnl_cpu, 0);
    return code == dnnl_success ? dnnl_stream_create(&stream, engine, dnnl_stream_default_flags) : code;
}

static void make_engine(void) {
    engine_status = cc_onednn_make(create_engine, NULL);
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

dnnl_stream_t cc_onednn_stream(void) {
    return stream;
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
    /* Blocked: weights for kernels of our own. */
    if (array == CC_ONEDNN_ACTIVATION)
        return spatial == 2 ? (large ? dnnl_nChw16c : dnnl_nChw8c) : (large ? dnnl_nCdhw16c : dnnl_nCdhw8c);
    if (spatial == 2)
        return grouped ? (large ? dnnl_Goihw16g : dnnl_Goihw8g) : (large ? dnnl_OIhw16i16o : dnnl_OIhw8i8o);
    /* oneDNN has no name for groups in blocks of 8 there. */
    return grouped ? (large ? dnnl_Goidhw16g : dnnl_format_tag_undef)
                   : (large ? dnnl_OIdhw16i16o : dnnl_OIdhw8i8o);
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
